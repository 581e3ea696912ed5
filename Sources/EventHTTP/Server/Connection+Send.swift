internal import CLibevent
internal import Glibc

extension Connection {
    /// What libevent sends of a large response in one turn of the loop: some 30 µs of work.
    private static let turnBytes = 64 << 10

    /// Sends a response as far as the socket takes it, leaves the rest to libevent, and tells evhttp that the request is
    /// done, which frees it.
    ///
    /// - Parameters:
    ///   - head: with the content behind it, where that is small.
    ///   - content: what comes after `head`.
    func send(_ head: [UInt8], _ content: Response.Body, completing raw: UnsafeMutablePointer<evhttp_request>) {
        // Set when the request's content came in chunks; left so, evhttp would send a last chunk of its own.
        raw.pointee.chunked = 0
        let isSent = head.withUnsafeBytes { head in
            switch content {
            case .empty: send(head, UnsafeRawBufferPointer(start: nil, count: 0))
            case .bytes(let bytes): bytes.withUnsafeBytes { send(head, $0) }
            case .string(var string): string.withUTF8 { send(head, UnsafeRawBufferPointer($0)) }
            case .pieces(let content): leave(head, content.pieces)
            }
        }
        evhttp_send_reply_end(raw)
        if isSent { return }
        watchForDisconnect()
        bufferevent_enable(bufferevent, Int16(EV_WRITE))
    }

    /// Sends straight from memory what the socket takes at once; the rest is copied into the output buffer.
    ///
    /// - Returns: whether there is no rest.
    private func send(_ head: UnsafeRawBufferPointer, _ content: UnsafeRawBufferPointer) -> Bool {
        let output = bufferevent_get_output(bufferevent)
        var sent = 0
        if evbuffer_get_length(output) == 0 {
            // A failure is left for the bufferevent to meet again, which then closes the connection.
            sent = max(0, content.isEmpty ? sendOne(head) : sendBoth(head, content))
        }
        if sent == head.count + content.count { return true }
        if sent < head.count { evbuffer_add(output, head.baseAddress! + sent, head.count - sent) }
        let sentContent = max(0, sent - head.count)
        if sentContent < content.count {
            evbuffer_add(output, content.baseAddress! + sentContent, content.count - sentContent)
        }
        return false
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
    private func leave(_ head: UnsafeRawBufferPointer, _ pieces: [ContentPieces.Piece]) -> Bool {
        let output = bufferevent_get_output(bufferevent)
        bufferevent_set_max_single_write(bufferevent, Self.turnBytes)
        evbuffer_add(output, head.baseAddress, head.count)
        for piece in pieces {
            // Sound: libevent calls back once, when it has sent the piece or gives up; the bytes stay as long.
            let owner = Unmanaged.passRetained(piece).toOpaque()
            evbuffer_add_reference(
                output, piece.bytes.baseAddress, piece.bytes.count,
                { _, _, owner in Unmanaged<ContentPieces.Piece>.fromOpaque(owner!).release() }, owner)
        }
        return false
    }
}
