import PrometheusMetrics
import Testing

@Suite struct OpenMetrics2Tests {
    private struct Labels: MetricLabels { var path: String }
    private struct Build: MetricLabels { var version: String, branch: String }
    private enum Phase: String, MetricLabelEnum { case starting, serving }

    private let registry = MetricsRegistry()

    /// The registry's exposition, without the library's own metrics, and with `T` for every time.
    private func text(escaping: EscapingScheme = .underscores) throws -> String {
        try Self.text(registry.snapshot(), escaping: escaping)
    }

    private static func text(_ families: [MetricFamily], escaping: EscapingScheme = .underscores) throws -> String {
        let bytes = Exposition.bytes(families, as: .openMetrics2, escaping: escaping)
        #expect(OpenMetrics2Rules.breaches(in: try OpenMetrics2Reader.read(bytes)) == [])
        return String(decoding: bytes, as: UTF8.self).replacing(#/\b\d{10}\.\d{3}\b/#, with: "T")
    }

    @Test func namesAreTheSameInMetadataAndSamplesWhateverTheType() throws {
        try registry.counter("app_seconds_total", help: "Time.", unit: "seconds").increment(by: 2.5)
        try registry.gauge("free_bytes", help: "", unit: "bytes").set(to: -3)
        try registry.info("build_info", help: "The build.", Build(version: "1.2", branch: "main"))
        #expect(
            try text() == """
                # TYPE app_seconds_total counter
                # UNIT app_seconds_total seconds
                # HELP app_seconds_total Time.
                app_seconds_total 2.5 st@T
                # TYPE build_info info
                # HELP build_info The build.
                build_info{branch="main",version="1.2"} 1
                # TYPE free_bytes gauge
                # UNIT free_bytes bytes
                free_bytes -3
                # EOF

                """)
    }

