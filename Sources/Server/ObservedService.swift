internal import EventHTTP
internal import Observability
internal import PrometheusMetrics

/// A service's own routes with those by which it is watched (metrics, liveness, readiness), and what watches it.
struct ObservedService {
    let router: Router
    /// Metrics and health, for addresses of their own.
    let metricsRouter: Router
    let observers: [any ServerObserver]

    static let metricsPath = "/metrics"

    /// - Parameters:
    ///   - router: the service's own routes.
    ///   - observers: what else watches the service.
    ///   - registry: where the metrics of its requests, its loops and its process go.
    ///   - maximumScrapes: how many requests to `/metrics` are answered at once.
    ///   - separatesMetrics: whether metrics are served by `metricsRouter` only.
    init(
        _ router: Router, observers: [any ServerObserver], registry: MetricsRegistry, maximumScrapes: Int,
        separatesMetrics: Bool
    ) throws {
        let readiness = Readiness()
        let metrics = try MetricsEndpoint(registry, maximumConcurrentScrapes: maximumScrapes)
        func addHealth(to router: inout Router) {
            router.get("/healthz", Liveness())
            router.get("/readyz", expecting: [.ok, .serviceUnavailable], readiness)
        }
        func addMetrics(to router: inout Router) {
            router.get(Self.metricsPath, expecting: [.ok, .serviceUnavailable], metrics)
        }
        var router = router
        var metricsRouter = Router()
        addMetrics(to: &metricsRouter)
        addHealth(to: &metricsRouter)
        if !separatesMetrics { addMetrics(to: &router) }
        addHealth(to: &router)
        self.router = router
        self.metricsRouter = metricsRouter
        self.observers = [readiness, try RequestMetrics(registry), try LoopMetrics(registry)] + observers
        try registry.register(ProcessCollector())
    }
}
