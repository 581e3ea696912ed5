import Measurement
import MetricsLines

/// The peer on PrometheusMetrics: see `metrics/compare`.
@main
struct MetricsPeer {
    static func main() throws { try Peer(lines + growthLines).run() }
}
