internal import CLibevent
internal import Glibc
internal import Logging

extension LoopServer {
    /// An idle connection is kept for this long after its last reply, so that a request which is already on its way
    /// is answered rather than reset.
    private static let idleLinger: UInt64 = 500_000_000

    private static let drainInterval: UInt64 = 10_000_000

    var isDraining: Bool { drainEvent != nil }

    /// Stops accepting, answers what is in flight with `Connection: close`, closes what is idle, and ends the loop when
    /// nothing is left.
    func drain() {
        guard !isDraining else { return }
        // All that follows happens in this event's callback, never further up the stack: there evhttp may be in the
        // middle of a connection that would be freed.
        drainEvent = event_new(
            loop.base, -1, Int16(EV_PERSIST),
            { _, _, context in
                let server = LoopServer.from(context)
                server.loop.turn { server.continueDraining() }
            }, Unmanaged.passUnretained(self).toOpaque())
        var interval = timeval(nanoseconds: Self.drainInterval)
        event_add(drainEvent, &interval)
        event_active(drainEvent, Int32(EV_TIMEOUT), 0)
    }

    private func continueDraining() {
        var accepts = false
        for acceptor in acceptors {
            // Those that a listener accepted in this very pass.
            acceptor.adoptArrivals()
            if !acceptor.closeListeners() { accepts = true }
        }
        let now = MonotonicClock.now
        for case let connection? in connections
        where now &- connection.lastActivity >= Self.idleLinger && connection.isIdle {
            connection.close(.drained)
        }
        if givesUp { giveUpOnHandlers() }
        guard givesUp || !accepts && connectionCount == 0 && abandoned.isEmpty else { return }
        event_free(drainEvent)
        free()
        loop.stop()
    }

    /// Cancels the handlers that still run; those that heed it are answered with 503.
    func cancelHandlers() {
        for connection in connections { connection?.task?.cancel() }
    }

    private func giveUpOnHandlers() {
        let left = (connections.compactMap { $0?.request } + abandoned.values).filter { $0.startTime != 0 }
        for connection in connections { connection?.request = nil }
        for request in left { giveUp(request) }
        if !left.isEmpty {
            service.logger.warning("ended with requests unanswered", metadata: ["requests": "\(left.count)"])
        }
    }
}

/// Whether a socket has something to read, or a listener somebody to accept, at this moment.
func isReadable(_ descriptor: Int32) -> Bool {
    var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&question, 1, 0) > 0
}
