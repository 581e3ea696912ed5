internal import CLibevent
internal import Glibc
internal import Logging

/// From requests to replies.
extension Connection {
    func decide(_ requestGuard: any RequestGuard, _ request: Request) {
        switch requestGuard.decide(request) {
        case .admit: admitted(request)
        case .refuse(let response): refuse(request, with: response)
        case .wait(let decision):
            phase = .deciding
            deadline.clear()
            // Sound: the task runs on this loop's thread, as everything that touches a request and its connection.
            nonisolated(unsafe) let request = request
            nonisolated(unsafe) let connection = self
            task = .other(
                Task(executorPreference: server.loop) {
                    let result: Result<Response?, any Error>
                    do { result = .success(try await decision()) } catch { result = .failure(error) }
                    guard connection.server.loop.isCurrent else { return }
                    connection.decided(result, request)
                })
        }
    }

    private func decided(_ result: Result<Response?, any Error>, _ request: Request) {
        guard phase != .closed else { return server.giveUp(request) }
        task = nil
        switch result {
        case .success(nil): admitted(request)
        case .success(let response?): refuse(request, with: response)
        case .failure(is CancellationError) where peerHasEnded: return close(.aborted)
        case .failure(let error):
            refused(request)
            answer(request, failing: error)
        }
        advance()
    }

    /// The whole request is there.
    func dispatch(_ request: Request) {
        deadline.clear()
        switch match {
        case .found(let route, _):
            started(request)
            run(endpoint.table.handlers[route], for: request)
        case .wrongMethod(_, let allow):
            var response = Response.text("Method Not Allowed\n", status: .methodNotAllowed)
            response.headers.append(("Allow", allow))
            refuse(request, with: response)
        case .notFound:
            refuse(request, with: .text("Not Found\n", status: .notFound))
        case .server:
            let methods = HTTPMethod.allCases.map(\.rawValue).joined(separator: ", ")
            refuse(request, with: Response(status: .noContent, headers: [("Allow", methods)]))
        }
    }

    /// Answers a request whose handler isn't called. Content that it may bring isn't read, and so ends the connection.
    private func refuse(_ request: Request, with response: Response) {
        refused(request)
        answer(request, with: response)
    }

    private func refused(_ request: Request) {
        if !request.head.content.isEmpty { endAfterReply = .rejected }
        started(request)
    }

    private func started(_ request: Request) {
        phase = .handling
        request.start()
        for observer in server.service.observers { observer.requestStarted(request) }
    }

    private func run(_ handler: Handler, for request: Request) {
        switch handler {
        case .synchronous(let respond):
            do { answer(request, with: try respond(request)) } catch { answer(request, failing: error) }
        case .asynchronous(let respond):
            task = .handler(server.run(HandlerTask.Call(respond: respond, request: request, connection: self)))
            if peerHasEnded { task?.cancel() }
        }
    }

    /// Answers for a handler that has ended.
    func answer(_ request: Request, with response: Response) {
        guard handlerEnded(request) else { return }
        guard let field = response.unsendableField else { return reply(response, to: request) }
        server.handlerFailed(request, "the response's header field \(field.debugDescription) can't be sent")
        reply(.text("Internal Server Error\n", status: .internalServerError), to: request)
    }

    /// Answers for a handler that threw.
    func answer(_ request: Request, failing error: any Error) {
        guard handlerEnded(request) else { return }
        switch error {
        case is CancellationError where peerHasEnded:
            // Nobody waits for the reply that a cancelled handler didn't make.
            self.request = nil
            server.giveUp(request)
            close(.aborted)
        case is CancellationError where server.isDraining:
            reply(.text("Service Unavailable\n", status: .serviceUnavailable), to: request)
        default:
            server.handlerFailed(request, "\(error)")
            reply(.text("Internal Server Error\n", status: .internalServerError), to: request)
        }
    }

    /// - Returns: whether the request can still be answered; given up otherwise.
    private func handlerEnded(_ request: Request) -> Bool {
        guard !request.hasEnded else { return false }
        task = nil
        if phase != .closed { return true }
        server.giveUp(request)
        return false
    }

