internal import CLibevent
internal import Glibc
internal import Logging

/// One loop's part of a server: its listeners and its connections. Confined to the loop's thread once that has started.
// Sound: `HTTPServer` builds it before the loop's thread exists, and whatever comes later arrives through `loop.perform`
// or a libevent callback.
final class LoopServer: @unchecked Sendable {
    let loop: EventLoop
    let service: Service
    private(set) var acceptors: [Acceptor] = []
    /// By file descriptor, which the kernel keeps small and dense.
    private(set) var connections: [Connection?] = []
    private(set) var connectionCount = 0
    /// Requests whose client has left while the handler still runs.
    private(set) var abandoned: [ObjectIdentifier: Request] = [:]
    // Sound: see `Connection.input`.
    @exclusivity(unchecked) var encoder = ResponseEncoder()
    /// Where connections receive, one after the other.
    let receiveBuffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 << 10)
    @exclusivity(unchecked) private var idleTasks = Spares<HandlerTask>()
    @exclusivity(unchecked) private var spareRequests = Spares<Request>()

    /// Connections that have used up their turn while more of their requests wait.
    private var resuming: [Connection] = []
    private var resumeEvent: OpaquePointer?

    var drainEvent: OpaquePointer?
    /// Whether draining ends at its next step, whatever still runs.
    var givesUp = false
    private var signalEvents: [OpaquePointer?] = []
    private var signalled: ((Int32) -> Void)?

    init(loop: EventLoop, service: Service, endpoints: [Endpoint]) throws(ServerError) {
        self.loop = loop
        self.service = service
        for endpoint in endpoints { acceptors.append(try Acceptor(server: self, endpoint: endpoint)) }
        resumeEvent = event_new(
            loop.base, -1, 0,
            { _, _, context in
                let server = LoopServer.from(context)
                server.loop.turn { server.resume() }
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { receiveBuffer.deallocate() }

    // Sound: `RunningServer` keeps every loop's server until its loop has ended.
    static func from(_ context: UnsafeMutableRawPointer?) -> LoopServer {
        Unmanaged<LoopServer>.fromOpaque(context!).takeUnretainedValue()
    }

    /// Calls `body` on the loop whenever one of the signals arrives; they have their former meaning again when the
    /// loop ends.
    func watch(_ signals: [Int32], _ body: @escaping (Int32) -> Void) {
        signalled = body
        for signal in signals {
            let event = event_new(
                loop.base, signal, Int16(EV_SIGNAL | EV_PERSIST),
                { signal, _, context in
                    let server = LoopServer.from(context)
                    server.loop.turn { server.signalled?(signal) }
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
        while let task = idleTasks.take() { task.end() }
        resuming.removeAll()
        for connection in connections { connection?.close(.drained) }
        for acceptor in acceptors { acceptor.free() }
        event_free(resumeEvent)
    }

    /// Takes over a connection that an acceptor has accepted.
    func add(_ connection: Connection) {
        let index = Int(connection.descriptor)
        if index >= connections.count {
            connections.append(contentsOf: repeatElement(nil, count: index + 1 - connections.count))
        }
        connections[index] = connection
        connectionCount += 1
        loop.statistics.connectionOpened()
        let all = service.connections.change(by: 1)
        connection.start()
        let limits = service.limits
        let excess = max(
            all - limits.connections, limits.connectionsPerLoop.map { connectionCount - $0 } ?? 0)
        if excess > 0 { connection.refuseConnection(answers: excess <= Self.mostRefusals) }
    }

    /// How many connections beyond the limit are told so at once: each of them stays until it has been read.
    private static let mostRefusals = 256

    func remove(_ connection: Connection, _ end: ConnectionEnd) {
        connections[Int(connection.descriptor)] = nil
        connectionCount -= 1
        if idleTasks.count > mostIdleTasks { idleTasks.take()?.end() }
        loop.statistics.connectionEnded(end)
        service.connections.change(by: -1)
        guard let request = connection.request else { return }
        // A task that still runs keeps its request; one that was still being read would keep its connection, and that it.
        if connection.task != nil { abandoned[ObjectIdentifier(request)] = request } else { request.end() }
    }

    /// The request that `bytes` begin.
    func request(_ head: RequestHead, _ bytes: Octets, on connection: Connection) -> Request {
        var request = spareRequests.take() ?? Request(on: loop)
        // One that its handler has kept stays as it is: empty.
        if !isKnownUniquelyReferenced(&request) { request = Request(on: loop) }
        request.begin(head, bytes, on: connection)
        return request
    }

    /// As many as a loop begins and ends in one turn.
    private static let mostSpareRequests = 4096

    func recycle(_ request: Request) {
        request.end()
        if spareRequests.count < Self.mostSpareRequests { spareRequests.put(request) }
    }

    func run(_ call: HandlerTask.Call) -> HandlerTask {
        guard let idle = idleTasks.take() else { return HandlerTask(call, on: self) }
        idle.run(call)
        return idle
    }

    /// - Returns: whether there is a use for another task that waits for work.
    func keep(_ task: HandlerTask) -> Bool {
        guard idleTasks.count < mostIdleTasks, !loop.hasEnded, !isDraining else { return false }
        idleTasks.put(task)
        return true
    }

    /// Those of all connections may end in one turn, and begin in the next.
    private var mostIdleTasks: Int { max(1024, connectionCount) }

    /// Lets a connection go on after others have had their turn.
    func resumeLater(_ connection: Connection) {
        resuming.append(connection)
        // A timer of no length: an event made active would run before any socket is looked at.
        var now = timeval()
        event_add(resumeEvent, &now)
    }

    func willResume(_ connection: Connection) -> Bool { resuming.contains { $0 === connection } }

    private func resume() {
        let connections = resuming
        resuming.removeAll()
        for connection in connections { connection.advance() }
    }

    /// Ends a request without a reply, or in the middle of one: its client has left, or the server ends while its handler
    /// runs on. One that its guard was still deciding about has never started.
    func giveUp(_ request: Request, status: HTTPStatus? = nil, contentBytes: Int = 0) {
        abandoned[ObjectIdentifier(request)] = nil
        guard !request.hasEnded else { return }
        if request.startTime != 0 {
            conclude(request, status: status, contentBytes: contentBytes, isComplete: false)
        }
        request.end()
    }

    func conclude(_ request: Request, status: HTTPStatus?, contentBytes: Int, isComplete: Bool) {
        let outcome = RequestOutcome(
            status: status, contentBytes: contentBytes, isComplete: isComplete,
            nanoseconds: MonotonicClock.now &- request.startTime)
        for observer in service.observers { observer.requestFinished(request, outcome) }
    }

    func rejected(_ rejection: Rejection) {
        service.logger.debug(
            "request refused",
            metadata: ["reason": "\(rejection.reason.rawValue)", "peer": "\(rejection.remoteAddress)"])
        for observer in service.observers { observer.requestRejected(rejection) }
    }

    func handshakeFailed(_ remoteAddress: String, _ reason: String) {
        service.logger.debug("TLS handshake failed", metadata: ["peer": "\(remoteAddress)", "error": "\(reason)"])
    }

    func handlerFailed(_ request: Request, _ failure: String) {
        service.logger.error(
            "handler failed",
            metadata: [
                "method": "\(request.method.rawValue)", "route": "\(request.routeTemplate ?? "")",
                "error": "\(LogText.escaped(failure))",
            ])
    }
}
