internal import CLibevent
internal import Glibc

extension EventLoop {
    /// Waits without blocking the loop.
    ///
    /// - Parameter duration: how long at least; zero and less return at once. The answer comes a few milliseconds
    ///   late at worst, never early.
    /// - Throws: `CancellationError` as soon as the task is cancelled (a client that leaves cancels its handler), or
    ///   when the loop ends.
    ///
    /// Costs one timer in the loop's heap (O(log n)) and two allocations. May be called from any task.
    public func sleep(for duration: Duration) async throws {
        guard duration > .zero else { return try Task.checkCancellation() }
        try await sleep(until: MonotonicClock.now &+ duration.wholeNanoseconds)
    }

    /// Lets every socket and timer that is ready have its turn, before the task goes on: for work that takes longer
    /// than others should wait. `Task.yield()` lets other tasks run only.
    ///
    /// - Throws: as ``sleep(for:)``. Costs as much.
    public func yield() async throws { try await sleep(until: 0) }

    // Inlined for the sake of its frame, which a task holds as long as it sleeps.
    @inline(__always)
    private func sleep(until deadline: UInt64) async throws {
        let sleeper = Sleeper(loop: self, deadline: deadline)
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { sleeper.begin($0) }
        } onCancel: {
            sleeper.loop.perform { sleeper.cancel() }
        }
    }

    /// Ends the sleep of whoever still sleeps when the loop ends.
    func cancelSleepers() {
        // Collected first: libevent forbids changing events during the walk.
        var sleeping: [Sleeper] = []
        withUnsafeMutablePointer(to: &sleeping) { list in
            _ = event_base_foreach_event(
                base,
                { _, event, list in
                    guard let event, isSleeper(event) else { return 0 }
                    // Sound: `list` is the array above, and a pending sleeper's event holds a reference to it.
                    list!.assumingMemoryBound(to: [Sleeper].self).pointee
                        .append(Unmanaged<Sleeper>.fromOpaque(event_get_callback_arg(event)).takeUnretainedValue())
                    return 0
                }, list)
        }
        for sleeper in sleeping { sleeper.cancel() }
    }
}

private func isSleeper(_ event: OpaquePointer) -> Bool {
    let fired: event_callback_fn = sleeperFired
    return unsafeBitCast(event_get_callback(event), to: UnsafeRawPointer?.self)
        == unsafeBitCast(fired, to: UnsafeRawPointer.self)
}

private func sleeperFired(_: Int32, _: Int16, context: UnsafeMutableRawPointer?) {
    // Sound: `Sleeper.start` retained the sleeper for as long as its event exists.
    let sleeper = Unmanaged<Sleeper>.fromOpaque(context!).takeUnretainedValue()
    sleeper.loop.turn { sleeper.fire() }
}

// Sound: all that changes is touched on the loop's thread only; `perform` brings every caller there.
private final class Sleeper: @unchecked Sendable {
    let loop: EventLoop
    private let deadline: UInt64
    private var continuation: UnsafeContinuation<Void, any Error>?
    private var event: OpaquePointer?
    private var isCancelled = false

    init(loop: EventLoop, deadline: UInt64) {
        self.loop = loop
        self.deadline = deadline
    }

    func begin(_ continuation: UnsafeContinuation<Void, any Error>) {
        if !loop.perform({ self.start(continuation) }) { continuation.resume(throwing: CancellationError()) }
    }

    private func start(_ continuation: UnsafeContinuation<Void, any Error>) {
        guard !isCancelled, !loop.hasEnded,
            let event = event_new(loop.base, -1, 0, sleeperFired, Unmanaged.passUnretained(self).toOpaque())
        else { return continuation.resume(throwing: CancellationError()) }
        _ = Unmanaged.passRetained(self)
        self.continuation = continuation
        self.event = event
        loop.statistics.timersChanged(by: 1)
        arm(from: MonotonicClock.now)
    }

    private func arm(from now: UInt64) {
        var timeout = timeval(nanoseconds: deadline > now ? deadline - now : 0)
        event_add(event, &timeout)
    }

    /// libevent's timers run on a coarse clock and may fire some milliseconds early.
    func fire() {
        let now = MonotonicClock.now
        if now < deadline { return arm(from: now) }
        end()?.resume()
    }

    func cancel() {
        isCancelled = true
        end()?.resume(throwing: CancellationError())
    }

    private func end() -> UnsafeContinuation<Void, any Error>? {
        guard let continuation else { return nil }
        event_free(event)
        loop.statistics.timersChanged(by: -1)
        self.continuation = nil
        Unmanaged.passUnretained(self).release()
        return continuation
    }
}
