import Hummingbird
import Metrics
import NIOPosix
import PrometheusMetrics
import PrometheusSwiftMetrics

/// Hummingbird on one loop, with its metrics: `HummingbirdPeer PORT`.
@main
struct HummingbirdPeer {
    static func main() async throws {
        let port = Int(CommandLine.arguments[1])!
        MetricsSystem.bootstrap(PrometheusMetricsFactory(MetricsRegistry()))
        let router = Router()
        router.add(middleware: MetricsMiddleware())
        router.get("/") { _, _ in "Hello Monitoring!" }
        try await Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1))
        ).runService()
    }
}
