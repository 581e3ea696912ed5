import Measurement
import PrometheusMetrics

let scrapeLines: [Line] = [
    .scrape("text-counters") { (render: text(try requests()), check: Check.requests) },
    .scrape("text-histograms") { (render: text(try durations()), check: Check.durations) },
]

private func text(_ registry: MetricsRegistry) -> (inout [UInt8]) -> Void {
    { TextFormat.render(registry.snapshot(), into: &$0) }
}

private func requests() throws -> MetricsRegistry {
    let registry = MetricsRegistry()
    let requests = try registry.counter("http_requests_total", help: "Requests.", labels: RequestLabels.self)
    for (index, (method, route, status)) in Workload.requests.enumerated() {
        requests[.init(method: method, route: route, status: status)].increment(by: 37 * index)
    }
    return registry
}

private struct DurationLabels: MetricLabels {
    var method: String
    var route: String
}

private func durations() throws -> MetricsRegistry {
    let registry = MetricsRegistry()
    let durations = try registry.histogram(
        "http_request_duration_seconds", help: "Durations of requests.", labels: DurationLabels.self,
        buckets: Buckets(Workload.bounds))
    for (index, (method, route)) in Workload.durations.enumerated() {
        let child = durations[.init(method: method, route: route)]
        for observation in 0..<24 {
            child.observe(Workload.observedValues[(24 * index + observation) % Line.granularity])
        }
    }
    return registry
}
