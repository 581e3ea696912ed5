import PrometheusMetricsTesting
import Testing

@Suite struct ExpositionValueTests {
    @Test func findsOneSeriesByNameAndAllItsLabels() throws {
        let parsed = try ParsedExposition(
            text: """
                # TYPE x_total counter
                x_total{path="/",code="200"} 1
                x_total{path="/",code="500"} 2
                x_total{path="/",code=""} 3
                x_total 4
                # TYPE h histogram
                h_bucket{le="1.0"} 5
                h_bucket{le="+Inf"} 6
                h_count 6

                """)
        #expect(parsed.value(of: "x_total", ["code": "500", "path": "/"]) == 2)
        #expect(parsed.value(of: "x_total", ["path": "/"]) == 3)
        #expect(parsed.value(of: "x_total", ["path": "/", "method": ""]) == 3)
        #expect(parsed.value(of: "x_total") == 4)
        #expect(parsed.value(of: "h_bucket", ["le": "1.0"]) == 5)
        #expect(parsed.value(of: "h_count") == 6)
        #expect(parsed.value(of: "x_total", ["path": "/a"]) == nil)
        #expect(parsed.value(of: "x_total", ["path": "/", "code": "200", "method": "GET"]) == nil)
        #expect(parsed.value(of: "x") == nil)
        #expect(parsed.family("h")?.samples.count == 3)
        #expect(parsed.family("h_count") == nil)
    }

    @Test func takesTheLatestOfSeveralPointsAndGivesItsExemplar() throws {
        let parsed = try ParsedExposition(
            openMetrics: """
                # TYPE x counter
                x_total 1 10
                x_total 2 20 # {trace_id="a"} 1
                # EOF

                """)
        #expect(parsed.value(of: "x_total") == 2)
        #expect(parsed.sample("x_total")?.timestamp == 20)
        #expect(parsed.sample("x_total")?.exemplar?.labels.first?.value == "a")
    }

    @Test func tellsStringsApartByTheirBytes() throws {
        let parsed = try ParsedExposition(text: "a{b=\"\u{E9}\"} 1\na{b=\"e\u{301}\"} 2\n")
        #expect(parsed.value(of: "a", ["b": "\u{E9}"]) == 1)
        #expect(parsed.value(of: "a", ["b": "e\u{301}"]) == 2)
    }
}
