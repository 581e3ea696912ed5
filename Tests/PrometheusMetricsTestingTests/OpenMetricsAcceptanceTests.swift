import PrometheusMetricsTesting
import Testing

@Suite struct OpenMetricsAcceptanceTests {
    @Test(arguments: [
        "# EOF|",
        "# EOF",
        "a 1|# EOF|",
        "a{} 1|# EOF|",
        "# TYPE a gauge|# EOF|",
        "# HELP a |# UNIT a |# EOF|",
        "# HELP a b|# TYPE a gauge|# EOF|",
        "# HELP a b \0 c\rd|# EOF|",
        "a{b=\"\r\0\t,} # \"} 1|# EOF|",
        "a{b=\"c\"} 1|a{b=\"\"} 1|# EOF|",
        "a{b=\"\u{E9}\"} 1|a{b=\"e\u{301}\"} 1|# EOF|",
        "a 0042|b -1.|c .5e-3|d +1E+3|e inf|f -INFINITY|g nan|h 9223372036854775808|# EOF|",
        "a 000001.2e-1 -12.5|# EOF|",
        "a{b=\"\\z\\\"\\\\\\n\"} 1|# EOF|",
        "# HELP a \\z\\\"\\\\\\n|# EOF|",
        "a:b:c 1|# EOF|",
        "a 1 1|a 2 1.5|a 3 1e3|a{b=\"c\"} 1|# EOF|",
        "a 1 1|a 2 1|# EOF|",
        "# TYPE a_seconds counter|# UNIT a_seconds seconds|a_seconds_total 1|a_seconds_created 2|# EOF|",
        "# TYPE a counter|a_total 1 5|a_created 2 5|a_total 3 6|a_created 2 6|# EOF|",
        "# TYPE a counter|a_total +Inf # {} NaN|# EOF|",
        "# TYPE a counter|a_total 0|a_created -1|# EOF|",
        "# TYPE a counter|a_total 1 2 # {b=\"c # d\",e=\"}\"} -0.5 3.25|# EOF|",
        "# TYPE foo_total counter|foo_total_total 1|# TYPE foo counter|# EOF|",
        "# TYPE a info|a_info 1|a_info{b=\"c\"} 1 2|# EOF|",
        "# TYPE a info|a_info{b=\"c\"} 1 1|a_info{b=\"d\"} 1 2|a_info{b=\"c\"} 1 3|# EOF|",
        "# TYPE a stateset|a{a=\"b\"} 1.0|a{a=\"c\"} 0|a{d=\"e\",a=\"b\"} 1|# EOF|",
        "# TYPE a summary|a_sum 1.5|a_count 2|a_created 3|a{quantile=\"0.9\"} NaN|a{quantile=\"0.5\"} 1|# EOF|",
        "# TYPE a summary|a_created 1|# EOF|",
        "# TYPE a summary|a{quantile=\"0.0\"} 0|a{quantile=\"1.0\"} +Inf|a_sum 0|a_count 0|# EOF|",
        "# TYPE a histogram|a_bucket{le=\"1.0\"} 1 # {} 1|a_bucket{le=\"+Inf\"} 1|a_sum 0|a_count 1|# EOF|",
        "# TYPE a gaugehistogram|a_bucket{le=\"+Inf\"} 1|a_gsum 0|a_gcount 1|# EOF|",
        "# TYPE a histogram|a_bucket{le=\"+Inf\"} 0|# EOF|",
        "# TYPE a histogram|a_bucket{le=\"-1.0\"} 0|a_bucket{le=\"+Inf\"} 1|# EOF|",
        "# TYPE a histogram|a_bucket{le=\"1.1e-4\"} 1|a_bucket{le=\"1\"} 1 # {} 0.5|a_bucket{le=\"+Inf\"} 1|# EOF|",
        "# TYPE a histogram|a_bucket{le=\"+Inf\"} 1 1|a_sum 1 1|a_count 1 1|a_bucket{le=\"+Inf\"} 2 2|a_sum 2 2|"
            + "a_count 2 2|# EOF|",
        "# TYPE a gaugehistogram|a_bucket{le=\"-1.0\"} 1|a_bucket{le=\"+Inf\"} 3|a_gcount 3|a_gsum -5|# EOF|",
        "# TYPE a unknown|a -1|# EOF|",
        "{\"a.b\"} 1|{\"a.b\",\"c d\"=\"e\",f=\"g\"} 1|a{\"b\"=\"c\"} 1|# EOF|",
        "# TYPE \"a.b_s\" counter|# UNIT \"a.b_s\" s|# HELP \"a.b_s\" c|{\"a.b_s_total\"} 1 # {\"d.e\"=\"f\"} 1|# EOF|",
        "# TYPE \"a b\" stateset|{\"a b\",\"a b\"=\"c\"} 1|# EOF|",
    ]) func acceptsWhatTheSpecificationAllows(text: String) {
        TextCase(text).check { text throws(ExpositionError) in
            try ParsedExposition(openMetrics: text, strictness: .required)
        }
    }

