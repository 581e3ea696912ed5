import Measurement
import PrometheusMetrics

let scrapeLines: [Line] =
    counterScrapes(10_000)
    + formats.map { name, format in
        .scrape("\(name)-histograms-1000") {
            (
                render: scrape(try durations(), format),
                check: { try format == .protobuf ? Check.protobuf($0, series: 1000) : Check.durations($0) }
            )
        }
    }

func counterScrapes(_ count: Int) -> [Line] {
    formats.map { name, format in
        .scrape("\(name)-counters-\(count)") {
            (
                render: scrape(try requests(count), format),
                check: { try format == .protobuf ? Check.protobuf($0, series: count) : Check.requests($0, count) }
            )
        }
    }
}

private let formats: [(name: String, format: ExpositionFormat)] = [
    ("text", .text), ("openmetrics", .openMetrics), ("protobuf", .protobuf),
]

private func scrape(_ registry: MetricsRegistry, _ format: ExpositionFormat) -> (inout [UInt8]) -> Void {
    { buffer in
        var exposition = Exposition(registry.snapshot(), as: format)
        _ = exposition.render(into: &buffer)
    }
}

private func requests(_ count: Int) throws -> MetricsRegistry {
    let registry = MetricsRegistry()
    let requests = try registry.counter(
        "http_requests_total", help: "Requests.", labels: RequestLabels.self, limit: count)
    for (index, (method, route, status)) in Workload.requests(count).enumerated() {
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
