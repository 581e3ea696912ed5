import PrometheusMetrics
import TestSupport
import Testing

@Suite struct EscapingTests {
    private static let names: [(name: String, underscores: String, dots: String, values: String)] = [
        ("", "", "", ""),
        ("plain", "plain", "plain", "plain"),
        ("a_b:c", "a_b:c", "a__b:c", "a_b:c"),
        ("_9", "_9", "__9", "_9"),
        (
            "http.server.duration", "http_server_duration", "http_dot_server_dot_duration",
            "U__http_2e_server_2e_duration"
        ),
        ("a.b_total", "a_b_total", "a_dot_b__total", "U__a_2e_b__total"),
        ("a.b:c", "a_b:c", "a_dot_b:c", "U__a_2e_b:c"),
        ("1st_2", "_st_2", "__st__2", "U___31_st__2"),
        ("ms µ/😱", "ms____", "ms________", "U__ms_20__b5__2f__1f631_"),
        ("e\u{301}", "e_", "e__", "U__e_301_"),
        ("a\"\\\n", "a___", "a______", "U__a_22__5c__a_"),
        ("U__a", "U__a", "U____a", "U__a"),
        ("\u{FFFD}\0", "__", "____", "U___fffd__0_"),
    ]

    @Test(arguments: names)
    func everySchemeWritesAMetricsNameAsPrometheusDoes(
        name: String, underscores: String, dots: String, values: String
    ) {
        #expect(EscapingScheme.allowUTF8.escape(metricName: name) == name)
        #expect(EscapingScheme.underscores.escape(metricName: name) == underscores)
        #expect(EscapingScheme.dots.escape(metricName: name) == dots)
        #expect(EscapingScheme.values.escape(metricName: name) == values)
    }

    @Test(arguments: names.filter { !$0.name.contains(":") })
    func labelsAreWrittenAsMetricsAre(name: String, underscores: String, dots: String, values: String) {
        #expect(EscapingScheme.allowUTF8.escape(labelName: name) == name)
        #expect(EscapingScheme.underscores.escape(labelName: name) == underscores)
        #expect(EscapingScheme.dots.escape(labelName: name) == dots)
        #expect(EscapingScheme.values.escape(labelName: name) == values)
    }

    @Test func aColonIsEscapedInLabelsAlone() {
        #expect(EscapingScheme.allowUTF8.escape(labelName: "a:b") == "a:b")
        #expect(EscapingScheme.underscores.escape(labelName: "a:b") == "a_b")
        #expect(EscapingScheme.dots.escape(labelName: "a:b") == "a__b")
        #expect(EscapingScheme.values.escape(labelName: "a:b") == "U__a_3a_b")
    }

    @Test func whatIsEscapedIsLegacyValid() {
        var generator = SeededGenerator(seed: 1)
        let pool: [Unicode.Scalar] = ["a", "Z", "0", "9", "_", ":", ".", "-", "\"", "\n", "\0", "ü", "😱", "\u{301}"]
        for _ in 0..<10_000 {
            var name = ""
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                name.unicodeScalars.append(pool.randomElement(using: &generator)!)
            }
            for scheme in EscapingScheme.allCases where scheme != .allowUTF8 {
                #expect(scheme.escape(metricName: name).wholeMatch(of: #/[a-zA-Z_:][a-zA-Z0-9_:]*/#) != nil, "\(name)")
                #expect(scheme.escape(labelName: name).wholeMatch(of: #/[a-zA-Z_][a-zA-Z0-9_]*/#) != nil, "\(name)")
            }
        }
    }

    @Test func schemesAreNamedAsInHeaders() {
        #expect(EscapingScheme.allCases.map(\.rawValue) == ["allow-utf-8", "underscores", "dots", "values"])
    }
}
