internal import CLibevent
internal import Glibc

/// What a connection with TLS has its bufferevent do.
extension Connection {
    func watchBufferevent(_ this: UnsafeMutableRawPointer) {
        bufferevent_setcb(
            bufferevent,
            { _, context in
                let connection = Connection.from(context)
                connection.server.loop.turn { connection.receiveDecrypted() }
            },
            { _, context in
                let connection = Connection.from(context)
                connection.server.loop.turn { connection.drained() }
            },
            { _, events, context in
                let connection = Connection.from(context)
                connection.server.loop.turn { connection.met(Int32(events)) }
            }, this)
        bufferevent_enable(bufferevent, Int16(EV_READ | EV_WRITE))
    }

    private func receiveDecrypted() {
        let buffer = server.receiveBuffer
        while phase != .closed, case let count = bufferevent_read(bufferevent, buffer.baseAddress, buffer.count),
            count > 0
        {
            received(Octets(start: buffer.baseAddress, count: count))
        }
    }

    private func met(_ events: Int32) {
        if events & BEV_EVENT_CONNECTED != 0 {
            phase = .head
            deadline.set(MonotonicClock.now + server.service.timeouts.header)
            return
        }
        if phase == .handshake { return handshakeFailed() }
        if events & BEV_EVENT_ERROR != 0 { return failed() }
        if events & BEV_EVENT_EOF != 0 { ended() }
    }

    private func handshakeFailed() {
        let failure = TLSFailure(of: bufferevent)
        if failure?.isPlainHTTP == true {
            rejectPlainHTTP()
        } else {
            server.handshakeFailed(remoteAddress, failure?.reason ?? "the client left")
        }
        close(.handshakeFailed)
    }
}
