public import Synchronization

/// A fixed number of atomic integers in one piece of memory.
@usableFromInline
struct AtomicWords: ~Copyable, @unchecked Sendable {
    // Sound: allocated and initialised in `init`, freed in `deinit`, owned by one histogram that computes
    // every index from this array's own layout; what it points to is atomic.
    @usableFromInline
    let words: UnsafeMutablePointer<Atomic<UInt64>>
    @usableFromInline
    let count: Int

    @usableFromInline
    init(count: Int) {
        words = .allocate(capacity: count)
        for index in 0..<count { (words + index).initialize(to: Atomic(0)) }
        self.count = count
    }

    deinit {
        words.deinitialize(count: count)
        words.deallocate()
    }
}
