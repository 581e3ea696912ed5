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
        guard isCurrent, let sleeper, sleeper.isOfCurrentTask else {
            return try await sleepCancellably(until: deadline)
        }
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
