internal import Glibc

/// A value behind a mutex of the C library.
///
/// For what threads hand over to a loop. `Synchronization.Mutex` would do the same, but ThreadSanitizer doesn't know it
/// and would take all that is handed over for a race.
// Sound: `value` is touched only while the mutex is held; the mutex lives at one address from `init` to `deinit`.
package final class Lock<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var value: Value

    package init(_ value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }
}
