internal import CLibevent
internal import Glibc

/// One client's connection, from accept to close. Confined to its loop's thread.
///
/// evhttp accepted it, owns it and frees it, but reads nothing: what a client sends goes through the gate
/// (``RequestParser``, ``ChunkedDecoder``) and nowhere else.
final class Connection {
    /// What is done with the connection, and so what its bytes and its deadline mean.
    enum Phase {
        /// TLS is being negotiated.
        case handshake
        /// The head of a request is awaited or read.
        case head
        /// A guard takes its time.
        case deciding
        /// The content of a request is read.
        case content
        /// The trailer fields behind chunked content are read.
        case trailers
        /// A handler runs, or writes its reply piece by piece.
        case handling
        /// The rest of a reply leaves.
        case flushing
        /// Nothing is answered any more: the client gets time to read the last reply.
        case lingering
        case closed
    }

    let server: LoopServer
    let endpoint: Endpoint
    let descriptor: Int32
    let bufferevent: OpaquePointer
    private let handle: OpaquePointer
    /// Tells when the socket has something to receive; `nil` with TLS, where the bufferevent does.
    private var readEvent: OpaquePointer?

    var phase: Phase
    // Sound where it says unchecked, here and in what belongs to a loop: its thread alone gets there, and nothing that is
    // called while such a value changes leads back to it. A check costs more than most of the changes.
    @exclusivity(unchecked) var input = ReceivedBytes()
    /// The head or the trailer section that is being read, once a part of it has come. Most come whole.
    var partial: PartialSection?
    @exclusivity(unchecked) var decoder = ChunkedDecoder()
    /// Bytes of content that are still to come, where their number was said.
    var missingContent = 0
    /// The request that is being read or answered, and what answers it.
    @exclusivity(unchecked) var request: Request?
    @exclusivity(unchecked) var match = RoutingTable.Match.notFound
    @exclusivity(unchecked) var task: RequestTask?
    var writer: ResponseWriter?
    /// When the first byte of the request came.
    var requestStart: UInt64 = 0
    var requestCount = 0
    /// The client sends no more.
    var peerHasEnded = false
    /// What ends the connection after the reply that is being sent; `nil` keeps it.
    var endAfterReply: ConnectionEnd?
    var isAdvancing = false
    /// Nothing is received until some of the input has been read; see ``Connection/boundInput()``.
    var isPaused = false
    /// When it was accepted or the last reply had left: what draining calls idle counts from here.
    var lastActivity: UInt64
    @exclusivity(unchecked) var deadline: Deadline
    /// Bytes handed over to be sent, and those of them that the last period of writing began with.
    var handedOver = 0
    var progressMark = 0
    /// Whether something was left to libevent to be sent. As a rule nothing is, and its memory isn't looked at: with many
    /// connections, that is what takes long.
    var usesOutput = false
    /// Unsent bytes that were counted at last.
    var countedUnsent = 0

    init(server: LoopServer, endpoint: Endpoint, handle: OpaquePointer, bufferevent: OpaquePointer) {
        self.server = server
        self.endpoint = endpoint
        self.handle = handle
        self.bufferevent = bufferevent
        descriptor = bufferevent_getfd(bufferevent)
        lastActivity = MonotonicClock.now
        phase = endpoint.tls == nil ? .head : .handshake
        deadline = Deadline(loop: server.loop)
    }

    /// Takes the bufferevent over from evhttp, which has set it up to read by itself.
    func start() {
        let this = Unmanaged.passUnretained(self).toOpaque()
        deadline.prepare(this) { _, _, context in
            let connection = Connection.from(context)
            connection.server.loop.turn { if connection.deadline.fired() { connection.deadlinePassed() } }
        }
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
        if endpoint.tls == nil {
            // evhttp has enabled it. A bufferevent would ask the kernel how much there is and copy each piece into
            // memory of its own; writing is enabled when there is something to write.
            bufferevent_disable(bufferevent, Int16(EV_READ))
            readEvent = event_new(
                server.loop.base, descriptor, Int16(EV_READ | EV_PERSIST),
                { _, _, context in
                    // Comes while the kernel is at work.
                    if let context { Prefetch.object(at: context) }
                    let connection = Connection.from(context)
                    connection.server.loop.turn { connection.receive() }
                }, this)
            event_add(readEvent, nil)
        } else {
            bufferevent_enable(bufferevent, Int16(EV_READ | EV_WRITE))
        }
        let timeouts = server.service.timeouts
        deadline.set(lastActivity + (phase == .handshake ? timeouts.handshake : timeouts.header))
    }

    // Sound: the server keeps every connection until it is closed, and `close` takes the callbacks away with the
    // bufferevent.
    private static func from(_ context: UnsafeMutableRawPointer?) -> Connection {
        Unmanaged<Connection>.fromOpaque(context!).takeUnretainedValue()
    }

