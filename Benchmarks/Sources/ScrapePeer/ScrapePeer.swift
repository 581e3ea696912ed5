import EventHTTP
import Observability
import PrometheusMetrics

/// A server with 100,000 series to scrape, as a text exposition counts them: 60,000 of counters and gauges, the others of
/// histograms with 10 bounds, which have native buckets too. `ScrapePeer [PORT LOOPS]`, 5080 and 1 if not said.
@main
struct ScrapePeer {
    static func main() async throws {
        let registry = MetricsRegistry()
        let requests = try registry.counter(
            "http_requests_total", help: "Requests.", labels: Labels.self, limit: 100_000)
        let sizes = try registry.gauge("queue_bytes", help: "Bytes in queues.", labels: Labels.self, limit: 100_000)
        let durations = try registry.histogram(
            "http_request_duration_seconds", help: "Durations of requests.", labels: Labels.self,
            buckets: Buckets([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]), native: .standard)
        for index in 0..<30_000 {
            requests[Labels(index)].increment(by: 17 * index)
            sizes[Labels(index)].set(to: Double(index) / 7)
        }
        // Each has 13 series.
        for index in 0..<(40_000 / 13) {
            for step in 1...30 { durations[Labels(index)].observe(Double(step * step) / 200) }
        }

        var router = Router()
        router.get("/") { _ in .text("Hello Monitoring!") }
        router.get("/metrics", try MetricsEndpoint(registry))
        let arguments = CommandLine.argc > 2 ? Array(CommandLine.arguments.dropFirst()) : ["5080", "1"]
        try await HTTPServer(router, listen: ["127.0.0.1:\(arguments[0])"], loops: Int(arguments[1])).run()
    }

    struct Labels: MetricLabels {
        var method: String
        var route: String
        var status: Int

        init(_ index: Int) {
            method = ["GET", "POST", "PUT", "DELETE"][index % 4]
            route = "/api/v1/resource/\(index / 8)"
            status = [200, 404][index / 4 % 2]
        }
    }
}
