internal import EventHTTP

/// Runs each job on a thread of its own, which ends with it: for what takes longer than a loop may be kept, and can't
/// pause. The threads that all tasks share might be held up, and that is when metrics are wanted.
final class OwnThread: TaskExecutor {
    static let executor = OwnThread()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let code = DetachedThread.start {
            job.runSynchronously(on: OwnThread.executor.asUnownedTaskExecutor())
        }
        // No more threads may be made.
        if code != 0 { globalConcurrentExecutor.enqueue(job) }
    }
}
