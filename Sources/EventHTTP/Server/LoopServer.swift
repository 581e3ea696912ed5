internal import CLibevent
internal import Glibc
internal import Logging
internal import Synchronization

/// One loop's part of a server: an evhttp, its listeners and its connections. Confined to the loop's thread once that
/// has started.
// Sound: `HTTPServer` builds it before the loop's thread exists, and whatever comes later arrives through `loop.perform`
// or a libevent callback.
final class LoopServer: @unchecked Sendable {
    let loop: EventLoop
    let service: Service
    let http: OpaquePointer
    var listeners: [OpaquePointer] = []
    /// By file descriptor, which the kernel keeps small and dense.
    private(set) var connections: [Connection?] = []
    private(set) var connectionCount = 0
    /// Requests whose client has left while the handler still runs.
    private(set) var abandoned: [ObjectIdentifier: Request] = [:]
    private var encoder = ResponseEncoder()

    /// Bufferevents of accepted connections that evhttp hasn't set up yet, and the event that takes them over then.
    private var arrivals: [OpaquePointer] = []
    private var arrivalEvent: OpaquePointer?
    /// Accepts again after a pause; pending while there is one.
    private var resumeEvent: OpaquePointer?
    private var reportsAcceptFailure = true

    var drainEvent: OpaquePointer?
    /// Whether draining ends at its next step, whatever still runs.
    var givesUp = false
    private var signalEvents: [OpaquePointer?] = []
    private var signalled: (() -> Void)?

    /// What all loops of a server share.
    struct Service: Sendable {
        let table: RoutingTable
        let observers: [any ServerObserver]
        let logger: Logger
    }

    private static let maxHeaderBytes = 16 << 10
    private static let maxContentBytes = 1 << 20

    init(loop: EventLoop, service: Service) throws(ServerError) {
        guard let http = evhttp_new(loop.base) else { throw .system(call: "evhttp_new", code: ENOMEM) }
        self.loop = loop
        self.service = service
        self.http = http
        evhttp_set_max_headers_size(http, Self.maxHeaderBytes)
        evhttp_set_max_body_size(http, Self.maxContentBytes)
        evhttp_set_allowed_methods(http, HTTPMethod.evhttpCommands)
        let this = Unmanaged.passUnretained(self).toOpaque()
        arrivalEvent = event_new(
            loop.base, -1, 0,
            { _, _, context in
                let server = LoopServer.from(context)
                server.loop.turn { server.adoptArrivals() }
            }, this)
        resumeEvent = event_new(
            loop.base, -1, 0,
            { _, _, context in
                for bound in LoopServer.from(context).listeners {
                    evconnlistener_enable(evhttp_bound_socket_get_listener(bound))
                }
            }, this)
        Self.byHandle.withLock { $0[UInt(bitPattern: http)] = Unmanaged.passUnretained(self) }
        evhttp_set_bevcb(
            http,
            { base, context in
                let bufferevent = bufferevent_socket_new(base, -1, 0)
                if let bufferevent { LoopServer.from(context).arrived(bufferevent) }
                return bufferevent
            }, this)
        evhttp_set_gencb(http, { raw, context in LoopServer.from(context).received(raw!) }, this)
    }

    // Sound: `RunningServer` keeps every loop's server until its loop has ended.
    static func from(_ context: UnsafeMutableRawPointer?) -> LoopServer {
        Unmanaged<LoopServer>.fromOpaque(context!).takeUnretainedValue()
    }

    func listen(on socket: consuming ListeningSocket) throws(ServerError) {
        let flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC
        let descriptor = socket.take()
        guard let listener = evconnlistener_new(loop.base, nil, nil, flags, 0, descriptor) else {
            Glibc.close(descriptor)
            throw .system(call: "evconnlistener_new", code: ENOMEM)
        }
        guard let bound = evhttp_bind_listener(http, listener) else {
            evconnlistener_free(listener)
            throw .system(call: "evhttp_bind_listener", code: ENOMEM)
        }
        evconnlistener_set_error_cb(listener) { listener, http in
            let code = errno
            let server = LoopServer.byHandle.withLock { $0[UInt(bitPattern: http)]?.takeUnretainedValue() }
            server?.acceptFailed(listener, code)
        }
        listeners.append(bound)
    }

    /// A listener's error callback gets its evhttp, which leads to no server by itself.
    // Sound: `free` takes a server out before it goes.
    private static let byHandle = Mutex<[UInt: Unmanaged<LoopServer>]>([:])

    /// Out of descriptors, most likely. Without a pause the loop would spin: the connection stays in the queue.
    private func acceptFailed(_ listener: OpaquePointer?, _ code: Int32) {
        evconnlistener_disable(listener)
        var pause = timeval(tv_sec: 0, tv_usec: 100_000)
        event_add(resumeEvent, &pause)
        guard reportsAcceptFailure else { return }
        // Once, until a connection is accepted again.
        reportsAcceptFailure = false
        service.logger.error(
            "accepting pauses",
            metadata: ["error": "\(String(cString: strerror(code)))", "connections": "\(connectionCount)"])
    }

    /// Calls `body` on the loop whenever one of the signals arrives; they have their former meaning again when the
    /// loop ends.
    func watch(_ signals: [Int32], _ body: @escaping () -> Void) {
        signalled = body
        for signal in signals {
            let event = event_new(
                loop.base, signal, Int16(EV_SIGNAL | EV_PERSIST),
                { _, _, context in
                    let server = LoopServer.from(context)
                    server.loop.turn { server.signalled?() }
                }, Unmanaged.passUnretained(self).toOpaque())
            event_add(event, nil)
            signalEvents.append(event)
        }
    }

