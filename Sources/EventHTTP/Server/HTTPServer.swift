internal import CLibevent
internal import Glibc
public import Logging

/// The description of an HTTP/1.1 server: what it answers, where it listens, who watches it.
///
/// ```swift
/// var router = Router()
/// router.get("/hello/{name}") { request in .text("Hello, \(request.parameters["name"]!)!\n") }
/// try await HTTPServer(router, listen: ["127.0.0.1:5000"]).run()
/// ```
public struct HTTPServer: Sendable {
    private let loops: Int
    private let draining: Draining
    private let limits: ServerLimits
    private let deadlines: ServerDeadlines
    private let logger: Logger
    private var routers: [(router: Router, listen: [String])]
    private var observers: [any ServerObserver] = []
    private var requestGuard: (any RequestGuard)?
    private var tls: TLSConfiguration?
    private var responseHeaders: [(name: String, value: String)] = []
    private var reload: (@Sendable () -> Void)?

    /// - Parameters:
    ///   - listen: addresses in the form `HOST:PORT`, `unix:PATH` or `fd:NUMBER`, see ``ListenAddress``; a name listens
    ///     on every address that it has, port 0 on one that the system chooses.
    ///   - loops: how many event loops share the work, each on its own thread; at least 1. `nil`: as many as there
    ///     are cores that the process may use.
    ///   - draining: how the server ends.
    ///   - limits: how much it takes from its clients.
    ///   - deadlines: how long its clients may take.
    public init(
        _ router: Router, listen: [String], loops: Int? = nil, draining: Draining = Draining(),
        limits: ServerLimits = ServerLimits(), deadlines: ServerDeadlines = ServerDeadlines(),
        logger: Logger = Logger(label: "http")
    ) {
        routers = [(router, listen)]
        self.loops = max(1, loops ?? Self.usableCores)
        self.draining = draining
        self.limits = limits
        self.deadlines = deadlines
        self.logger = logger
    }

    /// How a server ends.
    public struct Draining: Sendable, Hashable {
        /// How long it goes on as before, after its observers were told: the time that a load balancer needs to see that
        /// it isn't ready any more.
        public var delay: Duration
        /// How long requests in flight may go on then, before their handlers are cancelled.
        public var grace: Duration

        /// - Parameters: see the properties.
        public init(delay: Duration = .zero, grace: Duration = .seconds(8)) {
            self.delay = delay
            self.grace = grace
        }
    }

    /// The number of cores that the process may use, at least 1: what its affinity and its control group allow.
    public static var usableCores: Int { UsableCores.count }

    /// The same server with further observers; they are called in the order in which they were added.
    public func observed(by observers: any ServerObserver...) -> HTTPServer {
        observed(by: observers)
    }

    /// The same server with further observers, from a list.
    public func observed(by observers: [any ServerObserver]) -> HTTPServer {
        with { $0.observers += observers }
    }

    /// The same server, which answers by another router at further addresses: metrics and health that aren't for
    /// everyone, say. Loops, limits and observers are shared; ``Request/routeIndex`` counts through all routers.
    public func listening(on addresses: [String], serving router: Router) -> HTTPServer {
        with { $0.routers.append((router, addresses)) }
    }

    /// The same server, speaking TLS at all its addresses.
    public func secured(by tls: TLSConfiguration) -> HTTPServer { with { $0.tls = tls } }

    /// The same server, with a guard that decides which requests may go on, at all its addresses.
    public func guarded(by requestGuard: any RequestGuard) -> HTTPServer { with { $0.requestGuard = requestGuard } }

    /// The same server, with header fields that every response gets.
    public func responding(with headers: [(name: String, value: String)]) -> HTTPServer {
        with { $0.responseHeaders += headers }
    }

    /// The same server, which does this as well when it is told by SIGHUP to read its certificates again. Runs on a loop:
    /// be quick.
    public func reloading(_ reload: @escaping @Sendable () -> Void) -> HTTPServer { with { $0.reload = reload } }

    private func with(_ change: (inout HTTPServer) -> Void) -> HTTPServer {
        var server = self
        change(&server)
        return server
    }

    /// Binds every address and starts the loops.
    ///
    /// - Throws: ``RouterError`` for a mistake in the routes, ``ServerError`` for an address that can't be listened on or
    ///   a header field that can't be sent, ``TLSError`` for what is wrong with a certificate.
    public func start() throws -> RunningServer { try start(heeding: []) }

    private func start(heeding signals: [Int32]) throws -> RunningServer {
        let tls = try tls.map { try TLSContext($0) }
        let endpoints = try routers.indices.map { index in
            Endpoint(table: try RoutingTable(routers.map(\.router), serving: index), tls: tls)
        }
        signal(SIGPIPE, SIG_IGN)
        let service = Service(
            observers: observers, requestGuard: requestGuard, limits: limits, timeouts: Timeouts(deadlines),
            responseHeaders: try encodedHeaders(), logger: logger)
        var servers: [LoopServer] = []
        var bindings = Bindings()
        do {
            for index in 0..<loops {
                servers.append(
                    try LoopServer(loop: EventLoop(index: index), service: service, endpoints: endpoints))
            }
            for (index, entry) in routers.enumerated() {
                let acceptors = servers.map { $0.acceptors[index] }
                for text in entry.listen { try bindings.bind(ListenAddress(text), to: acceptors) }
            }
        } catch {
            for server in servers { server.free() }
            bindings.removeFiles()
            throw error
        }
        let table = endpoints[0].table
        for observer in observers { observer.serverWillStart(routes: table.routes, loops: servers.map(\.loop)) }
        let running = RunningServer(
            servers: servers, bindings: bindings, tls: tls, service: service, draining: draining)
        // Before anybody can see that the server is up.
        if !signals.isEmpty { servers[0].watch(signals) { running.heed($0, reload) } }
        try running.startLoops()
        let scheme = tls == nil ? "http" : "https"
        let names = bindings.addresses.map { address in
            if case .tcp = address { "\(scheme)://\(address)" } else { "\(address)" }
        }
        logger.info("listening on \(names.joined(separator: ", "))", metadata: ["loops": "\(loops)"])
        if let tls { service.logWarnings(of: tls) }
        return running
    }

    private func encodedHeaders() throws(ServerError) -> [UInt8] {
        if let field = Response(headers: responseHeaders).unsendableField { throw .unsendableHeader(field) }
        return responseHeaders.flatMap { Array("\($0.name): \($0.value)\r\n".utf8) }
    }

    /// Starts the server, and drains it on SIGTERM, on SIGINT or when the task is cancelled; returns when it has ended. A
    /// second of these signals ends it at once. SIGHUP makes it read its certificates again. One server in a process can
    /// do this at a time: signals belong to the whole process.
    ///
    /// - Throws: as ``start()``.
    public func run() async throws {
        let running = try start(heeding: [SIGTERM, SIGINT, SIGHUP])
        await withTaskCancellationHandler {
            await running.waitUntilEnded()
        } onCancel: {
            running.drain()
        }
    }
}
