internal import EventHTTP
internal import Logging
internal import Observability
internal import PrometheusMetrics

/// The program at a glance: its routes, and what watches them.
struct Application {
    let router: Router
    let observers: [any ServerObserver]
    let logger = Logger(label: "server")

    /// - Parameters:
    ///   - work: how long `/` simulates work, drawn uniformly.
    ///   - maximumScrapes: how many requests to `/metrics` are answered at once.
    init(registry: MetricsRegistry, work: ClosedRange<Duration>, maximumScrapes: Int) throws {
        let readiness = Readiness()
        let logger = logger
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
        router.get(
            "/metrics", expecting: [.ok, .serviceUnavailable],
            try MetricsEndpoint(registry, maximumConcurrentScrapes: maximumScrapes))
        router.get("/healthz", Liveness())
        router.get("/readyz", expecting: [.ok, .serviceUnavailable], readiness)
        self.router = router
        observers = [
            readiness, try RequestMetrics(registry),
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
