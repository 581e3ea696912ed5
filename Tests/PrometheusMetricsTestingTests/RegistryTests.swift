import PrometheusMetrics
import PrometheusMetricsTesting
import Testing

@Suite struct RegistryTests {
    private let registry = MetricsRegistry(constantLabels: ["shard": "7"])
    private struct Labels: MetricLabels { var kind: String }

    @Test func valuesAreReadByNameAndLabels() throws {
        try registry.counter("orders_total", help: "Orders.", labels: Labels.self)[.init(kind: "book")]
            .increment(by: 2)
        try registry.histogram("size_bytes", help: "Sizes.", buckets: Buckets([1, 2])).observe(1.5)
        #expect(registry.value(of: "orders_total", ["kind": "book", "shard": "7"]) == 2)
        #expect(registry.value(of: "orders_total", ["kind": "music", "shard": "7"]) == nil)
        #expect(registry.value(of: "orders_total", ["kind": "book"]) == nil)
        #expect(registry.value(of: "size_bytes_bucket", ["le": "2.0", "shard": "7"]) == 1)
        #expect(registry.value(of: "size_bytes_sum", ["shard": "7"]) == 1.5)
    }

    @Test func differencesAreReadable() throws {
        try registry.gauge("depth", help: "Depth.").set(to: 3)
        let difference = try registry.difference(
            from: "# HELP depth Depth.\n# TYPE depth gauge\ndepth{shard=\"7\"} 4\n")
        #expect(difference.description == "- depth{shard=\"7\"} 4\n+ depth{shard=\"7\"} 3")
        #expect(try registry.difference(from: "", ignoring: ["depth"]).isEmpty)
    }

    @Test func lintFindsWhatPromtoolFinds() throws {
        _ = try registry.gauge("latency_milliseconds", help: "")
        #expect(try registry.lint().map(\.metric) == ["latency_milliseconds", "latency_milliseconds"])
    }
}
