import PrometheusMetricsTesting
import Testing

@Suite struct LintTests {
    private func problems(_ text: String) throws -> [String] {
        Lint.problems(in: try ParsedExposition(text: text.replacing("|", with: "\n"))).map(\.description)
    }

    @Test func findsNothingWrongWithGoodMetrics() throws {
        #expect(
            try problems(
                """
                # HELP http_requests_total Requests.
                # TYPE http_requests_total counter
                http_requests_total{http_route="/"} 1
                # HELP process_resident_memory_bytes Memory.
                # TYPE process_resident_memory_bytes gauge
                process_resident_memory_bytes 1
                # HELP http_request_seconds Durations.
                # TYPE http_request_seconds histogram
                http_request_seconds_bucket{le="+Inf"} 1
                http_request_seconds_sum 1
                http_request_seconds_count 1
                # HELP size_bytes Sizes.
                # TYPE size_bytes summary
                size_bytes{quantile="0.5"} 1
                # HELP thermometers Not a unit.
                # TYPE thermometers gauge
                thermometers 1
                # HELP foreign_total Of unknown type.

                """) == [])
    }

    @Test(arguments: [
        ("# TYPE a gauge|a 1|", ["a: say in HELP what it measures"]),
        ("# HELP a |# TYPE a gauge|a 1|", ["a: say in HELP what it measures"]),
        ("# HELP a b|# TYPE a counter|a 1|", ["a: end the name of a counter in '_total'"]),
        ("# HELP a_total b|# TYPE a_total gauge|", ["a_total: keep '_total' at the end of a name for counters"]),
        ("# HELP a_total b|# TYPE a_total untyped|", []),
        (
            "# HELP a_bucket b|# TYPE a_bucket gauge|",
            ["a_bucket: keep '_bucket' at the end of a name for histograms"]
        ),
        (
            "# HELP a_bucket b|# TYPE a_bucket summary|",
            ["a_bucket: keep '_bucket' at the end of a name for histograms"]
        ),
        ("# HELP a_sum b|# TYPE a_sum summary|", []),
        (
            "# HELP a_count b|# TYPE a_count gauge|",
            ["a_count: keep '_count' at the end of a name for histograms and summaries"]
        ),
        (
            "# HELP a_sum b|# TYPE a_sum gauge|",
            ["a_sum: keep '_sum' at the end of a name for histograms and summaries"]
        ),
        ("# HELP a_count b|# TYPE a_count untyped|a_count{le=\"1\",quantile=\"1\"} 1|", []),
        (
            "# HELP a b|# TYPE a gauge|a{le=\"1\",quantile=\"1\"} 1|a{le=\"2\"} 1|",
            ["a: keep the label 'le' for histograms", "a: keep the label 'quantile' for summaries"]
        ),
        (
            "# HELP a b|# TYPE a summary|a{quantile=\"1\",le=\"1\"} 1|",
            ["a: keep the label 'le' for histograms"]
        ),
        ("# HELP a_Gauge_x b|# TYPE a_Gauge_x gauge|", ["a_Gauge_x: leave the type 'gauge' out of the name"]),
        ("# HELP a_histogram b|# TYPE a_histogram gauge|", ["a_histogram: leave the type 'histogram' out of the name"]),
        ("# HELP gauge_a b|# TYPE gauge_a gauge|", []),
        ("# HELP a:b b|# TYPE a:b gauge|", ["a:b: keep ':' in names for recording rules"]),
        ("# HELP fooBar b|# TYPE fooBar gauge|", ["fooBar: write the name in snake_case, not in camelCase"]),
        (
            "# HELP a b|# TYPE a gauge|a{fooBar=\"1\"} 1|a{fooBar=\"2\",aB=\"c\"} 1|",
            [
                "a: write the label 'aB' in snake_case, not in camelCase",
                "a: write the label 'fooBar' in snake_case, not in camelCase",
            ]
        ),
        ("# HELP a_ms b|# TYPE a_ms gauge|", ["a_ms: spell out the unit 'ms'"]),
        ("# HELP a_MB_x b|# TYPE a_MB_x gauge|", ["a_MB_x: spell out the unit 'mb'"]),
        ("# HELP ms_a b|# TYPE ms_a gauge|", []),
        (
            "# HELP a_milliseconds b|# TYPE a_milliseconds gauge|",
            ["a_milliseconds: measure in the base unit 'seconds', not in 'milliseconds'"]
        ),
        (
            "# HELP a_hours_kilobytes b|# TYPE a_hours_kilobytes gauge|",
            ["a_hours_kilobytes: measure in the base unit 'seconds', not in 'hours'"]
        ),
    ]) func findsEachBreach(text: String, expected: [String]) throws { #expect(try problems(text) == expected) }

    private static let bases = [
        "minutes": "seconds", "hours": "seconds", "days": "seconds", "weeks": "seconds", "kelvins": "kelvin",
        "fahrenheit": "celsius", "rankine": "celsius", "inches": "meters", "yards": "meters", "miles": "meters",
        "bits": "bytes", "calories": "joules", "pounds": "grams", "ounces": "grams", "seconds": "seconds",
        "kelvin": "kelvin", "celsius": "celsius", "meters": "meters", "metres": "metres", "bytes": "bytes",
        "joules": "joules", "grams": "grams", "volts": "volts", "amperes": "amperes",
    ]

    @Test(arguments: [
        "", "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega", "mibi", "giga",
        "gibi", "tera", "tebi", "peta", "pebi",
    ]) func knowsEveryUnitWithEveryPrefix(prefix: String) throws {
        for (unit, base) in Self.bases {
            let word = prefix + unit
            let name = "a_\(word)_x"
            let expected = word == base ? [] : ["\(name): measure in the base unit '\(base)', not in '\(word)'"]
            #expect(try problems("# HELP \(name) b|# TYPE \(name) gauge|") == expected)
        }
    }

    @Test(arguments: ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"])
    func knowsEveryAbbreviationOfAUnit(unit: String) throws {
        #expect(
            try problems("# HELP a_\(unit) b|# TYPE a_\(unit) gauge|") == ["a_\(unit): spell out the unit '\(unit)'"])
    }

    @Test func namesMetricsOfOpenMetricsAsTheTextFormatDoes() throws {
        let parsed = try ParsedExposition(
            openMetrics: """
                # TYPE z_ms counter
                # HELP z_ms Time.
                z_ms_total 1
                # TYPE good counter
                # HELP good Counts.
                good_total 1
                # TYPE build info
                build_info{buildDate="x"} 1
                # TYPE mode stateset
                # HELP mode Modes.
                mode{mode="on"} 1
                # TYPE depth gaugehistogram
                # HELP depth Depth.
                depth_bucket{le="+Inf"} 1
                # EOF

                """)
        #expect(
            Lint.problems(in: parsed).map(\.description) == [
                "build_info: say in HELP what it measures",
                "build_info: write the label 'buildDate' in snake_case, not in camelCase",
                "z_ms_total: spell out the unit 'ms'",
            ])
    }
}
