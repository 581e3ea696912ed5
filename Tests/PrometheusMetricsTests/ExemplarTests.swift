import PrometheusMetrics
import Synchronization
import Testing

@Suite struct ExemplarTests {
    private func text(_ registry: MetricsRegistry) -> String { Exposition.text(registry.snapshot(), as: .openMetrics) }

    @Test func exemplarsStandOnCountersAndBuckets() throws {
        let registry = MetricsRegistry()
        let trace = try ExemplarLabels(["trace_id": "abc"])
        try registry.counter("x_total", help: "X.").increment(by: 2, exemplar: trace)
        let histogram = try registry.histogram("h_seconds", help: "H.", buckets: Buckets([1, 2]))
        histogram.observe(1.5, exemplar: trace)
        histogram.observe(1.75, exemplar: try ExemplarLabels(["trace_id": "def"]))
        histogram.observe(0.5)
        let lines = text(registry).split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix(#"x_total 2 # {trace_id="abc"} 2 1"#) })
        #expect(lines.contains(#"h_seconds_bucket{le="1.0"} 1"#))
        #expect(lines.contains { $0.hasPrefix(#"h_seconds_bucket{le="2.0"} 3 # {trace_id="def"} 1.75 1"#) })
        #expect(!Exposition.text(registry.snapshot()).contains("trace_id"))
    }

    @Test func labelsAreLimitedTo128CodePoints() throws {
        _ = try ExemplarLabels(["ü": "x"].map { (name: "a", value: String(repeating: $0.key, count: 127)) })
        #expect(throws: ExemplarError.tooLong(129)) {
            try ExemplarLabels(["a": String(repeating: "ü", count: 128)])
        }
        #expect(throws: ExemplarError.invalidLabelName("a-b")) { try ExemplarLabels(["a-b": ""]) }
        #expect(throws: ExemplarError.invalidLabelName("__a")) { try ExemplarLabels(["__a": ""]) }
        #expect(throws: ExemplarError.invalidLabelValue("a")) { try ExemplarLabels(["a": "b\0"]) }
        #expect(throws: ExemplarError.duplicateLabelName("a")) { try ExemplarLabels(["a": "1", "a": "2"]) }
    }

    @TaskLocal private static var trace: String?

    @Test func aSourceGivesTheCurrentTraceOnceInAnInterval() throws {
        let asked = Mutex(0)
        let registry = MetricsRegistry(
            exemplars: ExemplarSource(interval: .seconds(3600)) {
                asked.withLock { $0 += 1 }
                return Self.trace.flatMap { try? ExemplarLabels(["trace_id": $0]) }
            })
        let counter = try registry.counter("x_total", help: "X.")
        Self.$trace.withValue("first") {
            for _ in 0..<1000 { counter.increment() }
        }
        Self.$trace.withValue("second") { counter.increment() }
        #expect(asked.withLock { $0 } == 1)
        #expect(text(registry).contains(#"x_total 1001 # {trace_id="first"} 1 "#))
    }

    @Test func eachBucketHasItsOwnRate() throws {
        let registry = MetricsRegistry(
            exemplars: ExemplarSource(interval: .seconds(3600)) { try? ExemplarLabels(["trace_id": "t"]) })
        let histogram = try registry.histogram("h", help: "H.", buckets: Buckets([1, 2]))
        for value in [0.5, 0.6, 1.5, 1.6, 3] { histogram.observe(value) }
        let exemplars = registry.snapshot()[0].series[0].exemplars
        #expect(exemplars.map(\.value) == [0.5, 1.5, 3])
    }
}
