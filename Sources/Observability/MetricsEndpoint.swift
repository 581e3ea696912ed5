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
/// - A large registry is read by a thread of its own and rendered in slices, so that the loop's other connections don't
///   have to wait for it.
/// - No more than some scrapes are answered at once, from the request until the answer has left; others get 503. So does
///   a scrape that takes longer than Prometheus is going to wait, which it says in
///   `X-Prometheus-Scrape-Timeout-Seconds`.
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

    /// Bytes that are rendered in one go: some 40 µs of work, twice that when they are compressed.
    private static let slice = 32 << 10

    /// - Parameters:
    ///   - registry: what is exposed, read anew for each request.
    ///   - maximumConcurrentScrapes: at least 1.
    ///   - formats: what may be asked for. ``ExpositionFormat/openMetrics2`` is not among them unless added here.
    ///   - createdSamples: whether OpenMetrics 1.0 says when counters began, see ``Exposition``.
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
        guard let place = ScrapePlace(state, maximumConcurrentScrapes) else {
            return .text(
                "Busy: \(maximumConcurrentScrapes) scrapes are being answered already.\n", status: .serviceUnavailable)
        }
        let deadline = request.header("X-Prometheus-Scrape-Timeout-Seconds").flatMap(Self.deadline)
        let names = request.queryValues("name[]")
        let negotiated = ContentNegotiation.negotiate(accept: request.headerValues("Accept"), offering: formats)
        let coding = ContentCoding.negotiate(acceptEncoding: request.headerValues("Accept-Encoding"))
        var exposition = Exposition(
            await snapshot(names.isEmpty ? nil : Set(names)), as: negotiated.format, escaping: negotiated.escaping,
            createdSamples: createdSamples)

        // Without memory for an encoder, the content goes as it is.
        var output = ScrapeOutput(coding == .gzip ? try? GzipEncoder() : nil, place)
        while output.append(from: &exposition, atLeast: Self.slice) {
            if let deadline, ContinuousClock.now >= deadline {
                return .text("The scrape took longer than its timeout.\n", status: .serviceUnavailable)
            }
            try await request.loop.yield()
        }
        if names.isEmpty { state.remember(size: output.size) }
        var headers = [(name: "Vary", value: "Accept, Accept-Encoding")]
        if output.isCompressed { headers.append(("Content-Encoding", ContentCoding.gzip.rawValue)) }
        return Response(contentType: negotiated.contentType, headers: headers, body: .pieces(output.finish()))
    }

    /// Reading can't pause: 100,000 series take some ms, and far longer where many are new and have to be sorted in.
    private func snapshot(_ names: Set<String>?) async -> [MetricFamily] {
        guard state.isLarge else { return registry.snapshot(names: names) }
        return await withTaskExecutorPreference(OwnThread.executor) { registry.snapshot(names: names) }
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
    private var compressed: [UInt8] = []
    private var content: ContentPieces
    /// Bytes before they were compressed.
    private(set) var size = 0
    let isCompressed: Bool

    init(_ encoder: consuming GzipEncoder?, _ place: ScrapePlace) {
        isCompressed = encoder != nil
        self.encoder = encoder
        content = ContentPieces(owner: place)
    }

    /// - Returns: whether there is more to come.
    mutating func append(from exposition: inout Exposition, atLeast slice: Int) -> Bool {
        rendered.removeAll(keepingCapacity: true)
        let hasMore = exposition.render(into: &rendered, atLeast: slice)
        size += rendered.count
        guard isCompressed else {
            content.append(rendered)
            return hasMore
        }
        encoder?.append(rendered, to: &compressed)
        if compressed.count >= slice {
            content.append(compressed)
            compressed.removeAll(keepingCapacity: true)
        }
        return hasMore
    }

    consuming func finish() -> ContentPieces {
        encoder?.finish(to: &compressed)
        content.append(compressed)
        return content
    }
}

/// One of the scrapes that may be answered at once, until its answer has left.
private final class ScrapePlace: Sendable {
    private let state: EndpointState

    /// `nil` when all places are taken.
    init?(_ state: EndpointState, _ limit: Int) {
        guard state.begin(limit) else { return nil }
        self.state = state
    }

    deinit { state.end() }
}

/// What all requests to an endpoint share.
private final class EndpointState: Sendable {
    private let requests: CounterFamily<CodeLabels>
    private let inFlight = Atomic<Int>(0)
    /// How much the last scrape rendered; before the first one nobody knows.
    private let lastSize = Atomic(Int.max)

    /// From here on reading takes some 100 µs, more than making a thread.
    private static let largeSize = 256 << 10

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
        var current = inFlight.load(ordering: .relaxed)
        while current < limit {
            let (exchanged, original) = inFlight.weakCompareExchange(
                expected: current, desired: current + 1, ordering: .relaxed)
            if exchanged { return true }
            current = original
        }
        return false
    }

    func end() { inFlight.wrappingSubtract(1, ordering: .relaxed) }

    var isLarge: Bool { lastSize.load(ordering: .relaxed) >= Self.largeSize }

    func remember(size: Int) { lastSize.store(size, ordering: .relaxed) }

    func count(_ status: HTTPStatus) { requests[CodeLabels(code: status.code)].increment() }
}
