import PrometheusMetrics
import Testing

@Suite struct OpenMetrics2FuzzTests {
    @Test func whateverIsExposedKeepsTheRulesAndReadsBackAsItWas() throws {
        var maker = RandomFamilies(seed: 5)
        var seen: Set<String> = []
        for number in 0..<400 {
            let families = try maker.next()
            let scheme = EscapingScheme.allCases[number % EscapingScheme.allCases.count]
            let bytes = Exposition.bytes(families, as: .openMetrics2, escaping: scheme)
            #expect(inPieces(families, scheme, size: 1 + number % 97) == bytes)
            let read = try OpenMetrics2Reader.read(bytes)
            let breaches = OpenMetrics2Rules.breaches(in: read)
            let described = read.map(\.description)
            let expected = families.map { $0.description(scheme) }
            guard breaches.isEmpty, described == expected else {
                Issue.record(
                    "\(breaches) \(described.difference(from: expected)) in \(String(decoding: bytes, as: UTF8.self))")
                return
            }
            for family in read { seen.insert(family.metadata["TYPE"]!) }
        }
        #expect(seen == ["counter", "gauge", "histogram", "info", "stateset", "summary", "unknown"])
    }

    private func inPieces(_ families: [MetricFamily], _ scheme: EscapingScheme, size: Int) -> [UInt8] {
        var exposition = Exposition(families, as: .openMetrics2, escaping: scheme)
        var whole: [UInt8] = []
        var piece: [UInt8] = []
        var hasMore = true
        while hasMore {
            hasMore = exposition.render(into: &piece, atLeast: size)
            whole += piece
            piece.removeAll(keepingCapacity: true)
        }
        return whole
    }
}

/// Families with random names, labels and values, some from instruments, some as collectors make them.
private struct RandomFamilies {
    private enum State: String, MetricLabelEnum {
        case plain
        case quote = "\""
        case slash = "\\n"
        case line = "\n"
        case null = "\0"
    }

    private var random: SeededGenerator
    private var number = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func next() throws -> [MetricFamily] {
        let registry = MetricsRegistry(naming: .utf8)
        for _ in 0..<below(3) { try addInstruments(registry) }
        var families = registry.snapshot()
        for _ in 0..<below(3) { families.append(try made()) }
        return families
    }

    // MARK: Instruments

    private mutating func addInstruments(_ registry: MetricsRegistry) throws {
        let help = text()
        let labelNames = (0..<below(3)).map { "l\(text())_\($0)" }
        let children = Set((0...below(3)).map { _ in labelNames.map { _ in text(long: true) } })
        switch below(5) {
        case 0:
            let family = try registry.counter(name("_total"), help: help, labelNames: labelNames)
            for values in children { try family.child(values).increment(by: abs(finite()), exemplar: exemplar()) }
        case 1:
            let name = name("_µs")
            let family = try registry.gauge(name, help: help, unit: "µs", labelNames: labelNames)
            for values in children { try family.child(values).set(to: anyNumber()) }
        case 2:
            let states = try registry.stateSet(name(), help: help, states: State.self)
            for state in State.allCases { states.set(state, to: below(2) == 0) }
        case 3:
            let family = try registry.summary(
                name(), help: help, labelNames: labelNames, quantiles: Quantiles([0, 0.5, 0.99, 1]))
            for values in children { for _ in 0..<below(5) { try family.child(values).observe(anyNumber()) } }
        default:
            let buckets = below(3) == 0 ? Buckets.none : try Buckets(Set((0..<9).map { _ in finite() }).sorted())
            let native = below(2) == 0 ? nil : try NativeBuckets(schema: Int.random(in: -4...8, using: &random))
            let family = try registry.histogram(
                name(), help: help, labelNames: labelNames, buckets: buckets, native: native)
            for values in children {
                for _ in 0..<below(30) { try family.child(values).observe(anyNumber()) }
                for _ in 0..<below(4) { try family.child(values).observe(finite(), exemplar: exemplar()) }
            }
        }
    }

    private mutating func exemplar() throws -> ExemplarLabels {
        guard below(4) > 0 else { return try ExemplarLabels([:]) }
        return try ExemplarLabels(["trace_id": String(text().prefix(50)), "span_id": String(text().prefix(50))])
    }

