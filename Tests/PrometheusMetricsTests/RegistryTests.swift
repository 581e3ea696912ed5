import PrometheusMetrics
import Testing

@Suite struct RegistryTests {
    private func lines(_ registry: MetricsRegistry, names: Set<String>? = nil) -> [String] {
        Exposition.text(registry.snapshot(names: names)).split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map(String.init)
    }

    @Test func constantLabelsAreOnEverySeries() throws {
        let registry = MetricsRegistry(constantLabels: ["shard": "7"])
        try registry.counter("x_total", help: "X.").increment()
        try registry.gauge("y", help: "Y.", labelNames: ["a"]).child("b").set(to: 2)
        try registry.gauge("z", help: "Z.") { 3 }
        #expect(
            lines(registry) == [
                #"x_total{shard="7"} 1"#, #"y{a="b",shard="7"} 2"#, #"z{shard="7"} 3"#,
            ])
        #expect(throws: RegistrationError.duplicateLabelName("shard", metric: "w")) {
            try registry.gauge("w", help: "W.", labelNames: ["shard"])
        }
    }

    @Test func subregistriesShareAMetricAsLongAsTheirLabelsDiffer() throws {
        let registry = MetricsRegistry()
        for (pool, size) in [("b", 2.0), ("a", 1.0)] {
            let pool = registry.subregistry(prefix: "pool_", constantLabels: ["pool": pool])
            try pool.gauge("size", help: "Size.").set(to: size)
        }
        #expect(
            Exposition.text(registry.snapshot()) == """
                # HELP pool_size Size.
                # TYPE pool_size gauge
                pool_size{pool="a"} 1
                pool_size{pool="b"} 2

                """)
        let again = registry.subregistry(prefix: "pool_", constantLabels: ["pool": "a"])
        #expect(throws: RegistrationError.duplicateName("pool_size")) { try again.gauge("size", help: "Size.") }
        let other = registry.subregistry(prefix: "pool_", constantLabels: ["pool": "c"])
        #expect(throws: RegistrationError.differentDefinition(name: "pool_size", what: "help ('Size.')")) {
            try other.gauge("size", help: "Other.")
        }
        #expect(throws: RegistrationError.differentDefinition(name: "pool_size", what: "set of labels (pool)")) {
            try other.gauge("size", help: "Size.", labelNames: ["more"])
        }
    }

    @Test func whatWasTakenOutCanBeRegisteredAgain() throws {
        let registry = MetricsRegistry()
        _ = try registry.histogram("h", help: "H.", buckets: .none)
        #expect(registry.unregister("h"))
        #expect(!registry.unregister("h"))
        #expect(lines(registry).isEmpty)
        _ = try registry.gauge("h_sum", help: "S.")
    }

    @Test func namesRestrictWhatIsRead() throws {
        let registry = MetricsRegistry()
        try registry.gauge("read", help: "R.") { 1 }
        try registry.gauge("unread", help: "U.") {
            Issue.record("it was read all the same")
            return 0
        }
        _ = try registry.histogram("h", help: "H.", buckets: .none)
        #expect(lines(registry, names: ["read"]) == ["read 1"])
        #expect(lines(registry, names: ["h_bucket"]).count == 3)
        #expect(lines(registry, names: ["nothing"]).isEmpty)
    }

    @Test func unitsMustBeInTheName() throws {
        let registry = MetricsRegistry()
        _ = try registry.counter("sent_bytes_total", help: "Sent.", unit: "bytes")
        #expect(throws: RegistrationError.unitNotInName(unit: "seconds", name: "wait")) {
            try registry.gauge("wait", help: "Wait.", unit: "seconds")
        }
        #expect(throws: RegistrationError.unitNotInName(unit: "bytes", name: "bytes_total")) {
            try registry.counter("bytes_total", help: "B.", unit: "bytes")
        }
        #expect(Exposition.text(registry.snapshot(), as: .openMetrics).contains("# UNIT sent_bytes bytes\n"))
    }

    @Test func utf8NamesAreTakenOnRequestAndEscapedAsAsked() throws {
        let registry = MetricsRegistry(naming: .utf8)
        try registry.counter("http.requests_total", help: "R.", labelNames: ["url.path"]).child("/").increment()
        func text(_ escaping: EscapingScheme) -> String {
            Exposition.text(registry.snapshot(), escaping: escaping).split(separator: "\n").last.map(String.init) ?? ""
        }
        #expect(text(.allowUTF8) == #"{"http.requests_total","url.path"="/"} 1"#)
        #expect(text(.underscores) == #"http_requests_total{url_path="/"} 1"#)
        #expect(text(.dots) == #"http_dot_requests__total{url_dot_path="/"} 1"#)
        #expect(text(.values) == #"U__http_2e_requests__total{U__url_2e_path="/"} 1"#)
        // To a scraper that can't read them, both would be one.
        #expect(throws: RegistrationError.self) { try registry.counter("http_requests_total", help: "R.") }
        #expect(throws: RegistrationError.duplicateLabelName("url_path", metric: "y")) {
            try registry.gauge("y", help: "Y.", labelNames: ["url.path", "url_path"])
        }
        #expect(throws: RegistrationError.invalidName("")) { try registry.gauge("", help: "") }
    }

    @Test func aCallbackThatBreaksTheRulesOfCountersIsLeftOutAndCounted() throws {
        let registry = MetricsRegistry()
        try registry.counter("bad_total", help: "B.") { -1 }
        try registry.counter("good_total", help: "G.") { 4 }
        let lines = lines(registry)
        #expect(lines.contains("good_total 4"))
        #expect(!lines.contains { $0.hasPrefix("bad_total") })
        #expect(self.lines(registry).contains(#"prometheus_client_dropped_series_total{family="bad_total"} 1"#))
    }

    private struct Careless: Collector {
        let metrics: [(name: String, type: MetricType)] = [("a", .gauge), ("b_total", .counter)]
        func collect() -> [MetricFamily] {
            [
                .gauge("a", help: "A.", [(.empty, 1), (.empty, 2)]), .gauge("a", help: "A.", 3),
                .gauge("b_total", help: "B.", 4), .gauge("undeclared", help: "U.", 5),
            ]
        }
    }

    @Test func aCarelessCollectorCannotSpoilTheExposition() throws {
        let registry = MetricsRegistry()
        try registry.register(Careless())
        #expect(lines(registry) == ["a 1"])
        let dropped = lines(registry).filter { $0.hasPrefix("prometheus_client_dropped") }
        #expect(dropped.count == 3)
    }

    @Test func aRegistryAndItsFamiliesAreFreedTogether() throws {
        weak var core: AnyObject?
        do {
            let registry = MetricsRegistry()
            core = registry
            _ = try registry.counter("x_total", help: "X.", labelNames: ["a"]).child("b")
            try registry.counter("y_total", help: "Y.") { 1 }
            _ = registry.snapshot()
        }
        #expect(core == nil)
    }
}