    @Test(arguments: [
        TextCase("# EOF", 1, "no line feed behind it"),
        TextCase("# HELP a b|# TYPE a gauge|# EOF|", 2, "the order is TYPE, UNIT, HELP"),
        TextCase("# HELP a_s b|# UNIT a_s s|# EOF|", 2, "the order is TYPE, UNIT, HELP"),
        TextCase("# UNIT a_s s|# TYPE a_s gauge|# EOF|", 2, "the order is TYPE, UNIT, HELP"),
        TextCase("a{b=\"\\z\"} 1|# EOF|", 1, "one of the escapes"),
        TextCase("# HELP a \\z|# EOF|", 1, "one of the escapes"),
        TextCase("# TYPE a histogram|a_bucket{le=\"1\"} 1|a_bucket{le=\"+Inf\"} 1|# EOF|", 2, "canonical as '1.0'"),
        TextCase("# TYPE a summary|a{quantile=\"0.50\"} 1|# EOF|", 2, "canonical as '0.5'"),
        TextCase("a 1 1|a 2 1|# EOF|", 2, "keeps only one of them"),
    ]) func refusesWhatItAdvisesAgainstUnlessAskedNotTo(text: TextCase) {
        text.check { text throws(ExpositionError) in try ParsedExposition(openMetrics: text) }
        #expect(throws: Never.self) { try ParsedExposition(openMetrics: text.text, strictness: .required) }
    }

    @Test(arguments: [
        "0.0", "0.001", "0.002", "0.01", "0.1", "0.9", "0.95", "0.99", "0.999", "1.0", "1.7", "10.0", "1e-10", "1e-09",
        "1e-05", "0.0001", "100000.0", "1e+06", "1e+10", "123456.5", "1.2345678e+07", "1.5e-07", "-1.0", "-0.25",
        "-2.5e+20", "1e+23", "1.1e+23", "1e+100", "5e-324", "-Inf", "+Inf",
    ]) func knowsTheCanonicalFormOfABound(bound: String) {
        let parts = bound.split(separator: "e")
        let zero = parts[0].contains(".") ? "0" : ".0"
        let other = "\(parts[0])\(zero)\(parts.count > 1 ? "e\(parts[1])" : "")"
        func parse(_ text: String) throws(ExpositionError) {
            let last = text == "+Inf" ? "" : "a_bucket{le=\"+Inf\"} 0\n"
            _ = try ParsedExposition(openMetrics: "# TYPE a histogram\na_bucket{le=\"\(text)\"} 0\n\(last)# EOF\n")
        }
        #expect(throws: Never.self) { try parse(bound) }
        #expect(throws: ExpositionError.self) { try parse(other) }
    }

