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
    private let router: Router
    private let listen: [String]
    private let loops: Int
    private let grace: Duration
    private let logger: Logger
    private var observers: [any ServerObserver] = []

    /// - Parameters:
    ///   - listen: addresses in the form `HOST:PORT`; a name listens on every address that it has, port 0 on one that
    ///     the system chooses.
    ///   - loops: how many event loops share the work, each on its own thread; at least 1. `nil`: as many as there
    ///     are cores that the process may use.
    ///   - grace: how long draining lets requests in flight go on before it cancels them.
    public init(
        _ router: Router, listen: [String], loops: Int? = nil, grace: Duration = .seconds(8),
        logger: Logger = Logger(label: "http")
    ) {
        self.router = router
        self.listen = listen
        self.loops = max(1, loops ?? Self.usableCores)
        self.grace = grace
        self.logger = logger
    }

    /// The number of cores that the process may use, at least 1: what its affinity and its control group allow.
    public static var usableCores: Int { UsableCores.count }

    /// The same server with further observers; they are called in the order in which they were added.
    public func observed(by observers: any ServerObserver...) -> HTTPServer {
        observed(by: observers)
    }

    /// The same server with further observers, from a list.
    public func observed(by observers: [any ServerObserver]) -> HTTPServer {
        var server = self
        server.observers += observers
        return server
    }

    /// Binds every address and starts the loops.
    ///
    /// - Throws: ``RouterError`` for a mistake in the routes, ``ServerError`` for an address that can't be listened on.
    public func start() throws -> RunningServer { try start(drainingOn: []) }

    private func start(drainingOn signals: [Int32]) throws -> RunningServer {
        let table = try RoutingTable(router)
        signal(SIGPIPE, SIG_IGN)
        let service = LoopServer.Service(table: table, observers: observers, logger: logger)
        var servers: [LoopServer] = []
        var addresses: [ListenAddress] = []
        do {
            for index in 0..<loops { servers.append(try LoopServer(loop: EventLoop(index: index), service: service)) }
            for text in listen { addresses += try Self.listen(on: ListenAddress(text), with: servers) }
        } catch {
            for server in servers { server.free() }
            throw error
        }
        for observer in observers { observer.serverWillStart(routes: table.routes) }
        let running = RunningServer(servers: servers, addresses: addresses, service: service, grace: grace)
        // Before anybody can see that the server is up.
        if !signals.isEmpty { servers[0].watch(signals) { running.drain() } }
        try running.startLoops()
        let urls = addresses.map { "http://\($0)" }.joined(separator: ", ")
        logger.info("listening on \(urls)", metadata: ["loops": "\(loops)"])
        return running
    }

    /// Listens on every address that a name has and this machine can take: `localhost` is often ::1 as well, also where
    /// there is no IPv6.
    private static func listen(on address: ListenAddress, with servers: [LoopServer]) throws -> [ListenAddress] {
        var addresses: [ListenAddress] = []
        var failure: (any Error)?
        for resolved in try address.resolved() {
            do {
                addresses.append(try listen(on: resolved, with: servers))
            } catch ServerError.cannotListen(let name, let code) where code == EADDRNOTAVAIL || code == EAFNOSUPPORT {
                failure = ServerError.cannotListen(address: name, code: code)
            }
        }
        if addresses.isEmpty, let failure { throw failure }
        return addresses
    }

    private static func listen(on address: ResolvedAddress, with servers: [LoopServer]) throws -> ListenAddress {
        let chosenBySystem = address.listenAddress.port == 0
        if !chosenBySystem { try ListeningSocket.checkIsFree(address) }
        let first = try ListeningSocket(on: address, sharesPort: servers.count > 1)
        // Where the system chose the port, the others follow the first.
        let actual = first.address
        try servers[0].listen(on: first)
        for server in servers.dropFirst() {
            try server.listen(on: ListeningSocket(on: actual, sharesPort: true))
        }
        return actual.listenAddress
    }

    /// Starts the server, and drains it on SIGTERM, on SIGINT or when the task is cancelled; returns when it has
    /// ended. One server in a process can do this at a time: signals belong to the whole process.
    ///
    /// - Throws: as ``start()``.
    public func run() async throws {
        let running = try start(drainingOn: [SIGTERM, SIGINT])
        await withTaskCancellationHandler {
            await running.waitUntilEnded()
        } onCancel: {
            running.drain()
        }
    }
}
