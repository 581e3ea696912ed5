internal import CLibevent
internal import Glibc
internal import Logging

/// A request's way: routed, handled, answered.
extension LoopServer {
    func received(_ raw: UnsafeMutablePointer<evhttp_request>) {
        let descriptor = bufferevent_getfd(evhttp_connection_get_bufferevent(evhttp_request_get_connection(raw)))
        let connection = connections[Int(descriptor)]!
        loop.turn { answer(raw, on: connection) }
        if connection.request != nil, !connection.isClosed { connection.watchForDisconnect() }
    }

    private func answer(_ raw: UnsafeMutablePointer<evhttp_request>, on connection: Connection) {
        // evhttp takes a target in absolute form for a proxy's and closes such connections by rules of its own.
        raw.pointee.flags &= ~EVHTTP_PROXY_REQUEST
        let table = service.table
        // evhttp has refused all methods that we don't know.
        let method = HTTPMethod(command: evhttp_request_get_command(raw))!
        let request = Request(raw: raw, method: method, loop: loop, unmatchedRouteIndex: table.unmatchedRoute)
        connection.request = request
        switch request.withTarget({ table.match(method, RequestTarget.path(of: $0)) }) {
        case .found(let route, let values):
            request.matched(routeIndex: route, parameters: .init(names: table.parameterNames[route], values: values))
            for observer in service.observers { observer.requestStarted(request) }
            run(table.handlers[route], for: request, on: connection)
        case .wrongMethod(let route, let allow):
            request.matched(routeIndex: route)
            var response = Response.text("Method Not Allowed\n", status: .methodNotAllowed)
            response.headers.append(("Allow", allow))
            refuse(request, on: connection, with: response)
        case .notFound:
            refuse(request, on: connection, with: .text("Not Found\n", status: .notFound))
        case .malformedPath:
            refuse(
                request, on: connection, with: .text("Bad Request: malformed percent-encoding\n", status: .badRequest))
        }
    }

    private func refuse(_ request: Request, on connection: Connection, with response: Response) {
        for observer in service.observers { observer.requestStarted(request) }
        finish(request, on: connection, with: .success(response))
    }

    private func run(_ handler: Handler, for request: Request, on connection: Connection) {
        switch handler {
        case .synchronous(let respond):
            finish(request, on: connection, with: Result { try respond(request) })
        case .asynchronous(let respond):
            // Sound: the task runs on this loop's thread, as everything that touches a request and its connection.
            nonisolated(unsafe) let request = request
            nonisolated(unsafe) let connection = connection
            connection.task = Task(executorPreference: loop) {
                let result: Result<Response, any Error>
                do { result = .success(try await respond(request)) } catch { result = .failure(error) }
                // Elsewhere only when the loop has ended, and the request with it.
                if self.loop.isCurrent { self.finish(request, on: connection, with: result) }
            }
        }
    }

    /// The one place where a request ends: with a reply, or without one when its client has left.
    private func finish(_ request: Request, on connection: Connection, with result: Result<Response, any Error>) {
        guard let raw = request.raw else { return }
        connection.request = nil
        connection.task = nil
        if connection.isClosed {
            abandoned[ObjectIdentifier(request)] = nil
            return giveUp(request)
        }
        let response = sendable(result, request)
        let omitsContent = request.method == .head
        let persistence = persistence(after: raw)
        if persistence == .close {
            evhttp_add_header(evhttp_request_get_output_headers(raw), "Connection", "close")
        }
        let content = encoder.encode(response, omitsContent: omitsContent, persistence: persistence)
        connection.lastActivity = MonotonicClock.now
        // Before the reply leaves: whoever has seen it finds it counted.
        conclude(request, status: response.status, contentBytes: omitsContent ? 0 : response.body.count)
        connection.send(encoder.bytes, content, completing: raw)
    }

    /// Ends a request without a reply: its client has left, or the server ends while its handler runs on.
    func giveUp(_ request: Request) {
        guard let raw = request.raw else { return }
        conclude(request, status: nil, contentBytes: 0)
        // One that has a connection is freed together with it.
        if evhttp_request_get_connection(raw) == nil { evhttp_request_free(raw) }
    }

    private func conclude(_ request: Request, status: HTTPStatus?, contentBytes: Int) {
        let outcome = RequestOutcome(
            status: status, contentBytes: contentBytes, nanoseconds: MonotonicClock.now &- request.startTime)
        for observer in service.observers { observer.requestFinished(request, outcome) }
        request.end()
    }

    /// Turns a failure into the reply that stands for it.
    private func sendable(_ result: Result<Response, any Error>, _ request: Request) -> Response {
        let failure: String
        switch result {
        case .success(let response):
            guard let field = response.unsendableField else { return response }
            failure = "the response's header field \(field.debugDescription) can't be sent"
        case .failure(is CancellationError) where isDraining:
            return .text("Service Unavailable\n", status: .serviceUnavailable)
        case .failure(let error):
            failure = "\(error)"
        }
        let template = service.table.routes[request.routeIndex].template
        service.logger.error(
            "handler failed",
            metadata: [
                "method": "\(request.method.rawValue)", "route": "\(template ?? "")", "error": "\(failure)",
            ])
        return .text("Internal Server Error\n", status: .internalServerError)
    }

    private func persistence(after raw: UnsafeMutablePointer<evhttp_request>) -> ResponseEncoder.Persistence {
        if isDraining { return .close }
        let speaks11 = raw.pointee.major > 1 || (raw.pointee.major == 1 && raw.pointee.minor >= 1)
        let headers = evhttp_request_get_input_headers(raw)
        guard let first = evhttp_find_header(headers, "Connection") else { return speaks11 ? .implied : .close }
        var field = sightline_first_header(headers)
        while let current = field?.pointee {
            if strcasecmp(current.key, "Connection") == 0, lists(current.value, option: "close") { return .close }
            field = sightline_next_header(field)
        }
        if speaks11 { return .implied }
        // evhttp keeps an HTTP/1.0 connection open only if the first field begins with the option.
        return strncasecmp(first, "keep-alive", 10) == 0 ? .keepAlive : .close
    }

    private func lists(_ value: UnsafePointer<CChar>, option: String) -> Bool {
        String(cString: value).lowercased().split { $0 == "," || $0.isWhitespace }.contains { $0 == option }
    }
}
