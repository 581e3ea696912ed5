internal import CLibevent
internal import Glibc

/// From bytes to requests.
extension Connection {
    /// Takes what the socket has, once: others have their turn before more is taken.
    func receive() {
        let buffer = server.receiveBuffer
        // Content is consumed as it comes.
        let most = phase == .content ? buffer.count : min(buffer.count, mostInput - input.count)
        let count = recv(descriptor, buffer.baseAddress, most, 0)
        if count > 0 {
            received(Octets(start: buffer.baseAddress, count: count))
        } else if count == 0 {
            ended()
        } else if errno != EAGAIN, errno != EINTR {
            failed()
        }
    }

    /// Takes what TLS has.
    func receiveDecrypted() {
        let buffer = server.receiveBuffer
        while phase != .closed, case let count = bufferevent_read(bufferevent, buffer.baseAddress, buffer.count),
            count > 0
        {
            received(Octets(start: buffer.baseAddress, count: count))
        }
    }

    private func received(_ bytes: Octets) {
        input.receive(bytes)
        advance()
    }

    /// Goes as far as what has been received allows. Called whenever something has arrived, or a reply has left.
    func advance() {
        // A handler that answers at once comes back here.
        guard !isAdvancing else { return }
        isAdvancing = true
        proceed()
        isAdvancing = false
        input.keep()
        boundInput()
    }

    /// Bounds what a client may send ahead. Not by a watermark with TLS either: OpenSSL takes whole records from the
    /// socket, and what libevent would leave of one stayed there, of which the socket tells nothing any more.
    func boundInput() {
        guard phase != .closed, !peerHasEnded, isPaused != (input.count >= mostInput) else { return }
        isPaused.toggle()
        setReading(!isPaused)
    }

    private func proceed() {
        let last = requestCount + limits.pipelinedRequests
        while true {
            switch phase {
            case .head:
                guard requestCount < last || input.isEmpty else { return server.resumeLater(self) }
                guard readHead() else { return }
            case .content:
                guard readContent() else { return }
            case .trailers:
                guard readTrailers() else { return }
            case .lingering:
                return discardInput()
            case .handshake, .deciding, .handling, .flushing, .closed:
                return
            }
        }
    }

    /// - Returns: whether there was a whole head.
    private func readHead() -> Bool {
        guard !input.isEmpty else {
            if peerHasEnded { endOfInput() }
            return false
        }
        if partial == nil { requestStart = 0 }
        var parser = partial?.parser ?? RequestParser()
        guard let end = parse(&parser) else { return false }
        let request = input.withBytes {
            server.request(parser.head, Octets(rebasing: $0[..<end]), on: self)
        }
        consume(end)
        requestCount += 1
        received(request)
        return true
    }

    /// Lets a parser read on in what has been received.
    ///
    /// - Returns: where the head or the trailer section ends, once all of it is there.
    private func parse(_ parser: inout RequestParser) -> Int? {
        switch input.withBytes({ parser.parse($0, limits) }) {
        case .complete(let end):
            partial = nil
            return end
        case .rejected(let reason):
            reject(reason, toHead: parser.asksForHead)
        case .incomplete where peerHasEnded:
            close(.aborted)
        case .incomplete:
            if let partial { partial.parser = parser } else { partial = PartialSection(parser) }
            if phase == .head, requestStart == 0 {
                requestStart = MonotonicClock.now
                // A new connection's first head has been awaited since it was accepted.
                if requestCount > 0 { deadline.set(requestStart + server.service.timeouts.header) }
            }
        }
        return nil
    }

    private func received(_ request: Request) {
        self.request = request
        match =
            request.head.form == .asterisk
            ? .server : request.withPath { endpoint.table.match(request.method, $0) }
        switch match {
        case .found(let route, let values):
            request.matched(endpoint.table.routes[route].template, index: route)
            if !values.isEmpty {
                request.parameters = .init(names: endpoint.table.parameterNames[route], values: values)
            }
        case .wrongMethod(let route, _): request.matched(endpoint.table.routes[route].template, index: route)
        case .notFound, .server: break
        }
        guard let requestGuard = server.service.requestGuard else { return admitted(request) }
        decide(requestGuard, request)
    }

    /// The request goes on: its content is read, unless there is none or nobody wants it.
    func admitted(_ request: Request) {
        guard !request.head.content.isEmpty, case .found = match else {
            return dispatch(request)
        }
        phase = .content
        if case .length(let count) = request.head.content {
            missingContent = count
        } else {
            decoder = ChunkedDecoder()
        }
        if requestStart == 0 { requestStart = MonotonicClock.now }
        deadline.set(requestStart + server.service.timeouts.request)
        if request.head.expectsContinue, input.isEmpty { sendContinue() }
    }

    /// - Returns: whether the content has been read to its end, or up to the trailer fields.
    private func readContent() -> Bool {
        guard let request else { return false }
        guard case .chunked = request.head.content else {
            let count = min(input.count, missingContent)
            input.withBytes { request.body.append(contentsOf: $0[..<count]) }
            consume(count)
            missingContent -= count
            guard missingContent == 0 else { return false }
            dispatch(request)
            return true
        }
        let (progress, consumed) = input.withBytes { decoder.decode($0, into: &request.body, limits) }
        consume(consumed)
        switch progress {
        case .incomplete: return false
        case .rejected(let reason):
            reject(reason)
            return false
        case .complete:
            partial = PartialSection(.ofTrailers)
            phase = .trailers
            return true
        }
    }

    /// Trailer fields are checked and dropped: nobody has said that they may be merged into the header
    /// (RFC 9110 §6.5.1).
    private func readTrailers() -> Bool {
        guard let request, let partial, !input.isEmpty, let end = parse(&partial.parser) else { return false }
        consume(end)
        dispatch(request)
        return true
    }

    private func consume(_ count: Int) {
        input.removeFirst(count)
        server.loop.statistics.received(count)
    }
}
