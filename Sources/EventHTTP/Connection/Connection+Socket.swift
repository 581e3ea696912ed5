internal import CLibevent
internal import Glibc

/// What a connection without TLS does with its socket.
///
/// The kernel tells of news only (epoll's edge-triggered mode): after a call that took or sent all that it asked for, there
/// may be more to do that nobody will tell. In return, it needs to be asked but once for a connection, and doesn't look at
/// each socket a second time to see that there is nothing left.
extension Connection {
    func watchSocket(_ this: UnsafeMutableRawPointer) {
        // evhttp has enabled it. The bufferevent only keeps what is to be sent: by itself it would ask the kernel how much
        // there is to be received, copy that into memory of its own, and watch for each direction anew.
        bufferevent_disable(bufferevent, Int16(EV_READ | EV_WRITE))
        evbuffer_unfreeze(output, 1)
        socketEvent = event_new(
            server.loop.base, descriptor, Int16(EV_READ | EV_WRITE | EV_CLOSED | EV_PERSIST | EV_ET),
            { _, events, context in
                // Comes while the kernel is at work.
                if let context { Prefetch.object(at: context) }
                let connection = Connection.from(context)
                connection.server.loop.turn { connection.becameReady(Int32(events)) }
            }, this)
        event_add(socketEvent, nil)
    }

    private func becameReady(_ events: Int32) {
        // Whether by an end or by an error, receiving tells.
        if events & EV_CLOSED != 0 { endIsComing = true }
        if events & EV_WRITE != 0, usesOutput { flush() }
        if events & EV_READ != 0 { receive() }
    }

    /// Goes on after others have had their turn.
    func resume() {
        waitsForTurn = false
        if socketEvent != nil, usesOutput { flush() }
        advance()
        if mayHoldMore { receive() }
    }

    /// Takes what the socket has, once: others have their turn before more is taken.
    private func receive() {
        mayHoldMore = true
        guard !isPaused, !peerHasEnded, phase != .closed else { return }
        let buffer = server.receiveBuffer
        // Content is consumed as it comes.
        let most = phase == .content ? buffer.count : min(buffer.count, mostInput - input.count)
        let count = recv(descriptor, buffer.baseAddress, most, 0)
        if count > 0 {
            mayHoldMore = count == most || endIsComing
            received(Octets(start: buffer.baseAddress, count: count))
        } else if count == 0 {
            ended()
        } else if errno == EAGAIN {
            mayHoldMore = false
        } else if errno != EINTR {
            failed()
        }
        receiveMore()
    }

    /// Goes on receiving, later, where there may be more.
    func receiveMore() {
        if mayHoldMore, !isPaused, !peerHasEnded, phase != .closed { server.resumeLater(self) }
    }

    /// Sends of what was left as much as one turn allows.
    private func flush() {
        guard phase != .closed else { return }
        var budget = Self.turnBytes
        // Until the socket takes no more: libevent may have tried with a part of what there is.
        while unsentBytes > 0, budget > 0 {
            let count = Int(evbuffer_write_atmost(output, descriptor, budget))
            if count < 0, errno == EAGAIN { break }
            guard count > 0 else { return failed() }
            budget -= count
        }
        if budget <= 0, unsentBytes > 0 { server.resumeLater(self) }
        if unsentBytes <= (writer == nil ? 0 : ResponseWriter.lowWater) { drained() }
    }

    /// What is sent in one turn of what was left: some 30 µs of work.
    static let turnBytes = 64 << 10
}