    private func reply(_ response: Response, to request: Request) {
        if case .stream(let stream) = response.body, request.method != .head, response.status.allowsContent {
            return begin(stream, of: response, for: request)
        }
        let omitsContent = request.method == .head
        let bytes = omitsContent || !response.status.allowsContent ? 0 : response.body.count ?? 0
        let content = encode(response, framing(of: response, for: request), omitsContent: omitsContent, for: request)
        conclude(request, status: response.status, contentBytes: bytes)
        send(server.encoder.bytes, content)
        replied()
    }

    /// HTTP/1.0 knows no chunks (RFC 9112 §7).
    func framing(of response: Response, for request: Request) -> ResponseEncoder.Framing {
        if let count = response.body.count { return .length(count) }
        return request.head.isHTTP11 ? .chunked : .untilClose
    }

    /// Encodes a response into the loop's buffer; whether the connection goes on is decided here.
    func encode(
        _ response: Response, _ framing: ResponseEncoder.Framing, omitsContent: Bool, for request: Request
    ) -> Response.Body {
        let head = request.head
        if !head.persists || framing == .untilClose {
            endAfterReply = .finished
        } else if let most = limits.requestsPerConnection, requestCount >= most {
            endAfterReply = .requestLimit
        } else if server.isDraining {
            endAfterReply = .drained
        }
        let persistence: ResponseEncoder.Persistence =
            endAfterReply != nil ? .close : head.isHTTP11 ? .implied : .keepAlive
        return server.encoder.encode(
            response, framing, omitsContent: omitsContent, persistence: persistence,
            headers: server.service.responseHeaders)
    }

    /// Before the reply's last byte leaves: whoever has seen it finds it counted.
    func conclude(_ request: Request, status: HTTPStatus?, contentBytes: Int, isComplete: Bool = true) {
        server.conclude(request, status: status, contentBytes: contentBytes, isComplete: isComplete)
        self.request = nil
        server.recycle(request)
    }

    /// The reply has been handed over.
    func replied() {
        guard phase != .closed else { return }
        if unsentBytes == 0 { return replyHasLeft() }
        phase = .flushing
        watchProgress()
    }

    /// The output is empty, or nearly so while a reply is written piece by piece.
    func drained() {
        if phase == .closed { return }
        usesOutput = unsentBytes > 0
        countUnsent(unsentBytes)
        switch phase {
        case .handling: writer?.drained()
        case .flushing: if unsentBytes == 0 { replyHasLeft() }
        default: break
        }
    }

    private func replyHasLeft() {
        if let reason = endAfterReply { return end(reason) }
        let now = MonotonicClock.now
        lastActivity = now
        phase = .head
        deadline.set(now + server.service.timeouts.idle)
        if !input.isEmpty || peerHasEnded { advance() }
    }

    /// Refuses a request that no handler has seen.
    ///
    /// - Parameter toHead: whether it is known to be HEAD.
    func reject(_ reason: RejectionReason, toHead: Bool = false) {
        if let request {
            // Its content was to come.
            self.request = nil
            server.recycle(request)
        }
        server.rejected(Rejection(reason: reason, remoteAddress: remoteAddress))
        endAfterReply = .rejected
        encode(reason, toHead: toHead)
        send(server.encoder.bytes, .empty)
        replied()
    }

    /// Answers, without TLS, a client that has spoken without it.
    func rejectPlainHTTP() {
        server.rejected(Rejection(reason: .plainHTTPOnTLS, remoteAddress: remoteAddress))
        encode(.plainHTTPOnTLS, toHead: false)
        TLSContext.answerWithoutTLS(server.encoder.bytes, on: bufferevent)
    }

    private func encode(_ reason: RejectionReason, toHead: Bool) {
        let text = "\(reason.status.reason): \(reason.explanation)\n"
        _ = server.encoder.encode(
            .text(text, status: reason.status), .length(text.utf8.count), omitsContent: toHead,
            persistence: .close, headers: server.service.responseHeaders)
    }
}
