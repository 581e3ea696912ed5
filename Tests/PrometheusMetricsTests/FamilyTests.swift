import PrometheusMetrics
import Testing

@Suite struct FamilyTests {
    private let registry = MetricsRegistry()
    private struct Labels: MetricLabels, Equatable {
        var path: String
        var status: Int
    }

    private var lines: [Substring] {
        Exposition.text(registry.snapshot()).split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    @Test func aRemovedChildIsNoLongerExposedAndItsLabelsGetANewOne() throws {
        let family = try registry.counter("x_total", help: "X.", labels: Labels.self)
        let labels = Labels(path: "/", status: 200)
        // Often enough that the thread remembers it.
        for _ in 0..<10 { family[labels].increment() }
        let old = family[labels]
        #expect(family.remove(labels))
        #expect(!family.remove(labels))
        #expect(lines.isEmpty)
        old.increment()
        #expect(family[labels] !== old)
        #expect(family[labels].value == 0)
        #expect(lines == [#"x_total{path="/",status="200"} 0"#])
    }

    @Test func childrenAreRemovedByPredicateAndAllAtOnce() throws {
        let family = try registry.counter("x_total", help: "X.", labels: Labels.self)
        for status in [200, 404, 500, 503] { family[.init(path: "/", status: status)].increment() }
        #expect(family.removeAll { $0.status >= 500 } == 2)
        #expect(lines == [#"x_total{path="/",status="200"} 1"#, #"x_total{path="/",status="404"} 1"#])
        family[.init(path: "/", status: 500)].increment()
        #expect(lines.count == 3)
        family.removeAll()
        #expect(lines.isEmpty)
    }

    @Test func labelsBeyondTheLimitShareOneChildAndAreCounted() throws {
        let family = try registry.counter("x_total", help: "X.", labels: Labels.self, limit: 2)
        for status in 1...5 {
            for _ in 0..<10 { family[.init(path: "/", status: status)].increment() }
        }
        #expect(
            lines == [
                #"prometheus_client_dropped_series_total{family="x_total"} 30"#,
                #"x_total{otel_metric_overflow="true"} 30"#, #"x_total{path="/",status="1"} 10"#,
                #"x_total{path="/",status="2"} 10"#,
            ])
        family.remove(.init(path: "/", status: 1))
        family[.init(path: "/", status: 9)].increment()
        #expect(lines.contains(#"x_total{path="/",status="9"} 1"#))
    }

    @Test func manyMoreLabelsThanAThreadRemembersAreAllFound() throws {
        let family = try registry.counter("x_total", help: "X.", labels: Labels.self)
        for _ in 0..<5 {
            for status in 0..<2000 {
                family[.init(path: "/a path of more than fifteen bytes", status: status)].increment()
            }
        }
        for status in 0..<2000 {
            #expect(family[.init(path: "/a path of more than fifteen bytes", status: status)].value == 5)
        }
    }

    @Test func familiesOfTheSameLabelsAreKeptApart() throws {
        let families = try (0..<20).map { try registry.counter("x\($0)_total", help: "X.", labels: Labels.self) }
        let labels = Labels(path: "/", status: 200)
        for _ in 0..<10 {
            for (index, family) in families.enumerated() { family[labels].increment(by: index) }
        }
        for (index, family) in families.enumerated() { #expect(family[labels].value == Double(10 * index)) }
    }

    private struct Wide: MetricLabels {
        var a: String, b: String, c: String, d: String, e: String
    }

    @Test func labelsOfAnySizeWork() throws {
        let family = try registry.counter("x_total", help: "X.", labels: Wide.self)
        for _ in 0..<10 { family[.init(a: "1", b: "2", c: "3", d: "4", e: "5")].increment() }
        #expect(lines == [#"x_total{a="1",b="2",c="3",d="4",e="5"} 10"#])
    }

    @Test func labelsByNameGiveTheSameSeries() throws {
        let family = try registry.counter("x_total", help: "X.", labelNames: ["path", "status"])
        try family.child("/", "200").increment()
        try family.child(["status": "200", "path": "/"]).increment()
        #expect(lines == [#"x_total{path="/",status="200"} 2"#])
        #expect(throws: LabelError.otherCount(given: 1, expected: ["path", "status"])) { try family.child("/") }
        #expect(throws: LabelError.otherNames(given: ["path", "stat"], expected: ["path", "status"])) {
            try family.child(["path": "/", "stat": "200"])
        }
        try family.child("/", "500").increment()
        try family.child("/a", "500").increment()
        #expect(family.removeAll(matching: ["status": "500"]) == 2)
        #expect(family.removeAll(matching: ["other": "500"]) == 0)
        #expect(try family.remove(["path": "/", "status": "200"]))
        #expect(lines.isEmpty)
    }

    @Test func newChildrenTakeTheirPlaceInTheOrder() throws {
        let family = try registry.gauge("x", help: "X.", labelNames: ["n"])
        var expected: [String] = []
        for number in [5, 1, 9, 3, 7, 2, 8] {
            try family.child("\(number)").set(to: Double(number))
            expected.append("x{n=\"\(number)\"} \(number)")
            #expect(lines.map(String.init) == expected.sorted())
        }
    }
}
