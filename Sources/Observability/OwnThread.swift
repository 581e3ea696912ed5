internal import Glibc

/// Runs each job on a thread of its own, which ends with it: for what takes longer than a loop may be kept, and can't
/// pause. The threads that all tasks share might be held up, and that is when metrics are wanted.
final class OwnThread: TaskExecutor {
    static let executor = OwnThread()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let context = Unmanaged.passRetained(Context(job))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { raw in
                // Sound: retained above for this one use.
                let context = Unmanaged<Context>.fromOpaque(raw!).takeRetainedValue()
                context.job.runSynchronously(on: OwnThread.executor.asUnownedTaskExecutor())
                return nil
            }, context.toOpaque())
        if code == 0 {
            pthread_detach(thread)
        } else {
            // No more threads may be made.
            context.release()
            globalConcurrentExecutor.enqueue(job)
        }
    }

    private final class Context {
        let job: UnownedJob
        init(_ job: UnownedJob) { self.job = job }
    }
}
