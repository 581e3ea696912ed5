import Measurement
import Prometheus

/// The peer on swift-prometheus: see `compare`. It has neither OpenMetrics nor protobuf nor native histograms. It tells
/// its values only in a scrape. To add a child it copies the family, so that many more than 10,000 take minutes.
@main
struct SwiftPrometheusPeer {
    static func main() throws { try Peer(updateLines + scrapeLines).run() }
}

private let updateLines: [Line] = [
    .updates("counter-increment") {
        let registry = PrometheusCollectorRegistry()
        let counter = registry.makeCounter(name: "operations_total")
        return (
            run: { _, count in
                for _ in 0..<count { counter.increment() }
            },
            check: { try expect(registry, "operations_total", Double($0)) }
        )
    },
    .updates("counter-increment-work") {
        let registry = PrometheusCollectorRegistry()
        let counter = registry.makeCounter(name: "operations_total")
        return (
            run: { thread, count in
                var state = UInt64(thread + 1)
                for _ in 0..<count {
                    state = Workload.unrelatedWork(state)
                    counter.increment()
                }
                precondition(state != 0)
            },
            check: { try expect(registry, "operations_total", Double($0)) }
        )
    },
    .updates("counter-add") {
        let registry = PrometheusCollectorRegistry()
        let counter = registry.makeCounter(name: "operations_total")
        return (
            run: { _, count in
                for _ in 0..<count { counter.increment(by: 0.5) }
            },
            check: { try expect(registry, "operations_total", Double($0) / 2) }
        )
    },
    .updates("counter-lookup") {
        let registry = PrometheusCollectorRegistry()
        return (
            run: { _, count in
                for _ in 0..<(count / 8) {
                    request(registry, "GET", "/api/orders", "200").increment()
                    request(registry, "POST", "/api/orders", "201").increment()
                    request(registry, "GET", "/api/items", "200").increment()
                    request(registry, "GET", "/api/items", "404").increment()
                    request(registry, "PUT", "/api/users", "200").increment()
                    request(registry, "GET", "/api/users", "200").increment()
                    request(registry, "DELETE", "/api/carts", "204").increment()
                    request(registry, "GET", "/api/carts", "500").increment()
                }
            },
            check: {
                try expect(registry, series("GET", "/api/orders", "200"), Double($0) / 8)
                try expect(registry, series("GET", "/api/carts", "500"), Double($0) / 8)
            }
        )
    },
    .updates("counter-lookup-long") {
        let registry = PrometheusCollectorRegistry()
        let routes = (0..<8).map(Workload.longRoute)
        return (
            run: { _, count in
                for index in 0..<count { request(registry, "GET", routes[index % 8], "200").increment() }
            },
            check: { try expectLongRoutes(registry, $0) }
        )
    },
    .updates("counter-lookup-fresh") {
        let registry = PrometheusCollectorRegistry()
        let routes = (0..<8).map { Array(Workload.longRoute($0).utf8) }
        return (
            run: { _, count in
                for index in 0..<count {
                    let route = String(decoding: routes[index % 8], as: UTF8.self)
                    request(registry, "GET", route, "200").increment()
                }
            },
            check: { try expectLongRoutes(registry, $0) }
        )
    },
    .updates("gauge-set") {
        let registry = PrometheusCollectorRegistry()
        let gauge = registry.makeGauge(name: "level")
        return (
            run: { _, count in
                for index in 0..<count { gauge.set(to: Double(index % Line.granularity)) }
            },
            check: { _ in try expect(registry, "level", Double(Line.granularity - 1)) }
        )
    },
    .updates("gauge-add") {
        let registry = PrometheusCollectorRegistry()
        let gauge = registry.makeGauge(name: "level")
        return (
            run: { _, count in
                for _ in 0..<count { gauge.increment(by: 0.5) }
            },
            check: { try expect(registry, "level", Double($0) / 2) }
        )
    },
    .updates("histogram-observe") {
        let registry = PrometheusCollectorRegistry()
        let histogram = registry.makeValueHistogram(name: "duration_seconds", buckets: Workload.bounds)
        let values = Workload.observedValues
        return (
            run: { thread, count in
                for index in 0..<count { histogram.record(values[(index + 512 * thread) % Line.granularity]) }
            },
            check: { try expectHistogram(registry, $0) }
        )
    },
    .updates("histogram-observe-work") {
        let registry = PrometheusCollectorRegistry()
        let histogram = registry.makeValueHistogram(name: "duration_seconds", buckets: Workload.bounds)
        let values = Workload.observedValues
        return (
            run: { thread, count in
                var state = UInt64(thread + 1)
                for index in 0..<count {
                    state = Workload.unrelatedWork(state)
                    histogram.record(values[(index + 512 * thread) % Line.granularity])
                }
                precondition(state != 0)
            },
            check: { try expectHistogram(registry, $0) }
        )
    },
    .work,
]

private let scrapeLines: [Line] =
    [100, 1000, 10_000].map { count in
        .scrape("text-counters-\(count)") {
            let registry = PrometheusCollectorRegistry()
            for (index, (method, route, status)) in Workload.requests(count).enumerated() {
                request(registry, method, route, String(status)).increment(by: Int64(37 * index))
            }
            return (render: { registry.emit(into: &$0) }, check: { try Check.requests($0, count) })
        }
    } + [
        .scrape("text-histograms-1000") {
            let registry = PrometheusCollectorRegistry()
            for (index, (method, route)) in Workload.durations.enumerated() {
                let child = registry.makeValueHistogram(
                    name: "http_request_duration_seconds", labels: [("method", method), ("route", route)],
                    buckets: Workload.bounds)
                for observation in 0..<24 {
                    child.record(Workload.observedValues[(24 * index + observation) % Line.granularity])
                }
            }
            return (render: { registry.emit(into: &$0) }, check: Check.durations)
        }
    ]

/// What the library has for a look-up of a child. It is deprecated for one that joins the name anew each time.
private func request(
    _ registry: PrometheusCollectorRegistry, _ method: String, _ route: String, _ status: String
) -> Counter {
    registry.makeCounter(
        name: "http_requests_total", labels: [("method", method), ("route", route), ("status", status)])
}

private func series(_ method: String, _ route: String, _ status: String) -> String {
    "http_requests_total{method=\"\(method)\",route=\"\(route)\",status=\"\(status)\"}"
}

private func expectLongRoutes(_ registry: PrometheusCollectorRegistry, _ operations: Int) throws {
    for index in 0..<8 {
        try expect(registry, series("GET", Workload.longRoute(index), "200"), Double(operations) / 8)
    }
}

private func expectHistogram(_ registry: PrometheusCollectorRegistry, _ operations: Int) throws {
    var below: UInt64 = 0
    let buckets = try (Workload.bounds.map { "\($0)" } + ["+Inf"]).map { bound in
        let count = UInt64(try value(registry, "duration_seconds_bucket{le=\"\(bound)\"}"))
        defer { below = count }
        return count - below
    }
    try Check.histogram(buckets: buckets, sum: try value(registry, "duration_seconds_sum"), operations: operations)
}

private func expect(_ registry: PrometheusCollectorRegistry, _ series: String, _ expected: Double) throws {
    try Check.equal(value(registry, series), expected, series)
}

private func value(_ registry: PrometheusCollectorRegistry, _ series: String) throws -> Double {
    let line = registry.emitToString().split(separator: "\n").first { $0.hasPrefix(series + " ") }
    guard let value = line.flatMap({ Double($0.dropFirst(series.utf8.count + 1)) }) else {
        throw CheckFailure("\(series) is missing")
    }
    return value
}
