import EventHTTP
import Glibc
import Observability
import PrometheusMetrics

/// EventHTTP: `HTTPPeer PORT LOOPS sync|async [bare]`. Instrumented, unless it says bare.
@main
struct HTTPPeer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 3, let loops = Int(arguments[2]), ["sync", "async"].contains(arguments[3]) else {
            print("usage: HTTPPeer PORT LOOPS sync|async [bare]")
            exit(64)
        }
        let registry = MetricsRegistry()
        var router = Router()
        if arguments[3] == "sync" {
            router.get("/") { _ in .text("Hello Monitoring!") }
        } else {
            router.get("/") { _ async in .text("Hello Monitoring!") }
        }
        router.get("/metrics", try MetricsEndpoint(registry))
        let observers: [any ServerObserver] = arguments.last == "bare" ? [] : [try RequestMetrics(registry)]
        try await HTTPServer(router, listen: ["127.0.0.1:\(arguments[1])"], loops: loops)
            .observed(by: observers)
            .run()
    }
}
