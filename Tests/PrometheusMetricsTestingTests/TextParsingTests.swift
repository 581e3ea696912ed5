import PrometheusMetricsTesting
import Testing

@Suite struct TextParsingTests {
    private func check(_ text: TextCase) {
        text.check { text throws(ExpositionError) in try ParsedExposition(text: text) }
    }

    @Test(arguments: [
        "",
        "||  |\t|",
        "# a comment|#another|#|# EOF|# UNIT a b|# HELPER a b|",
        "a 1|",
        " a\t{ b = \"c\" , d=\"e\" , }  1  2 |",
        "a{b=\"c\"}1|",
        "#TYPE a gauge|#\tHELP\ta\tb|a 1|",
        "# HELP a|# TYPE a untyped|a 1|",
        "# HELP a \"b\" \\\\ \\n|# TYPE a counter|a -1|",
        "# TYPE a counter|# a comment||a 1|",
        "a{_b=\"c\",__d=\"e\"} 1|",
        "a 1 -3982045|",
        "a 0042|b -1.|c .5e-3|d +1E+3|e inf|f -INFINITY|g nan|",
        "# TYPE a histogram|a_bucket{b=\"c\",le=\"1\"} 1|a_bucket{b=\"d\",le=\"1\"} 1|a_bucket{b=\"c\",le=\"+Inf\"} 1|"
            + "a_bucket{b=\"d\",le=\"+Inf\"} 1|a_count{b=\"c\"} 1|a_count{b=\"d\"} 1|",
        "# TYPE a histogram|a_bucket{le=\"-1\"} 0.5|a_bucket{le=\"Inf\"} 1.5|a_sum -3|a_count 1.5|",
        "# TYPE a summary|a{quantile=\"0\"} -1|a{quantile=\"0.5\"} NaN|a_sum -1|a_count 2|",
        "# TYPE a counter|a 1|# TYPE a_created gauge|a_created 1|",
        "# TYPE \"a.b\" gauge|{\"a.b\"} 1|{ \"a.b\" , \"c d\" = \"e\" , } 1 2|",
    ]) func acceptsWhatTheFormatAllows(text: String) { check(TextCase(text)) }

    @Test(arguments: [
        TextCase("a 1", 1, "no line feed"),
        TextCase("a 1|b", 2, "the value"),
        TextCase("0a 1|", 1, "a metric name"),
        TextCase("a.b 1|", 1, "'.b'"),
        TextCase("a b|", 1, "'b'"),
        TextCase("a 0x1p3|", 1, "'0x1p3'"),
        TextCase("a 1_0|", 1, "'1_0'"),
        TextCase("a 1 1.5|", 1, "milliseconds"),
        TextCase("a 1 2 3|", 1, "end of the line"),
        TextCase("a 1 # {} 1|", 1, "milliseconds"),
        TextCase("a 1\r|", 1, "'1\r'"),
        TextCase("a{b=\"c\\z\"} 1|", 1, "one of the escapes"),
        TextCase("a{b=\"c\"d=\"e\"} 1|", 1, "',' or '}'"),
        TextCase("a{,} 1|", 1, "a label name"),
        TextCase("a{b=\"c\",b=\"d\"} 1|", 1, "'b' occurs twice"),
        TextCase("a{__name__=\"c\"} 1|", 1, "'__name__'"),
        TextCase("{b=\"c\"} 1|", 1, "nor one in quotes"),
        TextCase("# TYPE|", 1, "a metric name"),
        TextCase("# TYPE a|", 1, "''"),
        TextCase("# TYPE a info|", 1, "'info'"),
        TextCase("# TYPE a unknown|", 1, "'unknown'"),
        TextCase("# TYPE a gauge b|", 1, "end of the line"),
        TextCase("# TYPE a gauge |", 1, "end of the line"),
        TextCase("# TYPE a{b=\"c\"} gauge|", 1, "a blank behind"),
        TextCase("# HELP a \\\"b|", 1, "one of the escapes"),
        TextCase("# HELP a \\|", 1, "escapes nothing"),
        TextCase("# HELP a b|# HELP a b|", 2, "a second HELP"),
        TextCase("# TYPE a gauge|# TYPE a gauge|", 2, "a second TYPE"),
        TextCase("a 1|# TYPE a gauge|", 2, "behind its samples"),
        TextCase("a 1|# HELP a b|", 2, "behind its samples"),
        TextCase("a 1|b 1|a{c=\"d\"} 1|", 3, "'a' began on line 1"),
        TextCase("# TYPE a histogram|# TYPE a_sum gauge|", 2, "'a' of line 1"),
        TextCase("a 1 1|a 2 2|", 2, "'a' occurs twice"),
        TextCase("a{b=\"c\"} 1|a 1|a{b=\"c\"} 1|", 3, "occurs twice"),
        TextCase("# TYPE a histogram|a 1|", 2, "'a_bucket', 'a_count', 'a_sum'"),
        TextCase("# TYPE a histogram|a_sum 1|", 2, "no bucket le=\"+Inf\""),
        TextCase("# TYPE a histogram|a_bucket{le=\"+Inf\"} 1|", 2, "no '_count'"),
        TextCase("# TYPE a histogram|a_bucket{le=\"+Inf\"} 1|a_count 2|", 3, "counts 2.0"),
        TextCase("# TYPE a histogram|a_bucket{le=\"1\"} 2|a_bucket{le=\"+Inf\"} 1|", 3, "cumulative"),
        TextCase("# TYPE a histogram|a_bucket{le=\"2\"} 2|a_bucket{le=\"1\"} 3|", 3, "buckets ascend"),
        TextCase("# TYPE a histogram|a_bucket{le=\"+Inf\"} NaN|", 2, "no number of observations"),
        TextCase("# TYPE a histogram|a_bucket 1|", 2, "no label 'le'"),
        TextCase("# TYPE a summary|a 1|", 2, "no label 'quantile'"),
        TextCase("# TYPE a summary|a{quantile=\"2\"} 1|", 2, "from 0 to 1"),
        TextCase("# TYPE a summary|a{quantile=\"0.9\"} 1|a{quantile=\"0.5\"} 1|", 3, "quantiles ascend"),
    ]) func refusesWhatItDoesNot(text: TextCase) { check(text) }

    @Test func readsEverythingThatALineSays() throws {
        let parsed = try ParsedExposition(
            text: #"""
                # HELP hits_total All "hits",\nof C:\\.
                # TYPE hits_total counter
                hits_total{path="\"\\\n"} 1.5e3 1500
                # TYPE x untyped
                {"x"} 1

                """#)
        #expect(parsed.format == .text)
        #expect(parsed.families.map(\.name) == ["hits_total", "x"])
        #expect(parsed.families.map(\.type) == [.counter, .unknown])
        #expect(parsed.families.map(\.help) == ["All \"hits\",\nof C:\\.", nil])
        let sample = parsed.families[0].samples[0]
        #expect(sample.labels.map(\.value) == ["\"\\\n"])
        #expect(sample.value == 1500)
        #expect(sample.valueText == "1.5e3")
        #expect(sample.timestamp == 1.5)
    }

    @Test func refusesBytesThatAreNotUTF8() {
        #expect(throws: ExpositionError(line: 2, reason: "not valid UTF-8")) {
            try ParsedExposition(text: Array("a 1\n# ".utf8) + [0xFF, 0x0A])
        }
    }
}