    var limits: ServerLimits { server.service.limits }
    var output: OpaquePointer { bufferevent_get_output(bufferevent) }
    var unsentBytes: Int { usesOutput ? evbuffer_get_length(output) : 0 }

    /// How much that has been received may wait to be read: a whole head has to fit, or it would never be read.
    var mostInput: Int { limits.headerBytes + 4096 }

    /// No request is being read or answered, and none is on its way.
    var isIdle: Bool {
        phase == .head && partial == nil && input.isEmpty && !isReadable(descriptor)
    }

    private(set) lazy var remoteAddress = SocketAddress(connectedTo: descriptor).listenAddress?.description ?? ""

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

    func failed() { close(phase == .lingering ? endAfterReply ?? .aborted : .aborted) }

    /// The client has ended its sending.
    func ended() {
        setReading(false)
        peerHasEnded = true
        switch phase {
        case .head: if !server.willResume(self) { endOfInput() }
        case .content, .trailers: close(.aborted)
        // Its reply is still sent, if there is one: a client that only ends its sending can't be told from one that
        // leaves.
        case .deciding, .handling: task?.cancel()
        case .lingering: close(endAfterReply ?? .client)
        case .handshake, .flushing, .closed: break
        }
    }

    func setReading(_ reads: Bool) {
        switch (readEvent, reads) {
        case (let event?, true): event_add(event, nil)
        case (let event?, false): event_del(event)
        case (nil, true): bufferevent_enable(bufferevent, Int16(EV_READ))
        case (nil, false): bufferevent_disable(bufferevent, Int16(EV_READ))
        }
    }

    /// The client has ended its sending and there is no whole request left.
    func endOfInput() { close(partial == nil ? .client : .aborted) }

    private func handshakeFailed() {
        let failure = TLSFailure(of: bufferevent)
        if failure?.isPlainHTTP == true {
            rejectPlainHTTP()
        } else {
            server.handshakeFailed(remoteAddress, failure?.reason ?? "the client left")
        }
        close(.handshakeFailed)
    }

    private func deadlinePassed() {
        switch phase {
        case .handshake: close(.handshakeTimeout)
        case .head:
            guard let partial else { return close(.idleTimeout) }
            reject(.headerTimeout, toHead: partial.parser.asksForHead)
        case .content, .trailers: reject(.requestTimeout)
        case .handling, .flushing: checkProgress()
        case .lingering: close(endAfterReply ?? .finished)
        case .deciding, .closed: break
        }
    }

    /// Tells a client that there is no room for its connection, without reading anything from it.
    func refuseConnection(answers: Bool) {
        // Before a handshake, nothing could be understood.
        if answers, phase != .handshake { reject(.tooManyConnections) } else { close(.rejected) }
    }

    /// Ends the connection after a reply: at once where the client expects it, otherwise in two steps, because bytes that
    /// the client has sent meanwhile would turn the end into a reset, and the reset would destroy the reply
    /// (RFC 9112 §9.6).
    func end(_ reason: ConnectionEnd) {
        endAfterReply = reason
        if peerHasEnded || reason == .finished && input.isEmpty { return close(reason) }
        phase = .lingering
        TLSContext.sendCloseNotify(on: bufferevent)
        shutdown(descriptor, Int32(SHUT_WR))
        deadline.set(MonotonicClock.now + Self.linger)
        discardInput()
        boundInput()
    }

    private static let linger: UInt64 = 2_000_000_000

    func discardInput() {
        server.loop.statistics.received(input.count)
        input.removeAll()
    }

    func close(_ reason: ConnectionEnd) {
        guard phase != .closed else { return }
        // The kernel would go on offering what the client doesn't take; and a broken reply mustn't look like a whole one.
        if unsentBytes > 0 || reason == .brokenReply { resetOnClose(descriptor) }
        phase = .closed
        if endpoint.tls != nil { TLSContext.sendCloseNotify(on: bufferevent) }
        countUnsent(0)
        input.removeAll()
        if let readEvent { event_free(readEvent) }
        deadline.end()
        task?.cancel()
        writer?.connectionEnded()
        server.remove(self, reason)
        // A handler that runs on keeps the connection.
        task = nil
        evhttp_connection_free(handle)
    }
}

/// What answers a request and isn't done yet.
enum RequestTask {
    case handler(HandlerTask)
    /// A guard's, or one that writes a reply piece by piece.
    case other(Task<Void, any Error>)

    func cancel() {
        switch self {
        case .handler(let task): task.cancel()
        case .other(let task): task.cancel()
        }
    }
}

/// What a parser knows of a section of which a part is still to come.
final class PartialSection {
    @exclusivity(unchecked) var parser: RequestParser

    init(_ parser: RequestParser) { self.parser = parser }
}

private func resetOnClose(_ descriptor: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
}
