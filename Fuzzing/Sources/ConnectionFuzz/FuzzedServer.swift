import EventHTTP
import FuzzSupport
import Glibc
import Logging
import Synchronization

/// A server on one loop, in this process.
final class FuzzedServer {
    let model: Model
    /// Its deadlines are so short that any reply may be missing.
    let isHasty: Bool
    private let address: ServerAddress
    private let watcher = Watcher()
    private let running: RunningServer
    private var connected = 0
    private var prober: Client?

    /// Counts requests, and keeps the loop.
    private final class Watcher: ServerObserver {
        let inFlight = Atomic(0)
        let loop = Mutex<EventLoop?>(nil)

        func serverWillStart(routes: [Route], loops: [EventLoop]) { loop.withLock { $0 = loops[0] } }
        func requestStarted(_ request: Request) { inFlight.wrappingAdd(1, ordering: .relaxed) }
        func requestFinished(_ request: Request, _ outcome: RequestOutcome) {
            inFlight.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    /// - Parameter socket: the path of a UNIX socket; `nil` for TCP.
    init(
        socket: String?, isGuarded: Bool = false, limits: ServerLimits = ServerLimits(),
        deadlines: ServerDeadlines? = nil
    ) throws {
        var router = Router()
        for page in Page.all { router.on(page.method, page.template, page.handler) }
        var server = HTTPServer(
            router, listen: [socket.map { "unix:\($0)" } ?? "127.0.0.1:0"], loops: 1, limits: limits,
            deadlines: deadlines ?? ServerDeadlines(), logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        )
        .observed(by: watcher)
        if isGuarded { server = server.guarded(by: GuardPost()) }
        running = try server.start()
        address = socket.map { .unix(path: $0) } ?? .tcp(port: running.addresses[0].port)
        model = Model(limits: limits, isGuarded: isGuarded)
        isHasty = deadlines != nil
    }

    var hasRequestsInFlight: Bool { watcher.inFlight.load(ordering: .relaxed) > 0 }

    func connect() -> Client {
        connected += 1
        return Client(address)
    }

    /// Has a good request answered, on a connection that stays.
    func probe() {
        let request = Array("GET /sync HTTP/1.1\r\nHost: probe\r\n\r\n".utf8)
        // An old connection may have come to its end; with short deadlines, so may a new one.
        for _ in 0..<(isHasty ? 1000 : 2) {
            let client = prober ?? connect()
            prober = nil
            client.forget()
            client.send(request)
            var reply = ReceivedReply()
            client.receive("the answer to a probe") {
                var reader = ReplyReader(client.received, from: 0, hasEnded: client.serverHasEnded)
                reply = reader.read(toHead: false)
                return reply.end != nil
            }
            guard reply.end != nil, reply.status != 408 else { continue }
            checkEqual(reply.status, 200, "a probe's status")
            check(reply.content.starts(with: "GET /sync /sync\n".utf8), "a probe's answer: \(visible(reply.content))")
            if !isHasty, !reply.lines.contains("Connection: close") { prober = client }
            return
        }
        finding("a good request isn't answered")
    }

    /// Waits until nothing is left of any client but the one that probes.
    func waitForRest() {
        let end = now() + 60
        var rounds = 0
        while let unrest {
            rounds += 1
            if rounds < 1000 { sched_yield() } else { usleep(1000) }
            if now() > end { finding("the server doesn't come to rest: \(unrest)") }
        }
    }

    private var unrest: String? {
        let statistics = watcher.loop.withLock { $0! }.statistics
        let (inFlight, connections) = (watcher.inFlight.load(ordering: .relaxed), statistics.connections)
        let probers = prober == nil ? 0 : 1
        let isAtRest =
            inFlight == 0 && connections == probers && statistics.accepted == connected
            // A connection's deadline, and the loop's own measuring.
            && statistics.timers <= probers + 1 && statistics.unsentBytes == 0 && Page.barrier.isDeserted
        return isAtRest
            ? nil
            : "\(inFlight) requests, \(connections - probers) connections, \(statistics.timers) timers, "
                + "\(connected - statistics.accepted) connections to be accepted, "
                + "\(statistics.unsentBytes) unsent bytes"
    }
}