    // MARK: What collectors make

    private mutating func made() throws -> MetricFamily {
        let help = text()
        let labels = try (0...below(3)).map {
            try LabelSet([(name: "a\(text())", value: "\($0)"), ("z", text(long: true))])
        }
        switch below(6) {
        case 0: return .counter(name("_total"), help: help, unit: "bytes", labels.map { ($0, abs(finite())) })
        case 1: return .unknown(name(), help: help, labels.map { ($0, anyNumber()) })
        case 2: return .info(name("_info"), help: help, labels)
        case 3:
            let quantiles = (0..<below(4)).map { (quantile: Double($0) / 3, value: abs(anyNumber())) }
            return .summary(
                name(), help: help,
                labels.map { ($0, SummarySnapshot(quantiles: quantiles, count: random.next(), sum: anyNumber())) })
        default:
            let hasNative = below(3) > 0
            let hasClassic = !hasNative || below(2) == 0
            let bounds = hasClassic ? (0..<below(below(20) == 0 ? 500 : 12)).map { Double($0) * 0.1 } : []
            let buckets = try Buckets(bounds)
            return .histogram(
                name(), help: help, unit: "seconds", buckets: buckets,
                labels.map { ($0, histogram(buckets, hasNative)) })
        }
    }

    private mutating func histogram(_ buckets: Buckets, _ hasNative: Bool) -> HistogramSnapshot {
        var counts = buckets.bounds.map { _ in count() } + [0]
        guard hasNative else {
            counts[counts.count - 1] = count()
            return HistogramSnapshot(buckets: buckets, counts: counts, sum: anyNumber())
        }
        let positive = nativeCounts()
        let negative = nativeCounts()
        let zero = count()
        let total = (Array(positive.values) + negative.values).reduce(zero, +)
        // Both kinds of bucket hold the same observations, and NaN is in no native one.
        counts = counts.map { min($0, total / UInt64(counts.count)) }
        counts[counts.count - 1] = total - counts.reduce(0, +)
        var sum = finite()
        if below(5) == 0 {
            sum = .nan
            counts[counts.count - 1] += count()
        }
        let native = NativeHistogramSnapshot(
            schema: Int.random(in: -4...8, using: &random), zeroThreshold: below(2) == 0 ? 0 : abs(finite()),
            zeroCount: zero, positive: positive, negative: negative)
        return HistogramSnapshot(buckets: buckets, counts: counts, sum: sum, native: native)
    }

    private mutating func nativeCounts() -> [Int: UInt64] {
        let range = [-3...3, -40...40, -262_144...262_144].randomElement(using: &random)!
        let count = below(40) == 0 ? 1500 : below(12)
        return Dictionary((0..<count).map { _ in (Int.random(in: range, using: &random), 1 + self.count()) }) {
            one, _ in one
        }
    }

    // MARK: Values

    private mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

    /// Small enough for sums of them to be exact doubles.
    private mutating func count() -> UInt64 { random.next() >> UInt64(20 + below(44)) }

    private mutating func finite() -> Double {
        switch below(4) {
        case 0: return Double(Int.random(in: -1000...1000, using: &random))
        case 1: return Double(Int.random(in: -100_000...100_000, using: &random)) / 64
        default:
            let number = Double(bitPattern: random.next())
            return number.isFinite ? number : 0
        }
    }

    private mutating func anyNumber() -> Double {
        below(8) == 0 ? [.nan, .infinity, -.infinity, -0.0, 0x1p53, 1e18].randomElement(using: &random)! : finite()
    }

    private mutating func text(long: Bool = false) -> String {
        let pool: [Unicode.Scalar] = [
            "a", "Z", "0", "9", "_", ":", ".", "-", " ", "\"", "\\", "\n", "\r", "\0", "{", "}", ",", "=", "#", "ü",
            "😱", "n",
        ]
        let length = long && below(50) == 0 ? 20_000 : below(9)
        var text = ""
        for _ in 0..<length { text.unicodeScalars.append(pool.randomElement(using: &random)!) }
        return text
    }

