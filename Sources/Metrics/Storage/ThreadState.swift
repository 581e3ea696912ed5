internal import Glibc
internal import Synchronization

/// What a thread keeps for itself: its number, and the children that it looked up.
final class ThreadState {
    /// Threads are numbered in the order in which they first come here.
    let number: Int
    let children = ChildCache()

    private static let count = Atomic<Int>(0)

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let result = pthread_key_create(&key) { Unmanaged<ThreadState>.fromOpaque($0!).release() }
        precondition(result == 0, "no thread-local storage is left in this process")
        return key
    }()

    /// The calling thread's; made when it is asked for first, freed when the thread ends. Costs about 2 ns.
    static var current: ThreadState {
        // Sound: what the key holds was retained for this thread, and only its end releases it.
        if let state = pthread_getspecific(key) {
            return Unmanaged<ThreadState>.fromOpaque(state).takeUnretainedValue()
        }
        let state = ThreadState()
        pthread_setspecific(key, Unmanaged.passRetained(state).toOpaque())
        return state
    }

    private init() {
        number = Self.count.wrappingAdd(1, ordering: .relaxed).oldValue
    }
}
