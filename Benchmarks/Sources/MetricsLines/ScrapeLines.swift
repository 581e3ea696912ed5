import Measurement
import PrometheusMetrics

let scrapeLines: [Line] = [
    .scrape("text-counters") { (render: scrape(try requests(), .text), check: Check.requests) },
    .scrape("text-histograms") { (render: scrape(try durations(), .text), check: Check.durations) },
    .scrape("openmetrics-counters") { (render: scrape(try requests(), .openMetrics), check: Check.requests) },
    .scrape("openmetrics-histograms") { (render: scrape(try durations(), .openMetrics), check: Check.durations) },
    .scrape("protobuf-counters") { (render: scrape(try requests(), .protobuf), check: { _ in }) },
    .scrape("protobuf-histograms") { (render: scrape(try durations(), .protobuf), check: { _ in }) },
]

private func scrape(_ registry: MetricsRegistry, _ format: ExpositionFormat) -> (inout [UInt8]) -> Void {
    { buffer in
        var exposition = Exposition(registry.snapshot(), as: format)
        _ = exposition.render(into: &buffer)
    }
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
