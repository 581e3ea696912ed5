import PrometheusMetrics
import TestSupport

/// A registry filled at random, and what its expositions have to show.
struct RandomCase {
    private(set) var random: SeededGenerator
    let registry: MetricsRegistry
    /// The registry's only one: a second would tell what the first has left out.
    private(set) var snapshot: [MetricFamily] = []
    private(set) var expected: [ExpectedFamily] = []
    private let naming: Naming
    private let constantLabels: ExpectedSeries.Labels

    init(seed: UInt64, number: Int) {
        // Mixed, so that neighbouring cases have nothing in common.
        var mixer = SeededGenerator(seed: seed ^ UInt64(number) << 40)
        var random = SeededGenerator(seed: mixer.next())
        let naming: Naming = random.once(in: 2) ? .utf8 : .legacy
        self.random = random
        self.naming = naming
        constantLabels = self.random.once(in: 4) ? self.random.labels(naming, 1 + self.random.below(2)) : []
        registry = MetricsRegistry(constantLabels: KeyValuePairs(few: constantLabels), naming: naming)
        for _ in 0..<(1 + self.random.below(2)) { addFamily() }
        snapshot = registry.snapshot()
        // What a counter can't have is left out; so is a family that has nothing else.
        expected.removeAll { $0.series.isEmpty }
        readTimes()
    }

    /// Adds a metric, unless the registry refuses its names: those that mean something, or clash.
    private mutating func addFamily() {
        do {
            switch random.below(12) {
            case 0, 1: try addCounters()
            case 2, 3: try addGauges()
            case 4, 5: try addHistograms()
            case 6: try addSummaries()
            case 7: try addStates()
            case 8: try addInfo()
            case 9: try addPools()
            default: try addCollector()
            }
        } catch is RegistrationError {
        } catch is LabelError {
        } catch { fatalError("\(error)") }
    }

    // MARK: Instruments

    private struct Names {
        let name: String
        let help: String
        let unit: String?
    }

    private mutating func names(_ suffix: String = "", colons: Bool = true) -> Names {
        let base = naming == .utf8 && random.once(in: 2) ? random.text() : random.legacyName(colons: colons)
        guard random.once(in: 4) else { return Names(name: base + suffix, help: random.text(), unit: nil) }
        let unit = naming == .utf8 && random.once(in: 8) ? random.text() : random.pick(["seconds", "bytes", "ratio_2"])
        return Names(name: "\(base)_\(unit)\(suffix)", help: random.text(), unit: unit)
    }

    /// Names of labels, and sets of values for them that all differ; one set without names for a metric without labels.
    private mutating func children() -> (names: [String], values: [[String]]) {
        guard !random.once(in: 3) else { return ([], [[]]) }
        let names = random.labels(naming, 1 + random.below(3)).map(\.name)
        let values = Set((0...random.below(3)).map { _ in names.map { _ in random.text() } })
        // A set has another order in each process.
        return (names, values.sorted { $0.lexicographicallyPrecedes($1) })
    }

    private mutating func add(
        _ names: Names, _ type: MetricType, _ labelNames: [String],
        _ series: [(values: [String], content: ExpectedSeries.Content)]
    ) {
        expected.append(
            ExpectedFamily(
                name: names.name, help: names.help, unit: names.unit, type: type,
                series: series.map { ExpectedSeries(Array(zip(labelNames, $0.values)) + constantLabels, $0.content) }))
    }

    private mutating func addCounters() throws {
        let names = names("_total")
        let (labelNames, values) = children()
        let counters: [Counter]
        if labelNames.isEmpty {
            counters = [try registry.counter(names.name, help: names.help, unit: names.unit)]
        } else {
            let family = try registry.counter(
                names.name, help: names.help, unit: names.unit, labelNames: labelNames)
            counters = try values.map { try family.child($0) }
        }
        add(names, .counter, labelNames, zip(values, counters).map { ($0, update($1)) })
    }

    private mutating func update(_ counter: Counter) -> ExpectedSeries.Content {
        let whole = random.below(3) * random.below(1_000_000)
        counter.increment(by: whole)
        let fraction = random.once(in: 2) ? random.nonnegative() : 0
        guard random.once(in: 3) else {
            counter.increment(by: fraction)
            return .counter(Double(whole) + fraction, nil)
        }
        let (labels, exemplar) = random.exemplarLabels()
        counter.increment(by: fraction, exemplar: exemplar)
        return .counter(Double(whole) + fraction, ExpectedExemplar(labels: labels, value: fraction))
    }

