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
        let sleeper = sleeper(until: MonotonicClock.now &+ duration.wholeNanoseconds)
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { sleeper.begin($0) }
        } onCancel: {
            sleeper.loop.perform { sleeper.cancel() }
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

/// A task that waits in ``EventLoop/sleep(for:)``.
// Sound: all that changes is touched on the loop's thread only; `perform` brings every caller there.
final class Sleeper: @unchecked Sendable {
    let loop: EventLoop
    private(set) var deadline: UInt64
    private var continuation: UnsafeContinuation<Void, any Error>?
    private var isCancelled = false
    private var footprint: Footprint?

    init(loop: EventLoop, deadline: UInt64) {
        self.loop = loop
        self.deadline = deadline
    }

    func reset(_ deadline: UInt64) {
        self.deadline = deadline
        isCancelled = false
    }

    var sleeps: Bool { continuation != nil }

    func begin(_ continuation: UnsafeContinuation<Void, any Error>) {
        if loop.isCurrent { return start(continuation) }
        if !loop.perform({ self.start(continuation) }) { continuation.resume(throwing: CancellationError()) }
    }

    private func start(_ continuation: UnsafeContinuation<Void, any Error>) {
        guard !isCancelled, !loop.hasEnded else { return continuation.resume(throwing: CancellationError()) }
        self.continuation = continuation
        footprint = loop.footprint
        loop.add(self)
    }

    /// Has what its task will need fetched into the caches.
    func prefetch() {
        if let continuation { Footprint.prefetch(continuation) }
        footprint?.prefetch()
    }

    /// The time has come.
    func wake() { end()?.resume() }

    func cancel() {
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