    @Test func unknownMetricsAreNumbers() throws {
        let family = MetricFamily.unknown("x", help: "X.", [(try LabelSet(["a": "b"]), .nan), (.empty, -.infinity)])
        #expect(
            try Self.text([family]) == """
                # TYPE x unknown
                # HELP x X.
                x -Inf
                x{a="b"} NaN
                # EOF

                """)
    }

    @Test func aStateHasALabelOfTheFamilysName() throws {
        let phases = try registry.stateSet("phase", help: "P.", states: Phase.self, labels: Labels.self)
        phases[.init(path: "/b")].set(only: .serving)
        _ = phases[.init(path: "/a")]
        #expect(
            try text() == """
                # TYPE phase stateset
                # HELP phase P.
                phase{path="/a",phase="starting"} 0
                phase{path="/a",phase="serving"} 0
                phase{path="/b",phase="starting"} 0
                phase{path="/b",phase="serving"} 1
                # EOF

                """)
    }

    @Test func aClassicHistogramIsOneLine() throws {
        let seconds = try registry.histogram(
            "b_seconds", help: "Durations.", labels: Labels.self, buckets: Buckets([-1, 0.3, 1, 1_000_000]))
        for value in [0.3, 2.5, 2e6] { seconds[.init(path: "/b")].observe(value) }
        _ = seconds[.init(path: "/a")]
        let alone = try registry.histogram("c", help: "", buckets: .none)
        alone.observe(.nan)
        alone.observe(-.infinity)
        #expect(
            try text() == """
                # TYPE b_seconds histogram
                # HELP b_seconds Durations.
                b_seconds{path="/a"} {count:0,sum:0,bucket:[-1.0:0,0.3:0,1.0:0,1e+06:0,+Inf:0]} st@T
                b_seconds{path="/b"} {count:3,sum:2000002.8,bucket:[-1.0:0,0.3:1,1.0:1,1e+06:2,+Inf:3]} st@T
                # TYPE c histogram
                c {count:2,sum:NaN,bucket:[+Inf:2]} st@T
                # EOF

                """)
    }

    @Test func aNativeHistogramTellsItsBucketsInSpans() throws {
        let buckets = try NativeBuckets(schema: 0, zeroThreshold: 0.25)
        let sizes = try registry.histogram("a", help: "", buckets: .none, native: buckets)
        // Buckets 0, 1, 3 and 6: a single empty one is written, two are skipped. Below zero: -1 and 4.
        for value in [0, 1, 2, 2, 8, 64, -0.5, -16] { sizes.observe(value) }
        _ = try registry.histogram("b", help: "", buckets: .none, native: buckets)
        let both = try registry.histogram("c", help: "", buckets: Buckets([1, 10]), native: .standard)
        both.observe(4)
        both.observe(.nan)
        #expect(
            try text() == """
                # TYPE a histogram
                a {count:8,sum:60.5,schema:0,zero_threshold:0.25,zero_count:1,\
                negative_spans:[-1:1,4:1],negative_buckets:[1,1],\
                positive_spans:[0:4,2:1],positive_buckets:[1,2,0,1,1]} st@T
                # TYPE b histogram
                b {count:0,sum:0,schema:0,zero_threshold:0.25,zero_count:0} st@T
                # TYPE c histogram
                c {count:2,sum:NaN,schema:3,zero_threshold:2.938735877055719e-39,zero_count:0,\
                positive_spans:[16:1],positive_buckets:[1],bucket:[1.0:0,10.0:1,+Inf:2]} st@T
                # EOF

                """)
    }

    @Test func aSummaryIsOneLineWithoutNegativeQuantiles() throws {
        let summary = try registry.summary("a", help: "A.", quantiles: Quantiles([0, 0.5, 1]))
        let idle = try registry.summary("b", help: "", quantiles: Quantiles([0.99]))
        _ = try registry.summary("c", help: "", quantiles: Quantiles([]))
        for value in [-1.0, 0, 0] { summary.observe(value) }
        _ = idle
        #expect(
            try text() == """
                # TYPE a summary
                # HELP a A.
                a {count:3,sum:-1,quantile:[0.5:0,1.0:0]} st@T
                # TYPE b summary
                b {count:0,sum:0,quantile:[0.99:NaN]} st@T
                # TYPE c summary
                c {count:0,sum:0,quantile:[]} st@T
                # EOF

                """)
    }

    @Test func exemplarsFollowTheSampleEachWithItsTime() throws {
        let trace = try ExemplarLabels(["trace_id": "4bf9", "note": "\"\\\n"])
        try registry.counter("a_total", help: "").increment(by: 2, exemplar: trace)
        let classic = try registry.histogram("b", help: "", buckets: Buckets([1, 10]))
        classic.observe(5, exemplar: trace)
        classic.observe(0.5, exemplar: try ExemplarLabels([:]))
        let native = try registry.histogram("c", help: "", buckets: .none, native: NativeBuckets(schema: 0))
        native.observe(4, exemplar: trace)
        #expect(
            try text() == #"""
                # TYPE a_total counter
                a_total 2 st@T # {note="\"\\\n",trace_id="4bf9"} 2 T
                # TYPE b histogram
                b {count:2,sum:5.5,bucket:[1.0:1,10.0:2,+Inf:2]} st@T # {} 0.5 T # {note="\"\\\n",trace_id="4bf9"} 5 T
                # TYPE c histogram
                c {count:1,sum:4,schema:0,zero_threshold:2.938735877055719e-39,zero_count:0,\#
                positive_spans:[2:1],positive_buckets:[1]} st@T # {note="\"\\\n",trace_id="4bf9"} 4 T
                # EOF

                """#)
    }

    @Test func exemplarsOfObservationsThatAResetHasTakenAreLeftOut() throws {
        let native = try NativeBuckets(schema: 0, maximumCount: 1, minimumResetInterval: .zero)
        let histogram = try registry.histogram("a", help: "", buckets: Buckets([1]), native: native)
        histogram.observe(1, exemplar: try ExemplarLabels(["trace_id": "4bf9"]))
        #expect(try text().contains(" # {trace_id"))
        var series: Series
        repeat {
            histogram.observe(2)
            histogram.observe(16)
            series = registry.snapshot(names: ["a"])[0].series[0]
        } while series.created! <= series.exemplars[0].timestamp
        #expect(try !text().contains(" # {"))
    }

    @Test func theStartTimestampIsThatOfTheSnapshotWhateverElseIsAskedFor() throws {
        try registry.counter("a_total", help: "").increment()
        _ = try registry.histogram("b", help: "", buckets: .none)
        let families = registry.snapshot()
        for createdSamples in [false, true] {
            let read = try OpenMetrics2Reader.read(
                Exposition.bytes(families, as: .openMetrics2, createdSamples: createdSamples))
            #expect(read.flatMap(\.samples).map(\.start) == families.flatMap(\.series).map(\.created))
            #expect(read.flatMap(\.samples).allSatisfy { $0.start ?? 0 > 1e9 })
        }
    }

    @Test func whatBeganAtAnUnknownTimeHasNoStartTimestamp() throws {
        let counts = HistogramSnapshot(buckets: try Buckets([1]), counts: [2, 1], sum: 3)
        let quantiles = SummarySnapshot(quantiles: [], count: 1, sum: 2)
        let families: [MetricFamily] = [
            .counter("a_total", help: "", 1), .histogram("b", help: "", buckets: counts.buckets, [(.empty, counts)]),
            .summary("c", help: "", [(.empty, quantiles)]),
        ]
        #expect(
            try Self.text(families) == """
                # TYPE a_total counter
                a_total 1
                # TYPE b histogram
                b {count:3,sum:3,bucket:[1.0:2,+Inf:3]}
                # TYPE c summary
                c {count:1,sum:2,quantile:[]}
                # EOF

                """)
    }

    @Test func namesThatAreNotLegacyOnesAreQuotedUnlessTheyAreEscaped() throws {
        let registry = MetricsRegistry(naming: .utf8)
        let family = try registry.counter(
            "http.\"a\\b\"_total", help: "a\\b\n\"c\"", labelNames: ["service.name", "z"])
        try family.child(["x\ny", "\"ü\\"]).increment()
        _ = try registry.gauge("a.b_µs", help: "", unit: "µs")
        _ = try registry.stateSet("p.h", help: "", states: Phase.self)
        #expect(
            try Self.text(registry.snapshot(), escaping: .allowUTF8) == #"""
                # TYPE "a.b_µs" gauge
                {"a.b_µs"} 0
                # TYPE "http.\"a\\b\"_total" counter
                # HELP "http.\"a\\b\"_total" a\\b\n\"c\"
                {"http.\"a\\b\"_total","service.name"="x\ny",z="\"ü\\"} 1 st@T
                # TYPE "p.h" stateset
                {"p.h","p.h"="starting"} 0
                {"p.h","p.h"="serving"} 0
                # EOF

                """#)
        #expect(
            try Self.text(registry.snapshot()) == #"""
                # TYPE a_b__s gauge
                a_b__s 0
                # TYPE http__a_b__total counter
                # HELP http__a_b__total a\\b\n\"c\"
                http__a_b__total{service_name="x\ny",z="\"ü\\"} 1 st@T
                # TYPE p_h stateset
                p_h{p_h="starting"} 0
                p_h{p_h="serving"} 0
                # EOF

                """#)
    }

    @Test(arguments: [
        ("", ""), ("\r\r", ""), ("a\r", "# HELP x a\n"), ("\ra\r\r", "# HELP x \ra\n"), ("a\r\n", "# HELP x a\r\\n\n"),
    ])
    func noLineEndsInACarriageReturn(help: String, expected: String) throws {
        #expect(try Self.text([.gauge("x", help: help, 1)]) == "# TYPE x gauge\n\(expected)x 1\n# EOF\n")
    }

    @Test(arguments: [
        (9_007_199_254_740_991, "9007199254740991"), (9_007_199_254_740_992, "9.007199254740992e+15"),
        (-1e16, "-1e+16"),
        (18_446_744_073_709_551_616, "1.8446744073709552e+19"), (1e300, "1e+300"), (-0.0, "-0"), (0.1, "0.1"),
        (1e-5, "1e-05"), (123_456.75, "123456.75"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
        (.leastNonzeroMagnitude, "5e-324"), (-.greatestFiniteMagnitude, "-1.7976931348623157e+308"),
    ])
    func onlyIntegersThatAreExactLackPointAndExponent(value: Double, expected: String) throws {
        #expect(try Self.text([.gauge("x", help: "", value)]) == "# TYPE x gauge\nx \(expected)\n# EOF\n")
    }

    @Test func factsAndCountersSaySoInTheirNames() throws {
        let families = [MetricFamily.counter("x", help: "", unit: "s", 1), .info("y", help: "", [.empty])]
        #expect(
            try Self.text(families) == """
                # TYPE x_total counter
                # UNIT x_total s
                x_total 1
                # TYPE y_info info
                y_info 1
                # EOF

                """)
    }

    @Test func nothingAtAllIsAnExpositionToo() throws {
        #expect(try Self.text([]) == "# EOF\n")
        #expect(try Self.text([.gauge("x", help: "", [])]) == "# TYPE x gauge\n# EOF\n")
    }
}
