import Measurement
import PrometheusMetrics

let updateLines: [Line] = [
    .updates("counter-increment") {
        let counter = try MetricsRegistry().counter("operations_total", help: "Operations.")
        return (
            run: { _, count in
                for _ in 0..<count { counter.increment() }
            },
            check: { try Check.equal(counter.value, Double($0), "counter") }
        )
    },
    .updates("counter-increment-work") {
        let counter = try MetricsRegistry().counter("operations_total", help: "Operations.")
        return (
            run: { thread, count in
                var state = UInt64(thread + 1)
                for _ in 0..<count {
                    state = Workload.unrelatedWork(state)
                    counter.increment()
                }
                precondition(state != 0)
            },
            check: { try Check.equal(counter.value, Double($0), "counter") }
        )
    },
    .updates("counter-add") {
        let counter = try MetricsRegistry().counter("operations_total", help: "Operations.")
        return (
            run: { _, count in
                for _ in 0..<count { counter.increment(by: 0.5) }
            },
            check: { try Check.equal(counter.value, Double($0) / 2, "counter") }
        )
    },
    .updates("counter-lookup") {
        let requests = try requestCounters()
        return (
            run: { _, count in
                for _ in 0..<(count / 8) {
                    requests[.init(method: "GET", route: "/api/orders", status: 200)].increment()
                    requests[.init(method: "POST", route: "/api/orders", status: 201)].increment()
                    requests[.init(method: "GET", route: "/api/items", status: 200)].increment()
                    requests[.init(method: "GET", route: "/api/items", status: 404)].increment()
                    requests[.init(method: "PUT", route: "/api/users", status: 200)].increment()
                    requests[.init(method: "GET", route: "/api/users", status: 200)].increment()
                    requests[.init(method: "DELETE", route: "/api/carts", status: 204)].increment()
                    requests[.init(method: "GET", route: "/api/carts", status: 500)].increment()
                }
            },
            check: {
                let first = requests[.init(method: "GET", route: "/api/orders", status: 200)]
                let last = requests[.init(method: "GET", route: "/api/carts", status: 500)]
                try Check.equal([first.value, last.value], [Double($0) / 8, Double($0) / 8], "children")
            }
        )
    },
    .updates("counter-lookup-long") {
        let requests = try requestCounters()
        let routes = (0..<8).map(Workload.longRoute)
        return (
            run: { _, count in
                for index in 0..<count {
                    requests[.init(method: "GET", route: routes[index % 8], status: 200)].increment()
                }
            },
            check: { try checkLongRoutes(requests, $0) }
        )
    },
    .updates("counter-lookup-fresh") {
        let requests = try requestCounters()
        let routes = (0..<8).map { Array(Workload.longRoute($0).utf8) }
        return (
            run: { _, count in
                for index in 0..<count {
                    let route = String(decoding: routes[index % 8], as: UTF8.self)
                    requests[.init(method: "GET", route: route, status: 200)].increment()
                }
            },
            check: { try checkLongRoutes(requests, $0) }
        )
    },
    .updates("gauge-set") {
        let gauge = try MetricsRegistry().gauge("level", help: "Level.")
        return (
            run: { _, count in
                for index in 0..<count { gauge.set(to: Double(index % Line.granularity)) }
            },
            check: { _ in try Check.equal(gauge.value, Double(Line.granularity - 1), "gauge") }
        )
    },
    .updates("gauge-add") {
        let gauge = try MetricsRegistry().gauge("level", help: "Level.")
        return (
            run: { _, count in
                for _ in 0..<count { gauge.increment(by: 0.5) }
            },
            check: { try Check.equal(gauge.value, Double($0) / 2, "gauge") }
        )
    },
    .updates("histogram-observe") {
        let histogram = try durationHistogram()
        let values = Workload.observedValues
        return (
            run: { thread, count in
                for index in 0..<count { histogram.observe(values[(index + 512 * thread) % Line.granularity]) }
            },
            check: { try check(histogram, $0) }
        )
    },
    .updates("histogram-observe-work") {
        let histogram = try durationHistogram()
        let values = Workload.observedValues
        return (
            run: { thread, count in
                var state = UInt64(thread + 1)
                for index in 0..<count {
                    state = Workload.unrelatedWork(state)
                    histogram.observe(values[(index + 512 * thread) % Line.granularity])
                }
                precondition(state != 0)
            },
            check: { try check(histogram, $0) }
        )
    },
    .updates("native-histogram-observe") {
        let histogram = try MetricsRegistry().histogram(
            "duration_seconds", help: "Durations.", buckets: .none, native: .standard)
        let values = Workload.observedValues
        return (
            run: { thread, count in
                for index in 0..<count { histogram.observe(values[(index + 512 * thread) % Line.granularity]) }
            },
            check: {
                let state = histogram.snapshot()
                try Check.histogram(count: state.count, sum: state.sum, operations: $0)
            }
        )
    },
    .work,
]

struct RequestLabels: MetricLabels {
    var method: String
    var route: String
    var status: Int
}

private func requestCounters() throws -> CounterFamily<RequestLabels> {
    let requests = try MetricsRegistry().counter("http_requests_total", help: "Requests.", labels: RequestLabels.self)
    // Made by strings of their own, so that the measured ones aren't found by their address.
    for index in 0..<8 { _ = requests[.init(method: "GET", route: Workload.longRoute(index), status: 200)] }
    return requests
}

private func checkLongRoutes(_ requests: CounterFamily<RequestLabels>, _ operations: Int) throws {
    for index in 0..<8 {
        let child = requests[.init(method: "GET", route: Workload.longRoute(index), status: 200)]
        try Check.equal(child.value, Double(operations) / 8, "child \(index)")
    }
}

private func durationHistogram() throws -> Histogram {
    try MetricsRegistry().histogram("duration_seconds", help: "Durations.", buckets: Buckets(Workload.bounds))
}

private func check(_ histogram: Histogram, _ operations: Int) throws {
    let state = histogram.snapshot()
    try Check.histogram(buckets: state.counts, sum: state.sum, operations: operations)
}