    private mutating func addGauges() throws {
        let names = names()
        if random.once(in: 4) {
            let number = random.number()
            try registry.gauge(names.name, help: names.help, unit: names.unit) { number }
            return add(names, .gauge, [], [([], .gauge(number))])
        }
        let (labelNames, values) = children()
        let gauges: [Gauge]
        if labelNames.isEmpty {
            gauges = [try registry.gauge(names.name, help: names.help, unit: names.unit)]
        } else {
            let family = try registry.gauge(names.name, help: names.help, unit: names.unit, labelNames: labelNames)
            gauges = try values.map { try family.child($0) }
        }
        let numbers = values.map { _ in random.number() }
        for (gauge, number) in zip(gauges, numbers) { gauge.set(to: number) }
        add(names, .gauge, labelNames, zip(values, numbers).map { ($0, .gauge($1)) })
    }

    private mutating func addHistograms() throws {
        let names = names()
        let (labelNames, values) = children()
        let buckets = try random.buckets()
        let native = random.once(in: 3) ? try random.nativeBuckets() : nil
        let histograms: [Histogram]
        if labelNames.isEmpty {
            histograms = [
                try registry.histogram(
                    names.name, help: names.help, unit: names.unit, buckets: buckets, native: native)
            ]
        } else {
            let family = try registry.histogram(
                names.name, help: names.help, unit: names.unit, labelNames: labelNames, buckets: buckets,
                native: native)
            histograms = try values.map { try family.child($0) }
        }
        add(names, .histogram, labelNames, zip(values, histograms).map { ($0, update($1)) })
    }

    private mutating func update(_ histogram: Histogram) -> ExpectedSeries.Content {
        let bounds = histogram.buckets.bounds
        var counts = Array(repeating: UInt64(0), count: bounds.count + 1)
        var exemplars: [ExpectedExemplar?] = Array(repeating: nil, count: counts.count)
        var allExemplars: [ExpectedExemplar] = []
        var sum = 0.0
        for _ in 0..<random.below(random.once(in: 8) ? 40 : 6) {
            let value = bounds.isEmpty || random.once(in: 2) ? random.number() : random.pick(bounds)
            let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
            counts[bucket] += 1
            sum += value
            if random.once(in: 4) {
                let (labels, exemplar) = random.exemplarLabels()
                histogram.observe(value, exemplar: exemplar)
                // Not a number lies in no bucket, as an exemplar has to.
                guard !value.isNaN else { continue }
                exemplars[bucket] = ExpectedExemplar(labels: labels, value: value)
                allExemplars.append(ExpectedExemplar(labels: labels, value: value))
            } else {
                histogram.observe(value)
            }
        }
        guard let native = histogram.snapshot().native else {
            let snapshot = HistogramSnapshot(buckets: histogram.buckets, counts: counts, sum: sum)
            return .histogram(snapshot, exemplars)
        }
        // Native buckets that have been rearranged meanwhile have added up the sum in another order.
        let state = HistogramSnapshot(
            buckets: histogram.buckets, counts: counts, sum: histogram.snapshot().sum, native: native)
        // Without bounds, each of them may be the example of whatever it was kept for.
        return bounds.isEmpty ? .histogram(state, [], someOf: allExemplars) : .histogram(state, exemplars)
    }

    private mutating func addSummaries() throws {
        let names = names()
        let (labelNames, values) = children()
        let quantiles = try Quantiles(Array(Set((0..<random.below(4)).map { _ in random.quantile() })))
        let summaries: [Summary]
        if labelNames.isEmpty {
            summaries = [
                try registry.summary(names.name, help: names.help, unit: names.unit, quantiles: quantiles)
            ]
        } else {
            let family = try registry.summary(
                names.name, help: names.help, unit: names.unit, labelNames: labelNames, quantiles: quantiles)
            summaries = try values.map { try family.child($0) }
        }
        for summary in summaries {
            for _ in 0..<random.below(5) {
                summary.observe(random.once(in: 3) ? random.number() : random.nonnegative())
            }
        }
        add(names, .summary, labelNames, zip(values, summaries).map { ($0, .summary($1.snapshot())) })
    }

    // MARK: Facts and states

    private enum Phase: String, MetricLabelEnum { case starting, serving, draining }
    private enum Odd: String, MetricLabelEnum {
        case quote = "\""
        case slash = "a\\n"
        case line = "\n"
        case null = "\0"
        case emoji = "🧪"
        case blank = " "
    }
    fileprivate enum Level: Int, MetricLabelEnum {
        case low = -1
        case high = 1
    }

    fileprivate struct Facts: MetricLabels {
        var version: String
        var commit: String?
        var isDirty: Bool
        var level: Level
        enum CodingKeys: String, CodingKey {
            case version, commit, level
            case isDirty = "is_dirty"
        }

        var pairs: ExpectedSeries.Labels {
            [
                ("version", version), ("commit", commit ?? ""), ("is_dirty", "\(isDirty)"),
                ("level", "\(level.rawValue)"),
            ]
        }
    }

    private mutating func addStates() throws {
        switch random.below(3) {
        case 0: try addStates(Phase.self)
        case 1: try addStates(Odd.self)
        default: try addStates(Level.self)
        }
    }

