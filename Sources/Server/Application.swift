internal import EventHTTP
internal import Logging
internal import PrometheusMetrics

/// The application at a glance: its routes, and what counts them.
struct Application {
    let router: Router
    let metrics: ApplicationMetrics

    /// How long `/slow` simulates work: longer than any objective allows, shorter than clients wait.
    private static let slowWork = SimulatedWork(.seconds(1) ... .milliseconds(1500))

    /// - Parameter work: how long `/` simulates work, drawn uniformly.
    init(registry: MetricsRegistry, logger: Logger, work: ClosedRange<Duration>) throws {
        var router = Router()
        let work = SimulatedWork(work)
        router.get("/") { request in
            let microseconds = work.draw()
            try await request.loop.sleep(for: .microseconds(microseconds))
            return .hello(after: microseconds)
        }
        router.get("/error", expecting: [.internalServerError]) { request in
            logger.error("simulated failure", metadata: ["route": "/error"])
            return .text("Error", status: .internalServerError)
        }
        router.get("/slow") { request in
            try await request.loop.sleep(for: .microseconds(Self.slowWork.draw()))
            return .text("Slow")
        }
        self.router = router
        metrics = try ApplicationMetrics(registry, routes: router.routes)
        try BuildInfo.register(with: registry)
    }
}

extension Response {
    /// Says how long the work took, so that clients can tell what was added to it: Server-Timing, in milliseconds
    /// (W3C, https://www.w3.org/TR/server-timing/).
    fileprivate static func hello(after microseconds: Int64) -> Response {
        var response = Response.text("Hello Monitoring!")
        if microseconds > 0 {
            response.headers = [("Server-Timing", "work;dur=" + (Double(microseconds) / 1000).description)]
        }
        return response
    }
}
