internal import Synchronization

/// A fixed number of atomic integers in one piece of memory, which begins with a cache line.
struct AtomicWords: ~Copyable, @unchecked Sendable {
    // Sound: allocated and initialised in `init`, freed in `deinit`; owners compute every index from the count that
    // they asked for; what it points to is atomic.
    let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let count: Int

    init(count: Int) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * 8, alignment: 64)
        words = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
        for index in 0..<count { (words + index).initialize(to: Atomic(0)) }
        self.count = count
    }

    deinit {
        words.deinitialize(count: count)
        UnsafeMutableRawPointer(words).deallocate()
    }
}
