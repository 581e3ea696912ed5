internal import CLibevent
internal import Glibc
internal import Logging
internal import Synchronization

/// Accepts connections for one endpoint on one loop: an evhttp and its listeners.
///
/// evhttp accepts, and owns connections from then on, but never reads: before its first byte could arrive, a connection's
/// callbacks have been replaced.
// Sound: confined to its loop's thread, as its server is, which keeps it until `free`.
final class Acceptor: @unchecked Sendable {
    private unowned let server: LoopServer
    private let endpoint: Endpoint
    private let http: OpaquePointer
    private var listeners: [Listener] = []

    /// Bufferevents of accepted connections that evhttp hasn't set up yet, and the event that takes them over then.
    private var arrivals: [Arrival] = []
    private var arrivalEvent: OpaquePointer?
    /// Accepts again after a pause; pending while there is one.
    private var resumeEvent: OpaquePointer?
    private var reportsFailure = true

    private struct Listener {
        let bound: OpaquePointer
        let isShared: Bool
    }

    private struct Arrival {
        let bufferevent: OpaquePointer
        let isUsable: Bool
    }

    init(server: LoopServer, endpoint: Endpoint) throws(ServerError) {
        guard let http = evhttp_new(server.loop.base) else { throw .system(call: "evhttp_new", code: ENOMEM) }
        self.server = server
        self.endpoint = endpoint
        self.http = http
        let this = Unmanaged.passUnretained(self).toOpaque()
        arrivalEvent = event_new(
            server.loop.base, -1, 0,
            { _, _, context in
                let acceptor = Acceptor.from(context)
                acceptor.server.loop.turn { acceptor.adoptArrivals() }
            }, this)
        resumeEvent = event_new(
            server.loop.base, -1, 0,
            { _, _, context in
                for listener in Acceptor.from(context).listeners {
                    evconnlistener_enable(evhttp_bound_socket_get_listener(listener.bound))
                }
            }, this)
        Self.byHandle.withLock { $0[UInt(bitPattern: http)] = Unmanaged.passUnretained(self) }
        evhttp_set_bevcb(
            http, { base, context in Acceptor.from(context).makeBufferevent(on: base!) }, this)
        // Never called; libevent asks for one where it finds it.
        evhttp_set_gencb(http, { request, _ in evhttp_send_error(request, 500, nil) }, nil)
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Acceptor {
        Unmanaged<Acceptor>.fromOpaque(context!).takeUnretainedValue()
    }

    func listen(on socket: consuming ListeningSocket) throws(ServerError) {
        let flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC
        let isShared = socket.isShared
        let descriptor = socket.take()
        guard let listener = evconnlistener_new(server.loop.base, nil, nil, flags, 0, descriptor) else {
            Glibc.close(descriptor)
            throw .system(call: "evconnlistener_new", code: ENOMEM)
        }
        guard let bound = evhttp_bind_listener(http, listener) else {
            evconnlistener_free(listener)
            throw .system(call: "evhttp_bind_listener", code: ENOMEM)
        }
        evconnlistener_set_error_cb(listener) { Acceptor.failed($0, http: $1) }
        listeners.append(Listener(bound: bound, isShared: isShared))
    }

    /// An error callback gets its evhttp, which leads to nobody by itself.
    // Sound: `free` takes an acceptor out before it goes.
    private static let byHandle = Mutex<[UInt: Unmanaged<Acceptor>]>([:])

    private static func failed(_ listener: OpaquePointer?, http: UnsafeMutableRawPointer?) {
        let code = errno
        byHandle.withLock { $0[UInt(bitPattern: http)] }?.takeUnretainedValue().failed(listener, code)
    }

    /// Out of descriptors, most likely. Without a pause the loop would spin: the connection stays in the queue.
    private func failed(_ listener: OpaquePointer?, _ code: Int32) {
        evconnlistener_disable(listener)
        var pause = timeval(tv_sec: 0, tv_usec: 100_000)
        event_add(resumeEvent, &pause)
        server.loop.statistics.acceptFailed()
        guard reportsFailure else { return }
        // Once, until a connection is accepted again.
        reportsFailure = false
        server.service.logger.error(
            "accepting pauses",
            metadata: [
                "error": "\(String(cString: strerror(code)))", "connections": "\(server.service.connections.count)",
            ])
    }

    private func makeBufferevent(on base: OpaquePointer) -> OpaquePointer? {
        reportsFailure = true
        let secured = endpoint.tls?.makeBufferevent(on: base)
        // Without memory for TLS, the connection is one that won't be adopted: never one without TLS.
        guard let bufferevent = secured ?? bufferevent_socket_new(base, -1, 0) else { return nil }
        bufferevent_incref(bufferevent)
        arrivals.append(Arrival(bufferevent: bufferevent, isUsable: endpoint.tls == nil || secured != nil))
        event_active(arrivalEvent, Int32(EV_TIMEOUT), 0)
        return bufferevent
    }

    /// evhttp has no callback for new connections, but by now its own callback argument, which is the connection,
    /// stands in the bufferevent.
    func adoptArrivals() {
        let arrivals = arrivals
        self.arrivals.removeAll()
        for arrival in arrivals {
            var handle: UnsafeMutableRawPointer?
            bufferevent_getcb(arrival.bufferevent, nil, nil, nil, &handle)
            // Without one, evhttp has given the connection up already.
            if let handle = handle.map({ OpaquePointer($0) }) {
                if arrival.isUsable {
                    server.add(
                        Connection(
                            server: server, endpoint: endpoint, handle: handle, bufferevent: arrival.bufferevent))
                } else {
                    evhttp_connection_free(handle)
                }
            }
            bufferevent_decref(arrival.bufferevent)
        }
    }

    /// Stops accepting. Closing a listener would reset the connections in its queue: it stays until they have been
    /// accepted, unless others accept from the same queue.
    ///
    /// - Returns: whether all listeners are closed.
    func closeListeners() -> Bool {
        listeners.removeAll { listener in
            if !listener.isShared, isReadable(evhttp_bound_socket_get_fd(listener.bound)) { return false }
            evhttp_del_accept_socket(http, listener.bound)
            return true
        }
        return listeners.isEmpty
    }

    func free() {
        for arrival in arrivals { bufferevent_decref(arrival.bufferevent) }
        arrivals.removeAll()
        Self.byHandle.withLock { $0[UInt(bitPattern: http)] = nil }
        evhttp_free(http)
        event_free(arrivalEvent)
        event_free(resumeEvent)
    }
}
