internal import EventHTTP
internal import PrometheusMetrics

/// The metrics of the application's own routes, whatever their status; other routes (metrics, health) are left out.
final class ApplicationMetrics: ServerObserver {
    private let requests: Counter
    private let errors: Counter
    private let latency: Histogram
    /// Application routes have the first indices.
    private let routeCount: Int

    /// Fine where the simulated work lies; 0.3 and 1.2 are what Apdex with a target of 0.3 s needs.
    private static let bounds: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.75, 1, 1.2, 2.5, 5, 10,
    ]

    init(_ registry: MetricsRegistry, routes: [Route]) throws {
        // A scrape reads in the order of registration, a request counts the other way round: so no scrape shows more
        // errors than requests.
        errors = try registry.counter(
            "app_error_count_total", help: "Requests to the application's routes that were answered with a 5xx status.")
        requests = try registry.counter("app_request_count_total", help: "Requests to the application's routes.")
        latency = try registry.histogram(
            "app_request_latency_seconds", help: "Time from a request to its reply, on the application's routes.",
            unit: "seconds", buckets: Buckets(Self.bounds), native: .standard)
        routeCount = routes.count
    }

    func requestFinished(_ request: Request, _ outcome: RequestOutcome) {
        guard request.routeIndex < routeCount else { return }
        requests.increment()
        guard let status = outcome.status else { return }
        if status.code >= 500 { errors.increment() }
        latency.observe(outcome.seconds)
    }
}
