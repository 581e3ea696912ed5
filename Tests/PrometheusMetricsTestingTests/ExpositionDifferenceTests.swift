import PrometheusMetricsTesting
import Testing

@Suite struct ExpositionDifferenceTests {
    private func difference(
        _ expected: String, _ actual: String, ignoring ignored: [String] = []
    ) throws -> ExpositionDifference {
        func parse(_ lines: String) throws -> ParsedExposition {
            try ParsedExposition(openMetrics: lines + "# EOF\n", strictness: .required)
        }
        return ExpositionDifference(expected: try parse(expected), actual: try parse(actual), ignoring: ignored)
    }

    @Test func ignoresOrderSpellingOfNumbersAndEmptyMetadata() throws {
        let difference = try difference(
            """
            # TYPE a counter
            a_total{b="1",c="2"} 10 # {d="e",f="g"} 1
            a_total{b="2"} 1e1
            # HELP x \("")
            x NaN

            """,
            """
            # TYPE x unknown
            x nan
            # TYPE a counter
            # UNIT a \("")
            a_total{b="2",h=""} 10.0
            a_total{c="2",b="1"} 10.0 # {f="g",d="e"} 1.0

            """)
        #expect(difference.isEmpty)
        #expect(difference.description == "")
    }

    @Test func showsWhatIsMissingUnexpectedAndChanged() throws {
        let difference = try difference(
            #"""
            # TYPE a counter
            # HELP a Old \"help\".
            a_total{b="1"} 1
            a_total{b="2"} 2
            # TYPE gone gauge
            # HELP gone Gone.
            gone 1
            # TYPE t_seconds gauge
            t_seconds 1

            """#,
            """
            # TYPE new gauge
            new{c="d"} 1
            # TYPE a counter
            # HELP a New.
            a_total{b="3"} 3
            a_total{b="1"} 1.5
            # TYPE t_seconds unknown
            # UNIT t_seconds seconds
            t_seconds 1

            """)
        #expect(!difference.isEmpty)
        #expect(
            difference.description == #"""
                - # HELP a Old \"help\".
                + # HELP a New.
                - a_total{b="1"} 1
                + a_total{b="1"} 1.5
                - a_total{b="2"} 2
                + a_total{b="3"} 3
                - # TYPE gone gauge
                - # HELP gone Gone.
                - gone 1
                - # TYPE t_seconds gauge
                + # UNIT t_seconds seconds
                + # TYPE new gauge
                + new{c="d"} 1
                """#)
        #expect(difference.changes[1] == .changed(expected: #"a_total{b="1"} 1"#, actual: #"a_total{b="1"} 1.5"#))
        #expect(difference.changes[2] == .missing(#"a_total{b="2"} 2"#))
        #expect(difference.changes[3] == .unexpected(#"a_total{b="3"} 3"#))
    }

    @Test(arguments: [
        ("a 1\n", "a 1.0000000000000002\n"),
        ("a 1\n", "a 1 5\n"),
        ("a 1 5\n", "a 1 6\n"),
        ("a 1 5\n", "a 1 5\na 1 6\n"),
        ("a{b=\"\u{E9}\"} 1\n", "a{b=\"e\u{301}\"} 1\n"),
        (
            "# TYPE a histogram\na_bucket{le=\"1.0\"} 0\na_bucket{le=\"+Inf\"} 0\n",
            "# TYPE a histogram\na_bucket{le=\"1\"} 0\na_bucket{le=\"+Inf\"} 0\n"
        ),
        ("# TYPE a counter\na_total 1\n", "# TYPE a counter\na_total 1 # {} 1\n"),
        ("# TYPE a counter\na_total 1 # {} 1\n", "# TYPE a counter\na_total 1 # {} 2\n"),
        ("# TYPE a counter\na_total 1 # {} 1\n", "# TYPE a counter\na_total 1 # {} 1 5\n"),
        ("# TYPE a counter\na_total 1 # {} 1\n", "# TYPE a counter\na_total 1 # {b=\"c\"} 1\n"),
        ("# TYPE a counter\na_total 1\n", "# TYPE a counter\na_total 1\na_created 5\n"),
        ("# TYPE a gauge\n", ""),
    ]) func toleratesNothingElse(one: String, other: String) throws {
        #expect(try !difference(one, other).isEmpty)
        #expect(try !difference(other, one).isEmpty)
        #expect(try difference(one, one).isEmpty)
        #expect(try difference(other, other).isEmpty)
    }

    @Test(arguments: [
        (["a_created"], true), (["*_created"], true), (["a_*"], true), (["a"], true), (["*"], true),
        (["*_creat*"], true),
        (["created"], false), (["_created"], false), (["a_create"], false), (["*_create"], false),
        (["created*"], false),
        ([""], false), (["b", "a_created"], true),
    ]) func ignoresFamiliesAndSamplesByName(ignored: [String], isEmpty: Bool) throws {
        let text = "# TYPE a counter\na_total 1\n"
        #expect(try difference(text, text + "a_created 5\n", ignoring: ignored).isEmpty == isEmpty)
    }

    @Test func leavesOutTheMetadataOfIgnoredFamiliesToo() throws {
        let extra = "# TYPE process_threads gauge\n# HELP process_threads Threads.\nprocess_threads 1\n"
        #expect(try difference("a 1\n", "a 1\n" + extra, ignoring: ["process_*"]).isEmpty)
        #expect(try !difference("a 1\n", "a 1\n" + extra, ignoring: ["process_*s_"]).isEmpty)
    }
}
