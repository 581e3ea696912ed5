public import EventHTTP
public import PrometheusMetrics
internal import Synchronization

/// Answers with what a registry holds, in the format that the client asks for.
///
/// ```swift
/// router.get("/metrics", try MetricsEndpoint(registry))
/// ```
///
/// - Formats are negotiated (``ContentNegotiation``), and so is gzip.
/// - `?name[]=…`, repeatable, restricts the answer to these metrics.
/// - A large registry is rendered in slices, so that the loop's other connections don't have to wait for it.
/// - No more than some scrapes are answered at once; others get 503. So does a scrape that takes longer than Prometheus
///   is going to wait, which it says in `X-Prometheus-Scrape-Timeout-Seconds`.
///
/// Its own metrics have the names that Go's handler gives them: `promhttp_metric_handler_requests_total` by `code`, and
/// `promhttp_metric_handler_requests_in_flight`. A request is counted once it is answered.
public struct MetricsEndpoint: RequestHandler {
    /// How many scrapes are answered at once, unless said otherwise.
    public static let defaultConcurrentScrapes = 8

    private let registry: MetricsRegistry
    private let maximumConcurrentScrapes: Int
    private let formats: Set<ExpositionFormat>
    private let createdSamples: Bool
    private let state: EndpointState

    /// Bytes that are rendered in one go: some 10 µs of work, ten times that when they are compressed.
    private static let slice = 32 << 10

    /// - Parameters:
    ///   - registry: what is exposed, read anew for each request.
    ///   - maximumConcurrentScrapes: at least 1.
    ///   - formats: what may be asked for. ``ExpositionFormat/openMetrics2`` is not among them unless added here.
    ///   - createdSamples: whether OpenMetrics says when counters began, see ``Exposition``.
    ///   - metrics: where the endpoint's own metrics go; the same registry if `nil`.
    /// - Throws: when metrics of those names are there already, as those of another endpoint.
    public init(
        _ registry: MetricsRegistry, maximumConcurrentScrapes: Int = MetricsEndpoint.defaultConcurrentScrapes,
        formats: Set<ExpositionFormat> = ExpositionFormat.stable, createdSamples: Bool = false,
        metrics: MetricsRegistry? = nil
    ) throws(RegistrationError) {
        self.registry = registry
        self.maximumConcurrentScrapes = max(1, maximumConcurrentScrapes)
        self.formats = formats
        self.createdSamples = createdSamples
        state = try EndpointState(metrics ?? registry)
    }

    public var handler: Handler {
        .asynchronous { request in
            let response = try await answer(request)
            state.count(response.status)
            return response
        }
    }

    private func answer(_ request: Request) async throws -> Response {
        guard state.begin(maximumConcurrentScrapes) else {
            return .text(
                "Busy: \(maximumConcurrentScrapes) scrapes are being answered already.\n", status: .serviceUnavailable)
        }
        defer { state.end() }
        let deadline = request.header("X-Prometheus-Scrape-Timeout-Seconds").flatMap(Self.deadline)
        let names = request.queryValues("name[]")
        let negotiated = ContentNegotiation.negotiate(accept: request.headerValues("Accept"), offering: formats)
        let coding = ContentCoding.negotiate(acceptEncoding: request.headerValues("Accept-Encoding"))
        var exposition = Exposition(
            registry.snapshot(names: names.isEmpty ? nil : Set(names)), as: negotiated.format,
            escaping: negotiated.escaping, createdSamples: createdSamples)

        var output = ScrapeOutput(try coding == .gzip ? GzipEncoder() : nil, expecting: state.size(coding))
        while output.append(from: &exposition, atLeast: Self.slice) {
            if let deadline, ContinuousClock.now >= deadline {
                return .text("The scrape took longer than its timeout.\n", status: .serviceUnavailable)
            }
            try await request.loop.yield()
        }
        let body = output.finish()
        if names.isEmpty { state.remember(size: body.count, coding) }
        var headers = [(name: "Vary", value: "Accept, Accept-Encoding")]
        if coding == .gzip { headers.append(("Content-Encoding", coding.rawValue)) }
        return Response(contentType: negotiated.contentType, headers: headers, body: .bytes(body))
    }

    private static func deadline(_ seconds: String) -> ContinuousClock.Instant? {
        guard let seconds = Double(seconds), seconds > 0, seconds < 1e6 else { return nil }
        return .now + .seconds(seconds)
    }
}

/// The body of a scrape as it grows, compressed or not.
private struct ScrapeOutput: ~Copyable {
    private var encoder: GzipEncoder?
    private var rendered: [UInt8] = []
    private var body: [UInt8] = []

    init(_ encoder: consuming GzipEncoder?, expecting size: Int) {
        self.encoder = encoder
        body.reserveCapacity(size)
    }

    /// - Returns: whether there is more to come.
    mutating func append(from exposition: inout Exposition, atLeast size: Int) -> Bool {
        guard encoder != nil else { return exposition.render(into: &body, atLeast: size) }
        rendered.removeAll(keepingCapacity: true)
        let hasMore = exposition.render(into: &rendered, atLeast: size)
        encoder?.append(rendered, to: &body)
        return hasMore
    }

    consuming func finish() -> [UInt8] {
        encoder?.finish(to: &body)
        return body
    }
}

/// What all requests to an endpoint share.
private final class EndpointState: Sendable {
    private let requests: CounterFamily<CodeLabels>
    private let inFlight = Atomic<Int>(0)
    private let lastSize = Atomic<Int>(0)
    private let lastCompressedSize = Atomic<Int>(0)

    private struct CodeLabels: MetricLabels { var code: Int }

    init(_ metrics: MetricsRegistry) throws(RegistrationError) {
        requests = try metrics.counter(
            "promhttp_metric_handler_requests_total", help: "Total number of scrapes by HTTP status code.",
            labels: CodeLabels.self)
        for status in [HTTPStatus.ok, .internalServerError, .serviceUnavailable] {
            _ = requests[CodeLabels(code: status.code)]
        }
        try metrics.gauge(
            "promhttp_metric_handler_requests_in_flight", help: "Current number of scrapes being served."
        ) { Double(self.inFlight.load(ordering: .relaxed)) }
    }

    /// - Returns: whether there is a place.
    func begin(_ limit: Int) -> Bool {
        if inFlight.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return true }
        end()
        return false
    }

    func end() { inFlight.wrappingSubtract(1, ordering: .relaxed) }

    func count(_ status: HTTPStatus) { requests[CodeLabels(code: status.code)].increment() }

    /// How much a body took the last time.
    func size(_ coding: ContentCoding) -> Int {
        coding == .gzip ? lastCompressedSize.load(ordering: .relaxed) : lastSize.load(ordering: .relaxed)
    }

    func remember(size: Int, _ coding: ContentCoding) {
        if coding == .gzip {
            lastCompressedSize.store(size, ordering: .relaxed)
        } else {
            lastSize.store(size, ordering: .relaxed)
        }
    }
}
