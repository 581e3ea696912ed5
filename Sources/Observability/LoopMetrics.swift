public import EventHTTP
public import PrometheusMetrics

/// What a server's loops do and hold, and what its gate refuses.
///
/// - `http_server_rejected_requests_total` by `reason` (``EventHTTP/RejectionReason``)
/// - `event_loop_lag_seconds`: how late timers fire
/// - `event_loop_connections`, `event_loop_connections_accepted_total`, `event_loop_connections_closed_total` by `reason`
///   (``EventHTTP/ConnectionEnd``), `event_loop_accept_failures_total`, `event_loop_received_bytes_total`,
///   `event_loop_sent_bytes_total`, `event_loop_unsent_bytes`, `event_loop_timers`, all by `loop`
///
/// Costs requests nothing: the loops count anyway, and a scrape reads.
public final class LoopMetrics: ServerObserver {
    private let rejected: [RejectionReason: Counter]
    private let lag: Histogram
    private let loops: LoopCollector

    private static let lagBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
    ]

    /// - Throws: when a metric of one of these names is registered already.
    public init(_ registry: MetricsRegistry) throws(RegistrationError) {
        let family = try registry.counter(
            "http_server_rejected_requests_total", help: "Requests refused before any handler could see them.",
            labels: ReasonLabels.self)
        var rejected: [RejectionReason: Counter] = [:]
        for reason in RejectionReason.allCases { rejected[reason] = family[ReasonLabels(reason: reason.rawValue)] }
        self.rejected = rejected
        lag = try registry.histogram(
            "event_loop_lag_seconds", help: "How late the timers of event loops fire, asked ten times a second.",
            unit: "seconds", buckets: Buckets(Self.lagBounds), native: .standard)
        loops = LoopCollector()
        try registry.register(loops)
    }

    public func serverWillStart(routes: [Route], loops: [EventLoop]) { self.loops.watch(loops) }
    public func requestRejected(_ rejection: Rejection) { rejected[rejection.reason]?.increment() }
    public func loopLagged(_ loop: EventLoop, seconds: Double) { lag.observe(seconds) }

    private struct ReasonLabels: MetricLabels { let reason: String }
}

/// Reads the statistics of loops at each scrape.
private final class LoopCollector: Collector {
    private let loops = LazyReference<Loops>()

    private final class Loops: Sendable {
        let all: [EventLoop]
        init(_ all: [EventLoop]) { self.all = all }
    }

    private struct Reading: Sendable {
        let name: String
        let help: String
        let read: @Sendable (LoopStatistics) -> Int
    }

    private static let gauges = [
        Reading(name: "event_loop_connections", help: "Open connections.") { $0.connections },
        Reading(name: "event_loop_unsent_bytes", help: "Bytes of replies that clients have not taken yet.") {
            $0.unsentBytes
        },
        Reading(name: "event_loop_timers", help: "Timers that are set: sleeping handlers, deadlines of connections.") {
            $0.timers
        },
    ]

    private static let counters = [
        Reading(name: "event_loop_connections_accepted_total", help: "Connections accepted.") { $0.accepted },
        Reading(name: "event_loop_accept_failures_total", help: "Connections that could not be accepted.") {
            $0.acceptFailures
        },
        Reading(name: "event_loop_received_bytes_total", help: "Bytes read from clients, as HTTP.") {
            $0.receivedBytes
        },
        Reading(name: "event_loop_sent_bytes_total", help: "Bytes handed over to be sent, as HTTP.") { $0.sentBytes },
    ]

    private static let closedName = "event_loop_connections_closed_total"

    var metrics: [(name: String, type: MetricType)] {
        Self.gauges.map { ($0.name, .gauge) } + Self.counters.map { ($0.name, .counter) }
            + [(Self.closedName, .counter)]
    }

    func watch(_ loops: [EventLoop]) { _ = self.loops.storeIfNil(Loops(loops)) }

    func collect() -> [MetricFamily] {
        guard let loops = loops.load()?.all else { return [] }
        func series(_ read: (LoopStatistics) -> Int) -> [(labels: LabelSet, value: Double)] {
            // Sound: the name is valid.
            loops.map { (try! LabelSet(["loop": "\($0.index)"]), Double(read($0.statistics))) }
        }
        let closed = ConnectionEnd.allCases.flatMap { end in
            loops.map { loop in
                // Sound: the names are valid.
                let labels = try! LabelSet(["loop": "\(loop.index)", "reason": end.rawValue])
                return (labels: labels, value: Double(loop.statistics.closed(end)))
            }
        }
        return Self.gauges.map { .gauge($0.name, help: $0.help, series($0.read)) }
            + Self.counters.map { .counter($0.name, help: $0.help, series($0.read)) }
            + [.counter(Self.closedName, help: "Connections closed, by what ended them.", closed)]
    }
}
