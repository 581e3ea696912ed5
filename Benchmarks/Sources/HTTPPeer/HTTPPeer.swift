import EventHTTP
import Observability
import PrometheusMetrics

/// EventHTTP on one loop: `HTTPPeer sync|async PORT [bare]`. Instrumented, unless it says bare.
@main
struct HTTPPeer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        let registry = MetricsRegistry()
        var router = Router()
        if arguments[1] == "sync" {
            router.get("/") { _ in .text("Hello Monitoring!") }
        } else {
            router.get("/") { _ async in .text("Hello Monitoring!") }
        }
        router.get("/metrics", try MetricsEndpoint(registry))
        let observers: [any ServerObserver] = arguments.last == "bare" ? [] : [try RequestMetrics(registry)]
        try await HTTPServer(router, listen: ["127.0.0.1:\(arguments[2])"], loops: 1)
            .observed(by: observers)
            .run()
    }
}
