import PrometheusMetrics
import Testing

@Suite struct TextFormatTests {
    private struct Labels: MetricLabels {
        var path: String
        var code: Int?
    }

    private let registry = MetricsRegistry()
    private var text: String { Exposition.text(registry.snapshot()) }

    @Test func rendersEveryKindSortedByNameAndLabels() throws {
        let seconds = try registry.histogram(
            "b_seconds", help: "Durations.", labels: Labels.self, buckets: Buckets([0.3, 1, 1_000_000]))
        seconds[.init(path: "/b", code: 200)].observe(0.3)
        seconds[.init(path: "/b", code: 200)].observe(2.5)
        seconds[.init(path: "/a")].observe(2e6)
        try registry.gauge("c_ratio", help: "A ratio.").set(to: -0.25)
        try registry.counter("a_total", help: "First.").increment(by: 1_234_567)
        #expect(
            text == #"""
                # HELP a_total First.
                # TYPE a_total counter
                a_total 1234567
                # HELP b_seconds Durations.
                # TYPE b_seconds histogram
                b_seconds_bucket{code="200",path="/b",le="0.3"} 1
                b_seconds_bucket{code="200",path="/b",le="1.0"} 1
                b_seconds_bucket{code="200",path="/b",le="1e+06"} 2
                b_seconds_bucket{code="200",path="/b",le="+Inf"} 2
                b_seconds_sum{code="200",path="/b"} 2.8
                b_seconds_count{code="200",path="/b"} 2
                b_seconds_bucket{path="/a",le="0.3"} 0
                b_seconds_bucket{path="/a",le="1.0"} 0
                b_seconds_bucket{path="/a",le="1e+06"} 0
                b_seconds_bucket{path="/a",le="+Inf"} 1
                b_seconds_sum{path="/a"} 2000000
                b_seconds_count{path="/a"} 1
                # HELP c_ratio A ratio.
                # TYPE c_ratio gauge
                c_ratio -0.25

                """#)
    }

    @Test func escapesHelpAndLabelValuesEachByItsOwnRules() throws {
        let family = try registry.counter("x_total", help: "a\\b\n\"c\"", labels: Labels.self)
        family[.init(path: "a\\b\n\"c\" ü")].increment()
        #expect(
            text == #"""
                # HELP x_total a\\b\n"c"
                # TYPE x_total counter
                x_total{path="a\\b\n\"c\" ü"} 1

                """#)
    }

    @Test func exposesPlainMetricsFromTheStartAndFamiliesOnceTheyHaveChildren() throws {
        _ = try registry.counter("plain_total", help: "P.")
        _ = try registry.counter("family_total", help: "F.", labels: Labels.self)
        #expect(text == "# HELP plain_total P.\n# TYPE plain_total counter\nplain_total 0\n")
    }

    @Test(arguments: [
        (0, "0"), (-0.0, "-0"), (1, "1"), (-3, "-3"), (100_000, "100000"), (9_007_199_254_740_991, "9007199254740991"),
        (0.1, "0.1"), (0.001, "0.001"), (0.0001, "0.0001"), (0.00001, "1e-05"), (1.5e-7, "1.5e-07"),
        (1e21, "1e+21"), (1.25e300, "1.25e+300"), (123_456.789, "123456.789"), (1e16, "10000000000000000"),
        (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.leastNonzeroMagnitude, "5e-324"),
        (18_446_744_073_709_551_616, "18446744073709552000"),
    ])
    func writesNumbersAsGoReadsThem(value: Double, expected: String) throws {
        try registry.gauge("g", help: "G.").set(to: value)
        #expect(text.split(separator: "\n").last.map(String.init) == "g \(expected)")
    }

    @Test(arguments: [
        (0.005, "0.005"), (1, "1.0"), (100_000, "100000.0"), (1e6, "1e+06"), (1_234_567, "1.234567e+06"),
        (0.00001, "1e-05"), (-5, "-5.0"), (0, "0.0"),
    ])
    func writesBoundsAsFloats(bound: Double, expected: String) throws {
        _ = try registry.histogram("h", help: "H.", buckets: Buckets([bound]))
        #expect(text.contains("h_bucket{le=\"\(expected)\"} 0\n"))
    }

    @Test func aCollectorsCountsThatAreTooManyNeitherTrapNorDecrease() throws {
        let state = HistogramSnapshot(buckets: try Buckets([1, 2]), counts: [.max - 1, 3, 1, 7], sum: 0)
        #expect(state.counts == [.max - 1, 1, 0])
        let families = [MetricFamily.histogram("h", help: "", buckets: try Buckets([1, 2]), [(.empty, state)])]
        #expect(
            Exposition.text(families).hasPrefix(
                """
                # TYPE h histogram
                h_bucket{le="1.0"} 18446744073709551614
                h_bucket{le="2.0"} 18446744073709551615
                h_bucket{le="+Inf"} 18446744073709551615

                """))
        #expect(!Exposition.bytes(families, as: .protobuf).isEmpty)
        let native = NativeHistogramSnapshot(schema: 0, zeroThreshold: 0, zeroCount: .max, positive: [:])
        let tooMany = HistogramSnapshot(buckets: .none, counts: [.max], sum: 0, native: native)
        #expect(MetricFamily.histogram("h", help: "", buckets: .none, [(.empty, tooMany)]).series.isEmpty)
    }

    @Test(arguments: [
        NativeHistogramSnapshot(schema: 0, zeroThreshold: 0, zeroCount: 1, positive: [0: 1]),
        NativeHistogramSnapshot(schema: 0, zeroThreshold: 0, zeroCount: .max, positive: [0: 4]),
        NativeHistogramSnapshot(schema: 0, zeroThreshold: 0, zeroCount: 0, positive: [.max: 1], negative: [.min: 2]),
        NativeHistogramSnapshot(schema: 9, zeroThreshold: 0, zeroCount: 3, positive: [:]),
        NativeHistogramSnapshot(schema: 8, zeroThreshold: -1, zeroCount: 3, positive: [:]),
        NativeHistogramSnapshot(schema: 8, zeroThreshold: .nan, zeroCount: 3, positive: [:]),
    ]) func aCollectorsNativeHistogramsThatWouldCostTheScrapeAreLeftOut(native: NativeHistogramSnapshot) {
        func series(_ sum: Double, _ native: NativeHistogramSnapshot) -> (LabelSet, HistogramSnapshot) {
            (.empty, HistogramSnapshot(buckets: .none, counts: [3], sum: sum, native: native))
        }
        #expect(MetricFamily.histogram("h", help: "", buckets: .none, [series(1, native)]).series.isEmpty)
        // Those that are missing may be NaN.
        let right = NativeHistogramSnapshot(schema: 8, zeroThreshold: 0, zeroCount: 1, positive: [0: 1])
        #expect(MetricFamily.histogram("h", help: "", buckets: .none, [series(1, right)]).series.isEmpty)
        #expect(MetricFamily.histogram("h", help: "", buckets: .none, [series(.nan, right)]).series.count == 1)
    }
}
