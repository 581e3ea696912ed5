internal import CLibevent

/// From bytes to requests.
extension Connection {
    /// Goes as far as what has been received allows. Called whenever something has arrived, or a reply has left.
    func advance() {
        // A handler that answers at once comes back here.
        guard !isAdvancing else { return }
        isAdvancing = true
        proceed()
        isAdvancing = false
        boundInput()
    }

    /// Bounds what a client may send ahead over TLS. OpenSSL takes whole records from the socket, and what a watermark
    /// makes libevent leave of one would stay there: of that, the socket tells nothing any more.
    func boundInput() {
        guard endpoint.tls != nil, phase != .closed, isPaused != (evbuffer_get_length(input) >= mostInput) else {
            return
        }
        isPaused.toggle()
        if isPaused {
            bufferevent_disable(bufferevent, Int16(EV_READ))
        } else {
            bufferevent_enable(bufferevent, Int16(EV_READ))
        }
    }

    private func proceed() {
        let last = requestCount + limits.pipelinedRequests
        while true {
            switch phase {
            case .head:
                guard requestCount < last || evbuffer_get_length(input) == 0 else { return server.resumeLater(self) }
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
        guard evbuffer_get_length(input) > 0 else {
            if peerHasEnded { endOfInput() }
            return false
        }
        if !parser.hasBegun { requestStart = 0 }
        return parse { bytes, end in
            spareHead.removeAll(keepingCapacity: true)
            spareHead.append(contentsOf: bytes[..<end])
            consume(end)
            requestCount += 1
            received(parser.head)
        }
    }

    /// Lets the parser read on in what has been received.
    ///
    /// - Parameter complete: gets what was parsed, and where it ends.
    private func parse(_ complete: (_ bytes: Octets, _ end: Int) -> Void) -> Bool {
        // As much as the parser may want to see; a larger request would already be refused.
        let length = min(evbuffer_get_length(input), limits.headerBytes + 2)
        let bytes = Octets(start: evbuffer_pullup(input, length), count: length)
        switch parser.parse(bytes, limits) {
        case .complete(let end):
            complete(bytes, end)
            return true
        case .rejected(let reason):
            reject(reason)
        case .incomplete where peerHasEnded:
            endOfInput()
        case .incomplete:
            if phase == .head, requestStart == 0 {
                requestStart = MonotonicClock.now
                // A new connection's first head has been awaited since it was accepted.
                if requestCount > 0 { deadline.set(requestStart + server.service.timeouts.header) }
            }
        }
        return false
    }

    private func received(_ head: RequestHead) {
        let table = endpoint.table
        let request = Request(head, bytes: spareHead, on: self, unmatchedRouteIndex: table.unmatchedRoute)
        spareHead = []
        self.request = request
        match = head.form == .asterisk ? .server : request.withPath { table.match(head.method, $0) }
        switch match {
        case .found(let route, let values):
            request.matched(
                table.routes[route], index: route,
                parameters: .init(names: table.parameterNames[route], values: values))
        case .wrongMethod(let route, _): request.matched(table.routes[route], index: route)
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
        if request.head.expectsContinue, evbuffer_get_length(input) == 0 { sendContinue() }
    }

    /// - Returns: whether the content has been read to its end, or up to the trailer fields.
    private func readContent() -> Bool {
        guard let request else { return false }
        while evbuffer_get_length(input) > 0 {
            // Piece by piece as it lies in memory, without copying it together.
            let length = evbuffer_get_contiguous_space(input)
            let bytes = Octets(start: evbuffer_pullup(input, length), count: length)
            guard case .chunked = request.head.content else {
                let count = min(length, missingContent)
                request.body.append(contentsOf: bytes[..<count])
                consume(count)
                missingContent -= count
                guard missingContent == 0 else { continue }
                dispatch(request)
                return true
            }
            let (progress, consumed) = decoder.decode(bytes, into: &request.body, limits)
            consume(consumed)
            switch progress {
            case .incomplete: continue
            case .rejected(let reason):
                reject(reason)
                return false
            case .complete:
                parser = .ofTrailers
                phase = .trailers
                return true
            }
        }
        return false
    }

    /// Trailer fields are checked and dropped: nobody has said that they may be merged into the header
    /// (RFC 9110 §6.5.1).
    private func readTrailers() -> Bool {
        guard let request, evbuffer_get_length(input) > 0 else { return false }
        return parse { _, end in
            consume(end)
            dispatch(request)
        }
    }

    private func consume(_ count: Int) {
        evbuffer_drain(input, count)
        server.loop.statistics.received(count)
    }
}
