import Hummingbird
import Metrics
import NIOPosix
import PrometheusMetrics
import PrometheusSwiftMetrics

/// Hummingbird with its metrics: `HummingbirdPeer PORT LOOPS`.
@main
struct HummingbirdPeer {
    static func main() async throws {
        let (port, loops) = (Int(CommandLine.arguments[1])!, Int(CommandLine.arguments[2])!)
        MetricsSystem.bootstrap(PrometheusMetricsFactory(MetricsRegistry()))
        let router = Router()
        router.add(middleware: MetricsMiddleware())
        router.get("/") { _, _ in "Hello Monitoring!" }
        try await Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: loops))
        ).runService()
    }
}
