internal import Glibc
internal import Synchronization

/// Threads that do the same again and again until they are told to stop. Threads rather than tasks, which might run one
/// after the other.
public final class RacingThreads: Sendable {
    private let isDone = Atomic(false)
    private let threads = Mutex<[pthread_t]>([])

    private final class Work: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts them.
    ///
    /// - Parameter body: called with the thread's number and how often it was called before.
    public init(_ count: Int, _ body: @escaping @Sendable (_ thread: Int, _ round: Int) -> Void) {
        for number in 0..<count {
            let work = Work { [unowned self] in
                var round = 0
                while !isDone.load(ordering: .relaxed) {
                    body(number, round)
                    round += 1
                }
            }
            var thread = pthread_t()
            let result = pthread_create(
                &thread, nil,
                { work in
                    // Sound: retained below for this thread alone.
                    Unmanaged<Work>.fromOpaque(work!).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(work).toOpaque())
            precondition(result == 0, "no thread: \(String(cString: strerror(result)))")
            threads.withLock { [thread] in $0.append(thread) }
        }
    }

    deinit { stop() }

    /// Tells them to stop, and waits until they are gone, with all that they kept.
    public func stop() {
        isDone.store(true, ordering: .relaxed)
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { pthread_join(thread, nil) }
    }
}
