import CoreMetrics
import PrometheusMetrics
import PrometheusMetricsTesting
import PrometheusSwiftMetrics
import Testing

@Suite struct NamingTests {
    private let registry = MetricsRegistry(constantLabels: ["zone": "a"])

    @Test(
        "Labels become legacy-valid names",
        arguments: [
            ("http.server.requests", "http_server_requests"),
            ("a-b c/d", "a_b_c_d"),
            ("rule:name", "rule:name"),
            ("5xx", "_5xx"),
            ("größe", "gr__e"),
            ("", "unnamed"),
            ("{", "_"),
            ("x\n# TYPE y gauge\u{0}", "x___TYPE_y_gauge_"),
        ])
    func metricNames(label: String, name: String) {
        let factory = PrometheusMetricsFactory(registry)
        Meter(label: label, factory: factory).set(1)
        #expect(names() == [name])
    }

    @Test(
        "Counters get _total, unless it is there",
        arguments: [
            ("requests", "requests_total"), ("requests_total", "requests_total"), ("requests.total", "requests_total"),
            ("total", "total_total"), (".total", "unnamed_total"), ("", "unnamed_total"),
        ])
    func counterNames(label: String, name: String) throws {
        CoreMetrics.Counter(label: label, factory: PrometheusMetricsFactory(registry)).increment()
        #expect(names() == [name])
        let parsed = try ParsedExposition(openMetrics: Exposition.text(registry.snapshot(), as: .openMetrics))
        #expect(parsed.value(of: name, ["zone": "a"]) == 1)
    }

    @Test(
        "Timers get _seconds, unless it is there",
        arguments: [("latency", "latency_seconds"), ("latency.seconds", "latency_seconds"), ("", "unnamed_seconds")])
    func timerNames(label: String, name: String) {
        CoreMetrics.Timer(label: label, factory: PrometheusMetricsFactory(registry)).recordSeconds(1)
        #expect(names() == [name])
        #expect(registry.snapshot()[0].unit == "seconds")
    }

    @Test(
        "Dimensions become valid labels, and reserved names others",
        arguments: [
            ([("http.route", "/x")], #"http_route="/x",zone="a""#),
            ([("a:b", "1"), ("", "2"), ("1st", "3")], #"_1st="3",a_b="1",unnamed="2",zone="a""#),
            (
                [("le", "1"), ("quantile", "2"), ("__name__", "3"), ("zone", "4")],
                #"exported___name__="3",exported_le="1",exported_quantile="2",exported_zone="4",zone="a""#
            ),
            // One scheme of escaping doubles underscores.
            ([(".name.", "x")], #"exported__name_="x",zone="a""#),
            ([("otel_metric_overflow", "true")], #"exported_otel_metric_overflow="true",zone="a""#),
            ([("value", "\"\\\n")], #"value="\"\\\n",zone="a""#),
            ([("b.a", "2"), ("b-a", "1"), ("b_a", "3")], #"b_a="1;2;3",zone="a""#),
            ([("a", "2"), ("a", "1"), ("a", "2"), ("a", "")], #"a="1;2",zone="a""#),
            ([("le", "1"), ("exported_le", "2")], #"exported_le="2;1",zone="a""#),
        ])
    func labelNames(dimensions: [(String, String)], labels: String) {
        let factory = PrometheusMetricsFactory(registry)
        Meter(label: "x", dimensions: dimensions, factory: factory).set(1)
        #expect(Exposition.text(registry.snapshot()).hasSuffix("\nx{\(labels)} 1\n"))
        Meter(label: "x", dimensions: dimensions.reversed(), factory: factory).set(2)
        #expect(Exposition.text(registry.snapshot()).hasSuffix("\nx{\(labels)} 2\n"))
    }

    @Test("A program chooses names, help, buckets and native buckets")
    func configuring() throws {
        let bytes = try Buckets([1000, 1_000_000])
        let factory = PrometheusMetricsFactory(registry) { metric in
            switch (metric.kind, metric.label) {
            case (.recorder, "upload.size"):
                metric.name = "upload.bytes"
                metric.help = "Sizes of uploads."
                metric.buckets = bytes
            case (.timer, "latency"):
                metric.buckets = .none
                metric.native = .standard
            case (.counter, "calls"): metric.name = "rpc_calls"
            default: break
            }
        }
        Recorder(label: "upload.size", factory: factory).record(5000)
        CoreMetrics.Timer(label: "latency", factory: factory).recordSeconds(1)
        CoreMetrics.Counter(label: "calls", factory: factory).increment()
        let families = registry.snapshot()
        try #require(families.map(\.name) == ["latency_seconds", "rpc_calls_total", "upload_bytes"])
        #expect(families[2].help == "Sizes of uploads.")
        guard case .histogram(let upload) = families[2].series[0].value,
            case .histogram(let latency) = families[0].series[0].value
        else {
            Issue.record("no histograms: \(families)")
            return
        }
        #expect(upload.buckets == bytes)
        #expect(upload.counts == [0, 1, 0])
        #expect(latency.buckets == .none)
        #expect(latency.native?.positive == [0: 1])
    }

    @Test("A timer that a program names otherwise has no unit in its name")
    func timerWithoutSeconds() {
        let factory = PrometheusMetricsFactory(registry) { $0.name = "latency" }
        CoreMetrics.Timer(label: "x", factory: factory).recordSeconds(1)
        #expect(names() == ["latency"])
        #expect(registry.snapshot()[0].unit == nil)
    }

    @Test("A registry whose naming is utf8 takes names as the program chooses them")
    func utf8() {
        let registry = MetricsRegistry(naming: .utf8)
        let factory = PrometheusMetricsFactory(registry) { $0.name = $0.label }
        CoreMetrics.Counter(label: "http.requests", factory: factory).increment()
        #expect(registry.snapshot().map(\.name) == ["http.requests_total"])
    }

    @Test("A dimension isn't taken for a constant label whose name is escaped")
    func escapedConstantLabels() throws {
        let registry = MetricsRegistry(constantLabels: ["cloud.zone": "a"], naming: .utf8)
        let factory = PrometheusMetricsFactory(registry)
        Meter(label: "x", dimensions: [("cloud.zone", "b")], factory: factory).set(1)
        let parsed = try ParsedExposition(text: Exposition.text(registry.snapshot()))
        #expect(parsed.value(of: "x", ["cloud_zone": "a", "exported_cloud_zone": "b"]) == 1)
    }

    @Test("Prefixes and constant labels of sub-registries apply, and each has its own series")
    func subregistries() {
        let factories = ["1", "2"].map {
            PrometheusMetricsFactory(
                registry.subregistry(prefix: "pool_", constantLabels: ["pool": $0]),
                onConflict: { Issue.record("\($0)") })
        }
        let meters = factories.map { Meter(label: "size", factory: $0) }
        for (number, meter) in meters.enumerated() { meter.set(number) }
        #expect(
            Exposition.text(registry.snapshot()) == """
                # HELP pool_size size
                # TYPE pool_size gauge
                pool_size{pool="1",zone="a"} 0
                pool_size{pool="2",zone="a"} 1

                """)
        meters[0].destroy()
        #expect(
            Exposition.text(registry.snapshot()) == """
                # HELP pool_size size
                # TYPE pool_size gauge
                pool_size{pool="2",zone="a"} 1

                """)
    }

    private func names() -> [String] { registry.snapshot().map(\.name) }
}