    func free() {
        for event in signalEvents { event_free(event) }
        signalEvents.removeAll()
        signalled = nil
        abandoned.removeAll()
        for bufferevent in arrivals { bufferevent_decref(bufferevent) }
        arrivals.removeAll()
        Self.byHandle.withLock { $0[UInt(bitPattern: http)] = nil }
        evhttp_free(http)
        event_free(arrivalEvent)
        event_free(resumeEvent)
    }

    // MARK: Connections

    private func arrived(_ bufferevent: OpaquePointer) {
        reportsAcceptFailure = true
        bufferevent_incref(bufferevent)
        arrivals.append(bufferevent)
        event_active(arrivalEvent, Int32(EV_TIMEOUT), 0)
    }

    /// evhttp has no callback for new connections, but by now its own callback argument, which is the connection,
    /// stands in the bufferevent.
    func adoptArrivals() {
        for bufferevent in arrivals {
            var handle: UnsafeMutableRawPointer?
            bufferevent_getcb(bufferevent, nil, nil, nil, &handle)
            // Without one, evhttp has given the connection up already.
            if let handle { add(Connection(server: self, handle: OpaquePointer(handle), bufferevent: bufferevent)) }
            bufferevent_decref(bufferevent)
        }
        arrivals.removeAll(keepingCapacity: true)
    }

    private func add(_ connection: Connection) {
        // Bounds what a client can pipeline while a handler waits. A whole request has to fit, or it would never be
        // read.
        let most = Self.maxContentBytes + Self.maxHeaderBytes + (64 << 10)
        bufferevent_setwatermark(connection.bufferevent, Int16(EV_READ), 0, most)
        let index = Int(connection.descriptor)
        if index >= connections.count {
            connections.append(contentsOf: repeatElement(nil, count: index + 1 - connections.count))
        }
        connections[index] = connection
        connectionCount += 1
    }

    func remove(_ connection: Connection) {
        connections[Int(connection.descriptor)] = nil
        connectionCount -= 1
        if let request = connection.request { abandoned[ObjectIdentifier(request)] = request }
    }

    // MARK: Requests

    private func received(_ raw: UnsafeMutablePointer<evhttp_request>) {
        let descriptor = bufferevent_getfd(evhttp_connection_get_bufferevent(evhttp_request_get_connection(raw)))
        let connection = connections[Int(descriptor)]!
        loop.turn { answer(raw, on: connection) }
        if connection.request != nil, !connection.isClosed { connection.watchForDisconnect() }
    }

    private func answer(_ raw: UnsafeMutablePointer<evhttp_request>, on connection: Connection) {
        // evhttp takes a target in absolute form for a proxy's and closes such connections by rules of its own.
        raw.pointee.flags &= ~EVHTTP_PROXY_REQUEST
        let table = service.table
        let method = HTTPMethod(command: evhttp_request_get_command(raw)) ?? .get
        let request = Request(raw: raw, method: method, loop: loop, unmatchedRouteIndex: table.unmatchedRoute)
        connection.request = request
        switch request.withTarget({ table.match(method, RequestTarget.path(of: $0)) }) {
        case .found(let route, let values):
            request.matched(routeIndex: route, parameters: .init(names: table.parameterNames[route], values: values))
            for observer in service.observers { observer.requestStarted(request) }
            run(table.handlers[route], for: request, on: connection)
        case .wrongMethod(let route, let allow):
            request.matched(routeIndex: route, parameters: .init(names: [], values: []))
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
                self.loop.perform { self.finish(request, on: connection, with: result) }
            }
        }
    }

    /// The one place where a request ends: with a reply, or without one when its client has left.
    private func finish(_ request: Request, on connection: Connection, with result: Result<Response, any Error>) {
        guard let raw = request.end() else { return }
        connection.request = nil
        connection.task = nil
        if connection.isClosed {
            abandoned[ObjectIdentifier(request)] = nil
            conclude(request, status: nil, contentBytes: 0)
            return evhttp_request_free(raw)
        }
        let response = sendable(result, request)
        let omitsContent = request.method == .head
        let persistence = persistence(after: raw)
        if persistence == .close {
            evhttp_add_header(evhttp_request_get_output_headers(raw), "Connection", "close")
        }
        encoder.encode(response, omitsContent: omitsContent, persistence: persistence)
        connection.lastActivity = MonotonicClock.now
        // Before the reply leaves: whoever has seen it finds it counted.
        conclude(request, status: response.status, contentBytes: omitsContent ? 0 : response.body.count)
        encoder.bytes.withUnsafeBytes { connection.send($0, completing: raw) }
    }

    /// Ends a request whose handler runs on although the server ends.
    func giveUp(_ request: Request) {
        guard let raw = request.end() else { return }
        conclude(request, status: nil, contentBytes: 0)
        // One that has a connection is freed together with it.
        if evhttp_request_get_connection(raw) == nil { evhttp_request_free(raw) }
    }

    private func conclude(_ request: Request, status: HTTPStatus?, contentBytes: Int) {
        let outcome = RequestOutcome(
            status: status, contentBytes: contentBytes, nanoseconds: MonotonicClock.now &- request.startTime)
        for observer in service.observers { observer.requestFinished(request, outcome) }
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