    @Test(arguments: [
        ("0", 0), ("+7", 7), ("-0042", -42), ("999999999999999", 999_999_999_999_999), ("1.", 1), (".5", 0.5),
        ("9007199254740993", 9_007_199_254_740_992), ("18446744073709551616", 18_446_744_073_709_551_616),
        ("99999999999999999999999999", 1e26), ("1.25E+2", 125), ("5e-324", .leastNonzeroMagnitude), ("1e-999", 0),
        ("Inf", .infinity),
        ("+infinity", .infinity), ("-INF", -.infinity),
    ]) func readsNumbersToTheLastBit(text: String, value: Double) throws {
        let parsed = try ParsedExposition(openMetrics: "a \(text)\n# EOF\n")
        #expect(parsed.value(of: "a") == value)
        #expect(parsed.sample("a")?.valueText == text)
    }

    @Test func readsEverythingThatALineSays() throws {
        let parsed = try ParsedExposition(
            openMetrics: #"""
                # TYPE http_request_seconds histogram
                # UNIT http_request_seconds seconds
                # HELP http_request_seconds How \"long\",\nin \\ all.
                http_request_seconds_bucket{path="/\"a\\b\n\"",le="0.5"} 2 10.5 # {trace_id="ü"} 0.25 9.75
                http_request_seconds_bucket{path="/\"a\\b\n\"",le="+Inf"} 3e0 10.5
                http_request_seconds_sum{path="/\"a\\b\n\""} 1.0 10.5
                http_request_seconds_count{path="/\"a\\b\n\""} 3 10.5
                # TYPE "hits.per.page" counter
                {"hits.per.page_total","page.name"="x"} 7
                loose NaN
                # EOF

                """#)
        #expect(parsed.format == .openMetrics)
        #expect(parsed.families.map(\.name) == ["http_request_seconds", "hits.per.page", "loose"])
        #expect(parsed.families.map(\.type) == [.histogram, .counter, .unknown])
        #expect(parsed.families.map(\.unit) == ["seconds", nil, nil])
        #expect(parsed.families.map(\.help) == ["How \"long\",\nin \\ all.", nil, nil])
        let bucket = parsed.families[0].samples[0]
        #expect(bucket.name == "http_request_seconds_bucket")
        #expect(bucket.labels.map(\.name) == ["path", "le"])
        #expect(bucket.labels.map(\.value) == ["/\"a\\b\n\"", "0.5"])
        #expect(bucket[label: "le"] == "0.5")
        #expect(bucket[label: "page"] == nil)
        #expect(bucket.value == 2)
        #expect(bucket.timestamp == 10.5)
        let exemplar = try #require(bucket.exemplar)
        #expect(exemplar.labels.map(\.name) == ["trace_id"])
        #expect(exemplar.labels.map(\.value) == ["ü"])
        #expect(exemplar.value == 0.25)
        #expect(exemplar.valueText == "0.25")
        #expect(exemplar.timestamp == 9.75)
        #expect(parsed.families[0].samples.map(\.valueText) == ["2", "3e0", "1.0", "3"])
        #expect(parsed.families[0].samples[1].exemplar == nil)
        #expect(parsed.families[1].samples[0].name == "hits.per.page_total")
        #expect(parsed.families[1].samples[0].labels.map(\.name) == ["page.name"])
        #expect(parsed.families[2].samples[0].value.isNaN)
        #expect(parsed.families[2].samples[0].timestamp == nil)
    }

    @Test func writesSamplesBackAsTheyStood() throws {
        let lines = [
            #"a_bucket{b="c\"\\\nd",le="1.0"} 1 2.5 # {e="f"} 0.5 3.25"#, #"a_bucket{b="c\"\\\nd",le="+Inf"} 1 2.5"#,
            #"{"b.c_bucket","d e"="f",le="+Inf"} 1 # {} 1"#,
        ]
        let text = "# TYPE a histogram\n\(lines[0])\n\(lines[1])\n# TYPE \"b.c\" histogram\n\(lines[2])\n# EOF\n"
        #expect(try ParsedExposition(openMetrics: text).families.flatMap(\.samples).map(\.description) == lines)
    }
}
