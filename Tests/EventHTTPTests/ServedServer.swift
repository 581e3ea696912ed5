import EventHTTP
import Logging
import Synchronization
import TestSupport

/// A server on a port that the system chose, with what it logs and what its observer saw.
final class ServedServer: Sendable {
    let running: RunningServer
    let log: RecordedLog
    let events: Events
    var port: UInt16 { running.addresses[0].port }

    init(
        loops: Int = 1, grace: Duration = .seconds(8), limits: ServerLimits = ServerLimits(),
        deadlines: ServerDeadlines = ServerDeadlines(), guard requestGuard: (any RequestGuard)? = nil,
        _ register: (inout Router) -> Void
    ) throws {
        var router = Router()
        register(&router)
        let log = RecordedLog()
        self.log = log
        events = Events()
        let server = HTTPServer(
            router, listen: ["127.0.0.1:0"], loops: loops, draining: .init(grace: grace), limits: limits,
            deadlines: deadlines, logger: Logger(label: "test") { _ in log }
        )
        .observed(by: events)
        running = try (requestGuard.map { server.guarded(by: $0) } ?? server).start()
    }

    func connect(timeout: Int = 10, receiveBuffer: Int32? = nil) throws -> RawConnection {
        try RawConnection(port: port, timeout: timeout, receiveBuffer: receiveBuffer)
    }

    /// Open connections.
    var open: Int { events.loops.reduce(0) { $0 + $1.statistics.connections } }
    /// Bytes of replies that wait to be sent.
    var unsent: Int { events.loops.reduce(0) { $0 + $1.statistics.unsentBytes } }
    /// Connections that ended for this reason.
    func closed(_ end: ConnectionEnd) -> Int { events.loops.reduce(0) { $0 + $1.statistics.closed(end) } }

    func stop() async {
        running.drain()
        await running.waitUntilEnded()
    }
}

final class Events: ServerObserver {
    private let state = Mutex(State())

    struct State {
        var routes: [Route] = []
        var loops: [EventLoop] = []
        var started = 0
        var finished: [Int?] = []
        var contentBytes: [Int] = []
        var incomplete = 0
        var drains = 0
        var rejections: [RejectionReason] = []
    }

    var current: State { state.withLock { $0 } }
    var loops: [EventLoop] { state.withLock { $0.loops } }
    var inFlight: Int { state.withLock { $0.started - $0.finished.count } }

    func serverWillStart(routes: [Route], loops: [EventLoop]) {
        state.withLock {
            $0.routes = routes
            $0.loops = loops
        }
    }
    func serverWillDrain() { state.withLock { $0.drains += 1 } }
    func requestRejected(_ rejection: Rejection) { state.withLock { $0.rejections.append(rejection.reason) } }
    func requestStarted(_ request: Request) { state.withLock { $0.started += 1 } }
    func requestFinished(_ request: Request, _ outcome: RequestOutcome) {
        state.withLock {
            $0.finished.append(outcome.status?.code)
            $0.contentBytes.append(outcome.contentBytes)
            if !outcome.isComplete { $0.incomplete += 1 }
        }
    }
}

final class RecordedLog: LogHandler {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
}
