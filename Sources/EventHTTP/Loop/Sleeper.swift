/// What waits for a time on behalf of a task. It does so again and again, until it is cancelled.
///
/// A task that anybody may cancel takes a new one each time, and is told of its cancellation as tasks are. One that a
/// single owner cancels can keep one, which the owner cancels too; see ``attach()``.
// Sound: all that changes is touched on the loop's thread only; `perform` brings every caller there.
class Sleeper: @unchecked Sendable {
    let loop: EventLoop
    private var continuation: UnsafeContinuation<Void, any Error>?
    private var isCancelled = false
    /// The address of the task that keeps it.
    private var keeper: UInt = 0

    init(loop: EventLoop) { self.loop = loop }

    /// Sleeps for the current task, always the same one, until that waits for something else. To be called on the loop.
    final func attach() {
        if keeper == 0 { keeper = Self.currentTask }
        loop.sleeper = self
    }

    /// Whether the task that keeps it runs now, and not one that has begun within its job, as `Task.immediate` does.
    final var isOfCurrentTask: Bool { keeper == Self.currentTask }

    // Sound: the address isn't followed. To compare `UnsafeCurrentTask` itself takes longer than all that it is asked for.
    private static var currentTask: UInt { withUnsafeCurrentTask { unsafeBitCast($0, to: UInt.self) } }

    var sleeps: Bool { continuation != nil }

    final func begin(_ continuation: UnsafeContinuation<Void, any Error>, until deadline: UInt64) {
        if loop.isCurrent { return start(continuation, deadline) }
        let isAccepted = loop.perform { self.start(continuation, deadline) }
        if !isAccepted { continuation.resume(throwing: CancellationError()) }
    }

    private func start(_ continuation: UnsafeContinuation<Void, any Error>, _ deadline: UInt64) {
        guard !isCancelled, !loop.hasEnded else { return continuation.resume(throwing: CancellationError()) }
        self.continuation = continuation
        loop.add(self, until: deadline)
    }

    /// Begins to fetch what the task will need when it goes on; see ``Prefetch``.
    func prefetch() {
        if let continuation { Prefetch.task(of: continuation) }
    }

    /// The time has come.
    final func wake() { end()?.resume() }

    /// Ends the sleep, and lets no other begin.
    final func cancelSleep() {
        isCancelled = true
        guard let continuation = end() else { return }
        loop.noteCancelled()
        continuation.resume(throwing: CancellationError())
    }

    private func end() -> UnsafeContinuation<Void, any Error>? {
        defer { continuation = nil }
        return continuation
    }
}
