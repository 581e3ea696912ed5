extension EventLoop {
    /// Waits without blocking the loop.
    ///
    /// - Parameter duration: how long at least; zero and less return at once. The answer comes half a millisecond late as a
    ///   rule, never early; later where the loop has much to do.
    /// - Throws: `CancellationError` as soon as the task is cancelled (a client that leaves cancels its handler), or
    ///   when the loop ends.
    ///
    /// Costs a place in the loop's heap (O(log n)). May be called from any task.
    public nonisolated(nonsending) func sleep(for duration: Duration) async throws {
        guard duration > .zero else { return try Task.checkCancellation() }
        let deadline = MonotonicClock.now &+ duration.wholeNanoseconds
        guard let sleeper = currentSleeper else { return try await sleepCancellably(until: deadline) }
        try Task.checkCancellation()
        try await withUnsafeThrowingContinuation { sleeper.begin($0, until: deadline) }
    }

    /// For tasks that anybody may cancel.
    private nonisolated(nonsending) func sleepCancellably(until deadline: UInt64) async throws {
        let sleeper = Sleeper(loop: self)
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { sleeper.begin($0, until: deadline) }
        } onCancel: {
            sleeper.loop.perform { sleeper.cancelSleep() }
        }
    }

    /// Lets every socket and timer that is ready have its turn, before the task goes on: for work that takes longer
    /// than others should wait. `Task.yield()` lets other tasks run only.
    ///
    /// - Throws: `CancellationError` when the task is or was cancelled meanwhile, or when the loop ends.
    public func yield() async throws {
        try Task.checkCancellation()
        try await withUnsafeThrowingContinuation { continuation in
            if !perform({ self.yield(continuation) }) { continuation.resume(throwing: CancellationError()) }
        }
        try Task.checkCancellation()
    }
}

/// What waits for a time on behalf of a task. It does so again and again, until it is cancelled.
// Sound: all that changes is touched on the loop's thread only; `perform` brings every caller there.
class Sleeper: @unchecked Sendable {
    let loop: EventLoop
    private(set) var continuation: UnsafeContinuation<Void, any Error>?
    private var isCancelled = false

    init(loop: EventLoop) { self.loop = loop }

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