    private mutating func addStates<State: MetricLabelEnum>(_: State.Type) throws {
        let names = names(colons: random.once(in: 8))
        guard names.unit == nil else { return }
        let facts = random.once(in: 2) ? random.facts() : nil
        let set =
            if let facts {
                try registry.stateSet(names.name, help: names.help, states: State.self, labels: Facts.self)[facts]
            } else {
                try registry.stateSet(names.name, help: names.help, states: State.self)
            }
        let states = State.allCases.map { state in (name: "\(state.rawValue)", isOn: random.once(in: 2)) }
        for (state, expected) in zip(State.allCases, states) { set.set(state, to: expected.isOn) }
        let pairs = facts?.pairs ?? []
        add(names, .stateSet, pairs.map(\.name), [(pairs.map(\.value), .states(states))])
    }

    private mutating func addInfo() throws {
        let names = names("_info")
        guard names.unit == nil else { return }
        let facts = random.facts()
        let info = try registry.info(names.name, help: names.help, random.facts())
        info.set(to: facts)
        add(names, .info, facts.pairs.map(\.name), [(facts.pairs.map(\.value), .info)])
    }

    // MARK: Several sources of one metric

    private mutating func addPools() throws {
        let names = names()
        let label = random.labels(naming, 1)
        guard let label = label.first else { return }
        let prefix = random.once(in: 2) ? random.legacyName() : ""
        let values = Array(Set((0..<3).map { _ in random.text() })).sorted()
        var series: [(values: [String], content: ExpectedSeries.Content)] = []
        do {
            for value in values {
                let pool = registry.subregistry(prefix: prefix, constantLabels: [label.name: value])
                let number = random.number()
                try pool.gauge(names.name, help: names.help, unit: names.unit).set(to: number)
                series.append(([value], .gauge(number)))
            }
        } catch {
            // The first is refused as the others are.
            precondition(series.isEmpty, "\(error)")
            throw error
        }
        let whole = Names(name: prefix + names.name, help: names.help, unit: names.unit)
        add(whole, .gauge, [label.name], series)
    }

    private struct Given: Collector {
        let families: [MetricFamily]
        let metrics: [(name: String, type: MetricType)]
        func collect() -> [MetricFamily] { families }
    }

    private mutating func addCollector() throws {
        let type = random.pick([MetricType.counter, .gauge, .unknown, .info, .histogram, .summary])
        let names = names(type == .counter ? "_total" : type == .info ? "_info" : "")
        if type == .info, names.unit != nil { return }
        let (labelNames, values) = children()
        let sets = values.map { (Array(zip(labelNames, $0)) as ExpectedSeries.Labels) }
        let labels = try sets.map { try LabelSet($0) }
        var contents: [ExpectedSeries.Content]
        let family: MetricFamily
        let (name, help, unit) = (names.name, names.help, names.unit)
        switch type {
        case .info:
            contents = labels.map { _ in .info }
            family = .info(name, help: help, labels)
        case .histogram:
            let buckets = try random.buckets()
            let hasNative = random.once(in: 2)
            let states = labels.map { _ in random.histogram(buckets, hasNative: hasNative) }
            contents = states.map { .histogram($0, []) }
            family = .histogram(name, help: help, unit: unit, buckets: buckets, Array(zip(labels, states)))
        case .summary:
            let quantiles = Set((0..<random.below(4)).map { _ in random.quantile() }).sorted()
            let states = labels.map { _ in
                SummarySnapshot(
                    quantiles: quantiles.map { ($0, random.number()) }, count: random.count(), sum: random.number())
            }
            contents = states.map { .summary($0) }
            family = .summary(name, help: help, unit: unit, Array(zip(labels, states)))
        default:
            let series = labels.map { ($0, random.number()) }
            contents = series.map { type == .counter ? .counter($0.1, nil) : .gauge($0.1) }
            family =
                switch type {
                case .counter: .counter(name, help: help, unit: unit, series)
                case .gauge: .gauge(name, help: help, unit: unit, series)
                default: .unknown(name, help: help, unit: unit, series)
                }
        }
        try registry.register(Given(families: [family], metrics: [(name, type)]))
        expected.append(
            ExpectedFamily(
                name: name, help: help, unit: unit, type: type,
                series: zip(sets, contents).map { ExpectedSeries($0, $1) }.filter(\.canBeExposed)))
    }

    // MARK: Times

    /// Takes over from the snapshot what can't be known beforehand.
    private mutating func readTimes() {
        for index in expected.indices {
            guard let family = snapshot.first(where: { $0.name.utf8.elementsEqual(expected[index].name.utf8) }) else {
                fatalError("the snapshot has no '\(expected[index].name)'")
            }
            let byLabels = Dictionary(uniqueKeysWithValues: family.series.map { ($0.labels, $0) })
            expected[index].series = expected[index].series.map { series in
                guard let labels = try? LabelSet(series.labels), let seen = byLabels[labels] else {
                    fatalError("the snapshot has no \(series.labels) of '\(expected[index].name)'")
                }
                return series.with(times: seen)
            }
        }
    }
}

