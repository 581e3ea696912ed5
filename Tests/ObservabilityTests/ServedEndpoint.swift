import EventHTTP
import Foundation
import Logging
import Observability
import PrometheusMetrics
import PrometheusMetricsTesting
import Synchronization
import TestSupport

/// A server of `/metrics` and `/` on one loop. The endpoint's own metrics are in a registry of their own unless said
/// otherwise, so that what is scraped stays the same.
final class ServedEndpoint: Sendable {
    private let running: RunningServer
    private let own: MetricsRegistry

    init(
        _ registry: MetricsRegistry, maximumConcurrentScrapes: Int = MetricsEndpoint.defaultConcurrentScrapes,
        formats: Set<ExpositionFormat> = ExpositionFormat.stable, createdSamples: Bool = false,
        metrics: MetricsRegistry = MetricsRegistry(), observer: (any ServerObserver)? = nil,
        _ register: (inout Router) -> Void = { _ in }
    ) throws {
        own = metrics
        var router = Router()
        router.get(
            "/metrics",
            try MetricsEndpoint(
                registry, maximumConcurrentScrapes: maximumConcurrentScrapes, formats: formats,
                createdSamples: createdSamples, metrics: own))
        router.get("/") { _ in .text("hello") }
        register(&router)
        // Clients that don't read are told to wait by these tests, however long a busy machine takes.
        var deadlines = ServerDeadlines()
        deadlines.write = .seconds(3600)
        running = try HTTPServer(
            router, listen: ["127.0.0.1:0"], loops: 1, deadlines: deadlines,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        .observed(by: observer.map { [$0] } ?? [])
        .start()
    }

    func connect(receiveBuffer: Int32? = nil) throws -> RawConnection {
        try RawConnection(port: running.addresses[0].port, receiveBuffer: receiveBuffer)
    }

    /// One scrape on a connection of its own.
    func scrape(_ query: String = "", method: String = "GET", headers: String = "") throws -> RawConnection.Response {
        try connect().request("/metrics" + query, method: method, headers: headers)
    }

    func answered(_ code: Int) -> Double? {
        own.value(of: "promhttp_metric_handler_requests_total", ["code": "\(code)"])
    }

    var inFlight: Double? { own.value(of: "promhttp_metric_handler_requests_in_flight") }

    func stop() async {
        running.drain()
        await running.waitUntilEnded()
    }
}

extension RawConnection {
    /// Sends a request for `/metrics` whose answer nobody reads yet.
    func sendScrape(headers: String = "") throws {
        try send("GET /metrics HTTP/1.1\r\nHost: test\r\n\(headers)\r\n")
    }
}

/// A family whose series take much room each, and so little time to make and to render.
struct LargeCollector: Collector {
    /// Many slices of an answer, and what is read by a thread of its own.
    static let large = LargeCollector(bytes: 1 << 20)
    /// More than the buffers of a socket and its peer hold together.
    static let huge = LargeCollector(bytes: 8 << 20)

    /// An answer has at least as many.
    let bytes: Int
    private let family: MetricFamily

    private init(bytes: Int) {
        let padding = String(repeating: "x", count: 4096)
        self.bytes = bytes
        family = .gauge(
            "large", help: "Large.",
            (0..<(bytes / padding.utf8.count)).map { index in
                // Sound: the names are valid.
                (try! LabelSet(["index": "\(index)", "padding": padding]), Double(index))
            })
    }

    var metrics: [(name: String, type: MetricType)] { [("large", .gauge)] }
    func collect() -> [MetricFamily] { [family] }
}

/// Stops whoever passes until it is opened.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let waiting = Atomic(0)

    var isReached: Bool { waiting.load(ordering: .relaxed) > 0 }

    func pass() {
        waiting.add(1, ordering: .relaxed)
        semaphore.wait()
        semaphore.signal()
    }

    func open() { semaphore.signal() }
}
