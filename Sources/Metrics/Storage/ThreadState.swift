internal import Glibc
internal import Synchronization

/// What a thread keeps for itself: its number, and the children that it looked up.
struct ThreadState: ~Copyable {
    /// Threads are numbered in the order in which they first come here.
    let number: Int
    let children = ChildCache()

    private static let count = Atomic<Int>(0)

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let result = pthread_key_create(&key) { memory in
            // Sound: what the key holds is what `make` allocated for the thread that ends.
            let state = memory!.assumingMemoryBound(to: ThreadState.self)
            state.deinitialize(count: 1)
            state.deallocate()
        }
        precondition(result == 0, "no thread-local storage is left in this process")
        return key
    }()

    /// The calling thread's; made when it is asked for first, freed when the thread ends. Costs about 2 ns.
    static var current: UnsafeMutablePointer<ThreadState> {
        pthread_getspecific(key)?.assumingMemoryBound(to: ThreadState.self) ?? make()
    }

    private static func make() -> UnsafeMutablePointer<ThreadState> {
        let state = UnsafeMutablePointer<ThreadState>.allocate(capacity: 1)
        state.initialize(to: ThreadState(number: count.wrappingAdd(1, ordering: .relaxed).oldValue))
        pthread_setspecific(key, state)
        return state
    }

    private init(number: Int) { self.number = number }
}