    private mutating func name(_ suffix: String = "") -> String {
        number += 1
        return "\(below(2) == 0 ? "m" : text())_\(number)\(suffix)"
    }
}

// MARK: The same words for what was made and what was read

extension MetricFamily {
    fileprivate func description(_ scheme: EscapingScheme) -> String {
        let name = scheme.escape(metricName: name)
        let unit = unit == "µs" ? nil : unit
        var help = help[...]
        while help.unicodeScalars.last == "\r" { help.unicodeScalars.removeLast() }
        let samples = series.flatMap { series -> [String] in
            var labels = zip(series.labels.names.map(scheme.escape(labelName:)), series.labels.values).map {
                "\($0)=\($1)"
            }
            func sample(_ value: String) -> String {
                let exemplars = series.exemplars.map { describe($0.value, $0.timestamp) }
                return "\(labels) \(value) \(series.created, default: "-") \(exemplars)"
            }
            switch series.value {
            case .counter(let number), .gauge(let number), .unknown(let number): return [sample(describe(number))]
            case .info: return [sample(describe(1))]
            case .states(let on):
                labels.append("")
                return ["plain", "\"", "\\n", "\n", "\0"].map { state in
                    labels[labels.count - 1] = "\(name)=\(state)"
                    return sample(describe(on.contains(state) ? 1 : 0))
                }
            case .summary(let summary):
                let quantiles = summary.quantiles.filter { !($0.value < 0) }
                return [
                    sample(
                        describe(Double(summary.count), summary.sum)
                            + "\(quantiles.map { describe($0.quantile, $0.value) })")
                ]
            case .histogram(let histogram):
                var cumulative: UInt64 = 0
                let buckets = zip(histogram.buckets.bounds + [.infinity], histogram.counts).map { bound, count in
                    cumulative += count
                    return describe(bound, Double(cumulative))
                }
                let native = histogram.native.map { native in
                    describe(
                        schema: native.schema, native.zeroThreshold, Double(native.zeroCount),
                        native.positive.mapValues { Double($0) }, native.negative.mapValues { Double($0) })
                }
                let isNativeOnly = native != nil && histogram.buckets.bounds.isEmpty
                return [
                    sample(
                        describe(Double(histogram.count), histogram.sum) + (native ?? "")
                            + (isNativeOnly ? "" : "\(buckets)"))
                ]
            }
        }
        return "\(name) \(type.rawValue) \(unit, default: "-") \(help) \(samples)"
    }
}

extension OpenMetrics2Family {
    fileprivate var description: String {
        let samples = samples.map { sample in
            let labels = sample.labels.map { "\($0.name)=\($0.value)" }
            let value =
                switch sample.value {
                case .number(let number): describe(number.value)
                case .summary(let count, let sum, let quantiles):
                    describe(count.value, sum) + "\(quantiles.map { describe($0.quantile, $0.value) })"
                case .histogram(let histogram):
                    describe(histogram.count.value, histogram.sum)
                        + (histogram.native.map { native in
                            describe(
                                schema: native.schema, native.zeroThreshold, native.zeroCount.value,
                                native.positive?.byIndex ?? [:], native.negative?.byIndex ?? [:])
                        } ?? "")
                        + (histogram.buckets.map { "\($0.map { describe($0.bound, $0.count.value) })" } ?? "")
                }
            return
                "\(labels) \(value) \(sample.start, default: "-") \(sample.exemplars.map { describe($0.value, $0.timestamp) })"
        }
        return
            "\(name) \(metadata["TYPE"]!) \(metadata["UNIT"], default: "-") \(metadata["HELP", default: ""]) \(samples)"
    }
}

/// Neither zero nor NaN has a sign.
private func describe(_ numbers: Double...) -> String { "\(numbers.map { $0.isNaN ? .nan : $0 + 0 })" }

private func describe(
    schema: Int, _ threshold: Double, _ zero: Double, _ positive: [Int: Double], _ negative: [Int: Double]
) -> String {
    "\(schema) \(threshold) \(zero) \(positive.sorted { $0.key < $1.key }) \(negative.sorted { $0.key < $1.key })"
}
