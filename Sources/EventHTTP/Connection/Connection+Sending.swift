internal import CLibevent
internal import Glibc

/// From replies to bytes.
extension Connection {
    /// What libevent sends of a large response in one turn of the loop: some 30 µs of work.
    private static let turnBytes = 64 << 10

    /// Sends as far as the socket takes it, and leaves the rest to libevent.
    ///
    /// - Parameters:
    ///   - head: with the content behind it, where that is small.
    ///   - content: what comes after `head`.
    func send(_ head: UnsafeRawBufferPointer, _ content: Response.Body) {
        switch content {
        case .empty, .stream: send(head, UnsafeRawBufferPointer(start: nil, count: 0))
        case .bytes(let bytes): bytes.withUnsafeBytes { send(head, $0) }
        case .string(let string): string.withBytes { send(head, UnsafeRawBufferPointer($0)) }
        case .pieces(let content): leave(head, content)
        }
        account()
    }

    /// An interim response (RFC 9110 §15.2.1): the client may send its content.
    func sendContinue() { send(("HTTP/1.1 100 Continue\r\n\r\n" as StaticString).bytes, .empty) }

    /// Sends straight from memory what the socket takes at once; the rest is copied into the output buffer.
    private func send(_ head: UnsafeRawBufferPointer, _ content: UnsafeRawBufferPointer) {
        let count = head.count + content.count
        handedOver += count
        server.loop.statistics.sent(count)
        var sent = 0
        if endpoint.tls == nil, unsentBytes == 0 {
            // A failure is left for the bufferevent to meet again, which then closes the connection.
            sent = max(0, content.isEmpty ? sendOne(head) : sendBoth(head, content))
        }
        if sent == count { return }
        usesOutput = true
        bufferevent_enable(bufferevent, Int16(EV_WRITE))
        if sent < head.count { evbuffer_add(output, head.baseAddress! + sent, head.count - sent) }
        let sentContent = max(0, sent - head.count)
        if sentContent < content.count {
            evbuffer_add(output, content.baseAddress! + sentContent, content.count - sentContent)
        }
    }

    private func sendOne(_ bytes: UnsafeRawBufferPointer) -> Int {
        Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private func sendBoth(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int {
        // Sound: sendmsg only reads through these pointers, and none of them outlives the call.
        let parts = [first, second].map {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        return parts.withUnsafeBufferPointer { parts in
            var message = msghdr()
            message.msg_iov = UnsafeMutablePointer(mutating: parts.baseAddress)
            message.msg_iovlen = parts.count
            return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
        }
    }

    /// Leaves everything to libevent, which sends a little in each turn of the loop.
    private func leave(_ head: UnsafeRawBufferPointer, _ content: ContentPieces) {
        let count = head.count + content.count
        handedOver += count
        server.loop.statistics.sent(count)
        usesOutput = true
        bufferevent_set_max_single_write(bufferevent, Self.turnBytes)
        bufferevent_enable(bufferevent, Int16(EV_WRITE))
        evbuffer_add(output, head.baseAddress, head.count)
        for piece in content.pieces {
            // Sound: libevent calls back once, when it has sent the piece or gives up; the bytes stay as long.
            let owner = Unmanaged.passRetained(piece).toOpaque()
            evbuffer_add_reference(
                output, piece.bytes.baseAddress, piece.bytes.count,
                { _, _, owner in Unmanaged<ContentPieces.Piece>.fromOpaque(owner!).release() }, owner)
        }
    }

    /// Counts what is left to be sent, and ends the connection where that is too much for the server.
    private func account() {
        let unsent = unsentBytes
        guard unsent > 0 || countedUnsent > 0 else { return }
        countUnsent(unsent)
        if server.service.unsent.count > limits.unsentBytes { close(.unsentLimit) }
    }

    func countUnsent(_ bytes: Int) {
        guard bytes != countedUnsent else { return }
        server.loop.statistics.unsentChanged(by: bytes - countedUnsent)
        server.service.unsent.change(by: bytes - countedUnsent)
        countedUnsent = bytes
    }

    /// Begins a period in which the client has to take something of its reply, unless one runs already.
    func watchProgress() {
        guard !deadline.isSet else { return }
        progressMark = handedOver - unsentBytes
        deadline.set(MonotonicClock.now + server.service.timeouts.write)
    }

    /// Ends a period of writing.
    func checkProgress() {
        let unsent = unsentBytes
        countUnsent(unsent)
        // Nothing to take: the handler is slow, not the client.
        guard unsent > 0 else { return }
        guard handedOver - unsent - progressMark >= server.service.timeouts.leastProgress else {
            return close(.writeTimeout)
        }
        watchProgress()
    }
}