extension ExpectedSeries {
    /// Counters are never negative, and never NaN.
    fileprivate var canBeExposed: Bool {
        if case .counter(let number, _) = content { number >= 0 } else { true }
    }

    /// With the times of a series of a snapshot.
    fileprivate func with(times series: Series) -> ExpectedSeries {
        var exemplars = series.exemplars[...]
        var content = content
        switch content {
        case .counter(let number, var exemplar?):
            exemplar.timestamp = exemplars.popFirst()?.timestamp
            content = .counter(number, exemplar)
        case .histogram(let state, var expected, let some) where some.isEmpty:
            for index in expected.indices where expected[index] != nil {
                expected[index]?.timestamp = exemplars.popFirst()?.timestamp
            }
            content = .histogram(state, expected)
        default: break
        }
        var result = ExpectedSeries(labels, content)
        result.created = series.created
        return result
    }
}

extension SeededGenerator {
    /// Labels with names that registries may take.
    fileprivate mutating func labels(_ naming: Naming, _ count: Int) -> ExpectedSeries.Labels {
        (0..<count).map { _ in
            let name = naming == .utf8 && once(in: 2) ? text() : legacyName()
            return (name, text())
        }
    }

    fileprivate mutating func exemplarLabels() -> (ExpectedSeries.Labels, ExemplarLabels) {
        while true {
            let labels = (0..<below(3)).map { _ in (name: legacyName(), value: text()) }
            if let exemplar = try? ExemplarLabels(labels) { return (labels, exemplar) }
        }
    }

    fileprivate mutating func facts() -> RandomCase.Facts {
        RandomCase.Facts(
            version: text(), commit: once(in: 2) ? text() : nil, isDirty: once(in: 2), level: once(in: 2) ? .low : .high
        )
    }

    fileprivate mutating func quantile() -> Double {
        pick([0, 1, 0.5, 0.9, 0.99, 0.001, Double(next() >> 11) * 0x1p-53, .leastNonzeroMagnitude])
    }

    fileprivate mutating func buckets() throws -> Buckets {
        let bounds = (0..<below(once(in: 20) ? 60 : 6)).map { _ in once(in: 2) ? nonnegative() : number() }
        return try Buckets(Set(bounds.filter(\.isFinite)).sorted())
    }

    fileprivate mutating func nativeBuckets() throws -> NativeBuckets {
        try NativeBuckets(
            schema: below(13) - 4, zeroThreshold: pick([0, 0x1p-128, 1e-3, 10, .leastNonzeroMagnitude]),
            maximumCount: 1 + below(30), minimumResetInterval: nil, maximumZeroThreshold: pick([0, 1, 1e300]))
    }

    fileprivate mutating func histogram(_ buckets: Buckets, hasNative: Bool) -> HistogramSnapshot {
        let counts = (0...buckets.bounds.count).map { _ in count() }
        guard hasNative else { return HistogramSnapshot(buckets: buckets, counts: counts, sum: number()) }
        // As many as the classic buckets hold, in buckets that are each less full than the others leave room for.
        // Of these Prometheus takes 63 bits together.
        let fewer = counts.map { $0 >> 8 }
        var room = fewer.reduce(0, +)
        let positive = nativeCounts(&room)
        let negative = nativeCounts(&room)
        let native = NativeHistogramSnapshot(
            schema: below(13) - 4, zeroThreshold: nonnegative(), zeroCount: room, positive: positive, negative: negative
        )
        return HistogramSnapshot(buckets: buckets, counts: fewer, sum: number(), native: native)
    }

    private mutating func nativeCounts(_ room: inout UInt64) -> [Int: UInt64] {
        var index = once(in: 20) ? -(1 << 19) : below(600_000) - 300_000
        var counts: [Int: UInt64] = [:]
        for _ in 0..<below(8) {
            let count = once(in: 3) ? room : min(count(), room)
            counts[index] = count
            room -= count
            index += 1 + (once(in: 5) ? below(1000) : below(5))
            if once(in: 100) { index = max(index, 1 << 19) }
            if index > 1 << 19 { break }
        }
        return counts
    }
}

extension KeyValuePairs<String, String> {
    /// At most two pairs.
    fileprivate init(few pairs: ExpectedSeries.Labels) {
        switch pairs.count {
        case 0: self = [:]
        case 1: self = [pairs[0].name: pairs[0].value]
        default: self = [pairs[0].name: pairs[0].value, pairs[1].name: pairs[1].value]
        }
    }
}
