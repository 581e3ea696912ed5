internal import EventHTTP
internal import Logging
internal import Observability
internal import PrometheusMetrics

/// The program at a glance: its routes, and what watches them.
struct Application {
    let router: Router
    /// Metrics and health, for addresses of their own.
    let metricsRouter: Router
    let observers: [any ServerObserver]

    static let metricsPath = "/metrics"

    /// - Parameters:
    ///   - work: how long `/` simulates work, drawn uniformly.
    ///   - maximumScrapes: how many requests to `/metrics` are answered at once.
    ///   - separatesMetrics: whether metrics are served by `metricsRouter` only.
    init(
        registry: MetricsRegistry, logger: Logger, work: ClosedRange<Duration>, maximumScrapes: Int,
        separatesMetrics: Bool
    ) throws {
        let readiness = Readiness()
        var router = Router()
        router.get("/") { request in
            try await request.loop.sleep(for: .random(in: work))
            return .text("Hello Monitoring!")
        }
        router.get("/error", expecting: [.internalServerError]) { request in
            logger.error("simulated failure", metadata: ["route": "/error"])
            return .text("Error", status: .internalServerError)
        }
        let applicationRoutes = router.routes
        let metricsPath = Self.metricsPath
        let metrics = try MetricsEndpoint(registry, maximumConcurrentScrapes: maximumScrapes)
        func addHealth(to router: inout Router) {
            router.get("/healthz", Liveness())
            router.get("/readyz", expecting: [.ok, .serviceUnavailable], readiness)
        }
        func addMetrics(to router: inout Router) {
            router.get(metricsPath, expecting: [.ok, .serviceUnavailable], metrics)
        }
        var metricsRouter = Router()
        addMetrics(to: &metricsRouter)
        addHealth(to: &metricsRouter)
        if !separatesMetrics { addMetrics(to: &router) }
        addHealth(to: &router)
        self.router = router
        self.metricsRouter = metricsRouter
        observers = [
            readiness, try RequestMetrics(registry), try LoopMetrics(registry),
            try ApplicationMetrics(registry, routes: applicationRoutes),
        ]
        try registry.register(ProcessCollector())
        try BuildInfo.register(with: registry)
    }
}

extension Duration {
    static func random(in range: ClosedRange<Duration>) -> Duration {
        if range.lowerBound == range.upperBound { return range.lowerBound }
        return range.lowerBound + (range.upperBound - range.lowerBound) * Double.random(in: 0...1)
    }
}
