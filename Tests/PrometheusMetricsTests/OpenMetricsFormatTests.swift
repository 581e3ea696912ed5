import PrometheusMetrics
import Testing

@Suite struct OpenMetricsFormatTests {
    private let registry = MetricsRegistry(naming: .utf8)

    private func text(_ escaping: EscapingScheme = .underscores) -> String {
        Exposition.text(registry.snapshot(), as: .openMetrics, escaping: escaping)
    }

    @Test func histogramsHaveACountIfAndOnlyIfTheyHaveASum() throws {
        for (name, buckets, value) in [
            ("both", [1], 0.5), ("negative_sum", [1], -0.5), ("no_number", [1], .nan), ("negative_bound", [-1], 0.5),
        ] as [(String, [Double], Double)] {
            try registry.histogram(name, help: "", buckets: Buckets(buckets)).observe(value)
        }
        #expect(
            text() == #"""
                # TYPE both histogram
                both_bucket{le="1.0"} 1
                both_bucket{le="+Inf"} 1
                both_sum 0.5
                both_count 1
                # TYPE negative_bound histogram
                negative_bound_bucket{le="-1.0"} 0
                negative_bound_bucket{le="+Inf"} 1
                # TYPE negative_sum histogram
                negative_sum_bucket{le="1.0"} 1
                negative_sum_bucket{le="+Inf"} 1
                # TYPE no_number histogram
                no_number_bucket{le="1.0"} 0
                no_number_bucket{le="+Inf"} 1
                # EOF

                """#)
    }

    @Test func summariesKeepTheirCountAndWhatIsNotNegative() throws {
        let summary = try registry.summary("s", help: "", quantiles: Quantiles([0, 1]))
        summary.observe(-2)
        summary.observe(0)
        #expect(text() == "# TYPE s summary\ns{quantile=\"1.0\"} 0\ns_count 2\n# EOF\n")
    }

    @Test(arguments: [
        (EscapingScheme.allowUTF8, #""a.b_seconds""#, #"{"a.b_seconds_total"}"#, true),
        (.underscores, "a_b_seconds", "a_b_seconds_total", true),
        (.dots, "a_dot_b__seconds_", "a_dot_b__seconds__total", false),
        (.values, "U__a_2e_b__seconds_", "U__a_2e_b__seconds__total", false),
    ])
    func samplesAreCalledAsTheirFamilyIsWhateverIsEscaped(
        escaping: EscapingScheme, family: String, sample: String, hasUnit: Bool
    ) throws {
        _ = try registry.counter("a.b_seconds_total", help: "", unit: "seconds")
        // Only a unit that the name ends in is one.
        let unit = hasUnit ? "# UNIT \(family) seconds\n" : ""
        #expect(text(escaping) == "# TYPE \(family) counter\n\(unit)\(sample) 0\n# EOF\n")
    }

    @Test func aUnitThatTheSyntaxCannotHoldIsLeftOut() throws {
        _ = try registry.gauge("x_a b", help: "", unit: "a b")
        _ = try registry.gauge("y_a\nb", help: "", unit: "a\nb")
        #expect(!text(.allowUTF8).contains("UNIT"))
        #expect(!text().contains("UNIT"))
    }

    @Test func aCollectorsUnitThatIsNotInTheNameIsLeftOut() {
        let families = [MetricFamily.gauge("x_seconds", help: "", unit: "bytes", 1)]
        #expect(Exposition.text(families, as: .openMetrics) == "# TYPE x_seconds gauge\nx_seconds 1\n# EOF\n")
    }

    @Test func aCountersSampleSaysTotalEvenIfItsNameDoesNot() {
        let families = [MetricFamily.counter("x", help: "", 1), .counter("_total", help: "", 2)]
        #expect(
            Exposition.text(families, as: .openMetrics) == """
                # TYPE x counter
                x_total 1
                # TYPE _total counter
                _total_total 2
                # EOF

                """)
    }

    @Test func anExemplarOfTheOnlyBucketIsExposed() throws {
        for (name, native) in [("classic", nil), ("native", NativeBuckets.standard)] {
            let histogram = try registry.histogram(name, help: "", buckets: .none, native: native)
            histogram.observe(5, exemplar: try ExemplarLabels(["id": name]))
            #expect(text().contains("\(name)_bucket{le=\"+Inf\"} 1 # {id=\"\(name)\"} 5 "))
        }
    }

    @Test func whatIsNoNumberLiesInNoBucketAndIsNoExemplar() throws {
        let histogram = try registry.histogram("h", help: "", buckets: .none)
        histogram.observe(.nan, exemplar: try ExemplarLabels(["id": "1"]))
        #expect(text() == "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\n# EOF\n")
    }
}
