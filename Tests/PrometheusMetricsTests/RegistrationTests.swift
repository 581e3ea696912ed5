import PrometheusMetrics
import Testing

@Suite struct RegistrationTests {
    private let registry = MetricsRegistry()

    @Test(arguments: ["", "1st", "with space", "dash-ed", "ü", "a{b}"]) func refusesBadNames(name: String) {
        #expect(throws: RegistrationError.invalidName(name)) { try registry.gauge(name, help: "") }
    }

    @Test func refusesCountersThatDoNotSayTotal() {
        #expect(throws: RegistrationError.counterWithoutTotal("hits")) { try registry.counter("hits", help: "") }
    }

    @Test func refusesANameTwiceWhateverTheType() throws {
        _ = try registry.counter("x_total", help: "")
        #expect(throws: RegistrationError.duplicateName("x_total")) { try registry.counter("x_total", help: "") }
        #expect(throws: RegistrationError.differentDefinition(name: "x_total", what: "type (counter)")) {
            try registry.gauge("x_total", help: "")
        }
    }

    @Test(arguments: ["h_bucket", "h_sum", "h_count"]) func refusesClashesWithAHistogramsSamples(name: String) throws {
        let clash = RegistrationError.nameClash(name: name, sample: name, other: "h")
        _ = try registry.histogram("h", help: "", buckets: .httpDuration)
        #expect(throws: clash) { try registry.gauge(name, help: "") }
        let other = MetricsRegistry()
        _ = try other.gauge(name, help: "")
        #expect(throws: RegistrationError.nameClash(name: "h", sample: name, other: name)) {
            try other.histogram("h", help: "", buckets: .httpDuration)
        }
    }

    @Test func refusesClashesWithACountersNameInOpenMetrics() throws {
        _ = try registry.counter("x_total", help: "")
        #expect(throws: RegistrationError.nameClash(name: "x", sample: "x", other: "x_total")) {
            try registry.gauge("x", help: "")
        }
    }

    @Test func aRefusedMetricLeavesNothingBehind() throws {
        let other = MetricsRegistry()
        _ = try other.gauge("h_sum", help: "")
        #expect(throws: RegistrationError.self) { try other.histogram("h", help: "", buckets: .httpDuration) }
        _ = try other.gauge("h_bucket", help: "")
    }

    private struct Reserved: MetricLabels { var le: String }
    private struct Underscored: MetricLabels {
        var a: String
        enum CodingKeys: String, CodingKey { case a = "__name__" }
    }
    private struct Renamed: MetricLabels {
        var a: String
        enum CodingKeys: String, CodingKey { case a = "not-valid" }
    }

    @Test func refusesReservedAndMalformedLabels() {
        #expect(throws: RegistrationError.invalidLabelName("le", metric: "g")) {
            try registry.gauge("g", help: "", labels: Reserved.self)
        }
        #expect(throws: RegistrationError.invalidLabelName("__name__", metric: "g")) {
            try registry.gauge("g", help: "", labels: Underscored.self)
        }
        #expect(throws: RegistrationError.invalidLabelName("not-valid", metric: "g")) {
            try registry.gauge("g", help: "", labels: Renamed.self)
        }
    }

    private struct Nested: MetricLabels {
        var inner: Inner
        struct Inner: Codable, Hashable { var a = 1 }
    }
    private struct Listed: MetricLabels { var list: [String] }
    private struct MaybeListed: MetricLabels { var list: [String]? }
    private struct Measured: MetricLabels { var measure: Double }
    private struct Lopsided: MetricLabels {
        init() {}
        init(from decoder: any Decoder) {}
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode("a")
        }
    }

    @Test func refusesWhatCannotBeALabelWithoutCrashing() {
        for registering in [
            { _ = try registry.gauge("g", help: "", labels: Nested.self) },
            { _ = try registry.gauge("g", help: "", labels: Listed.self) },
            { _ = try registry.gauge("g", help: "", labels: MaybeListed.self) },
            { _ = try registry.gauge("g", help: "", labels: Measured.self) },
            { _ = try registry.gauge("g", help: "", labels: Lopsided.self) },
        ] as [() throws -> Void] {
            #expect {
                try registering()
            } throws: { error in
                if case .unsupportedLabels? = error as? RegistrationError { true } else { false }
            }
        }
    }

    private enum Kind: String, MetricLabelEnum { case book, music }
    private struct Labels: MetricLabels {
        var kind: Kind
        var paid: Bool
        var count: Int
        var note: String?
        enum CodingKeys: String, CodingKey {
            case kind, paid, note
            case count = "item_count"
        }
    }

    @Test func labelsComeFromAPlainStruct() throws {
        let family = try registry.counter("orders_total", help: "Orders.", labels: Labels.self)
        family[.init(kind: .music, paid: true, count: 3, note: "x")].increment()
        family[.init(kind: .book, paid: false, count: 0)].increment(by: 2)
        #expect(
            Exposition.text(registry.snapshot()).hasSuffix(
                #"""
                orders_total{item_count="0",kind="book",paid="false"} 2
                orders_total{item_count="3",kind="music",note="x",paid="true"} 1

                """#))
    }

    @Test func equalLabelsShareOneChild() throws {
        let family = try registry.counter("orders_total", help: "Orders.", labels: Labels.self)
        let labels = Labels(kind: .book, paid: true, count: 1)
        #expect(family[labels] === family[labels])
        // The empty value is the same as none.
        #expect(family[labels] === family[.init(kind: .book, paid: true, count: 1, note: "")])
        #expect(registry.snapshot()[0].series.count == 1)
    }

    @Test func aChildIsRemovedByAnyLabelsThatAreTheSame() throws {
        let family = try registry.counter("orders_total", help: "Orders.", labels: Labels.self)
        let none = Labels(kind: .book, paid: true, count: 1)
        let empty = Labels(kind: .book, paid: true, count: 1, note: "")
        for (asked, removed) in [([none], none), ([none], empty), ([none, empty], none), ([none, empty], empty)] {
            let old = asked.map { family[$0] }
            #expect(family.remove(removed))
            #expect(!family.remove(removed))
            #expect(registry.snapshot().isEmpty)
            for labels in [none, empty] { #expect(!old.contains { $0 === family[labels] }) }
            family.removeAll()
        }
    }

    @Test func refusesBucketsOutOfOrder() {
        #expect(throws: RegistrationError.self) { try Buckets([1, 1]) }
        #expect(throws: RegistrationError.self) { try Buckets([2, 1]) }
        #expect(throws: RegistrationError.self) { try Buckets([1, .nan]) }
        #expect(throws: RegistrationError.self) { try Buckets([-.infinity, 1]) }
    }

    @Test func bucketsCanBeComputed() throws {
        #expect(try Buckets([1, .infinity]).bounds == [1])
        #expect(try Buckets.linear(start: 1, width: 2, count: 3).bounds == [1, 3, 5])
        #expect(try Buckets.exponential(start: 1, factor: 10, count: 3).bounds == [1, 10, 100])
    }

    private struct Twins: Collector {
        var metrics: [(name: String, type: MetricType)] { [("twin_a", .gauge), ("twin_b_total", .counter)] }
        func collect() -> [MetricFamily] {
            [
                .counter("twin_b_total", help: "B.", 2),
                .gauge("twin_a", help: "A.", 1),
            ]
        }
    }

    @Test func collectorsAreReadAtScrapeTimeAndCannotTakeANameThatIsInUse() throws {
        try registry.register(Twins())
        #expect(registry.snapshot().map(\.name) == ["twin_a", "twin_b_total"])
        #expect(throws: RegistrationError.duplicateName("twin_a")) { try registry.register(Twins()) }
    }

    @Test(arguments: ["_total", "a_total\u{301}"]) func refusesCountersThatSayNothingButTotal(name: String) {
        let registry = MetricsRegistry(naming: .utf8)
        #expect(throws: RegistrationError.counterWithoutTotal(name)) { try registry.counter(name, help: "") }
    }

    /// Prometheus takes it for the end of the exposition.
    @Test func refusesTheByteZeroInNames() {
        let registry = MetricsRegistry(naming: .utf8)
        #expect(throws: RegistrationError.invalidName("a\0")) { try registry.gauge("a\0", help: "") }
        #expect(throws: RegistrationError.invalidLabelName("a\0", metric: "g")) {
            try registry.gauge("g", help: "", labelNames: ["a\0"])
        }
        #expect(throws: LabelError.invalidName("a\0")) { try LabelSet(["a\0": "b"]) }
    }

    @Test(arguments: ["_name_", "é_name_é", "-_name_-", "__name__", "__\u{301}"])
    func refusesLabelsThatAreReservedOrBecomeTheMetricsName(label: String) {
        let registry = MetricsRegistry(naming: .utf8)
        #expect(throws: RegistrationError.invalidLabelName(label, metric: "g")) {
            try registry.gauge("g", help: "", labelNames: [label])
        }
        #expect(throws: LabelError.invalidName(label)) { try LabelSet([label: "b"]) }
    }

    @Test func refusesLabelsThatAreTheSameOnceTheyAreEscaped() {
        let registry = MetricsRegistry(naming: .utf8)
        #expect(throws: RegistrationError.duplicateLabelName("a_b", metric: "g")) {
            try registry.gauge("g", help: "", labelNames: ["a.b", "a_b"])
        }
        #expect(throws: LabelError.duplicateName("a_b")) { try LabelSet(["a.b": "1", "a_b": "2"]) }
    }

    @Test func aStateSetsNameIsALabelToo() throws {
        let registry = MetricsRegistry(constantLabels: ["a_b": "x"], naming: .utf8)
        for name in ["a:b", "le", "__a"] {
            #expect {
                try registry.stateSet(name, help: "", states: Kind.self)
            } throws: { error in
                if case .invalidStates? = error as? RegistrationError { true } else { false }
            }
        }
        #expect(throws: RegistrationError.duplicateLabelName("a_b", metric: "a.b")) {
            try registry.stateSet("a.b", help: "", states: Kind.self)
        }
    }
}
