import Hummingbird
import Metrics
import PrometheusMetrics
import PrometheusSwiftMetrics

/// A Hummingbird server whose own metrics, reported through swift-metrics, stand in `/metrics` beside the program's.
@main struct HummingbirdMetrics {
    static func main() async throws {
        let registry = MetricsRegistry()
        try registry.register(ProcessCollector())
        let greetings = try registry.counter("greetings_total", help: "Greetings given.")
        MetricsSystem.bootstrap(PrometheusMetricsFactory(registry))

        let router = Router()
        router.add(middleware: MetricsMiddleware())
        router.get("hello/:name") { _, context in
            greetings.increment()
            return "Hello, \(try context.parameters.require("name"))!\n"
        }
        router.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: ExpositionFormat.text.contentType()],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: Exposition.bytes(registry.snapshot()))))
        }
        try await Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: 8080)))
            .runService()
    }
}
