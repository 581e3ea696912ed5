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
    var abandoned: [ObjectIdentifier: Request] = [:]
    var encoder = ResponseEncoder()

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
}
