import PrometheusMetrics
import Testing

@testable import ExpositionFuzz

@Suite struct OpenMetrics2FuzzTests {
    @Test func whateverIsExposedKeepsTheRulesAndReadsBackAsItWas() throws {
        var seen: Set<String> = []
        for number in 0..<600 {
            let families = RandomCase(seed: 5, number: number).snapshot
            let scheme = EscapingScheme.allCases[number % EscapingScheme.allCases.count]
            let bytes = Exposition.bytes(families, as: .openMetrics2, escaping: scheme)
            #expect(inPieces(families, scheme, size: 1 + number % 97) == bytes)
            let read = try OpenMetrics2Reader.read(bytes)
            let breaches = OpenMetrics2Rules.breaches(in: read)
            // Byte by byte: to Swift's own comparison, an accent may be written in several ways.
            let described = read.map { Array($0.description.utf8) }
            let expected = families.map { Array($0.description(scheme).utf8) }
            guard breaches.isEmpty, described == expected else {
                Issue.record("case \(number): \(breaches)\n\(String(decoding: bytes, as: UTF8.self))")
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

// The same words for what there was and for what has been read.

extension MetricFamily {
    fileprivate func description(_ scheme: EscapingScheme) -> String {
        var help = help.unicodeScalars
        while help.last == "\r" { help.removeLast() }
        let samples = series.map { series in
            let labels = zip(series.labels.names.map(scheme.escape(labelName:)), series.labels.values)
            let exemplars = series.exemplars.map { describe($0.value, $0.timestamp) }
            return "\(describe(labels)) \(series.value.description) \(series.created, default: "-") \(exemplars)"
        }
        let unit = unit.flatMap { $0.contains(/^[a-zA-Z0-9_:]+$/) ? $0 : nil }
        return "\(scheme.escape(metricName: name)) \(type.rawValue) \(unit, default: "-") \(help) \(samples)"
    }
}

extension MetricValue {
    fileprivate var description: String {
        switch self {
        case .counter(let number), .gauge(let number), .unknown(let number): return describe(number)
        case .info: return describe(1)
        case .states(let on): return "\(on.sorted())"
        case .summary(let summary):
            let quantiles = summary.quantiles.filter { !($0.value < 0) }
            return describe(Double(summary.count), summary.sum) + "\(quantiles.map { describe($0.quantile, $0.value) })"
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
            return describe(Double(histogram.count), histogram.sum) + (native ?? "")
                + (isNativeOnly ? "" : "\(buckets)")
        }
    }
}

extension OpenMetrics2Family {
    fileprivate var description: String {
        let type = metadata["TYPE"]!
        var rest = samples[...]
        var samples: [String] = []
        while let sample = rest.popFirst() {
            var labels = sample.labels
            var value = sample.value.description
            if type == "stateset" {
                labels.removeLast()
                let states = [sample] + rest.prefix { describe($0.labels.dropLast()) == describe(labels) }
                rest = rest.dropFirst(states.count - 1)
                value =
                    "\(states.filter { $0.value.description == describe(1) }.map { $0.labels.last!.value }.sorted())"
            }
            let exemplars = sample.exemplars.map { describe($0.value, $0.timestamp) }
            samples.append("\(describe(labels)) \(value) \(sample.start, default: "-") \(exemplars)")
        }
        return "\(name) \(type) \(metadata["UNIT"], default: "-") \(metadata["HELP", default: ""]) \(samples)"
    }
}

extension OpenMetrics2Value {
    fileprivate var description: String {
        switch self {
        case .number(let number): return describe(number.value)
        case .summary(let count, let sum, let quantiles):
            return describe(count.value, sum) + "\(quantiles.map { describe($0.quantile, $0.value) })"
        case .histogram(let histogram):
            let native = histogram.native.map { native in
                describe(
                    schema: native.schema, native.zeroThreshold, native.zeroCount.value,
                    native.positive?.byIndex ?? [:], native.negative?.byIndex ?? [:])
            }
            let buckets = histogram.buckets.map { "\($0.map { describe($0.bound, $0.count.value) })" }
            return describe(histogram.count.value, histogram.sum) + (native ?? "") + (buckets ?? "")
        }
    }
}

private func describe(_ labels: some Sequence<(String, String)>) -> String { "\(labels.map { "\($0)=\($1)" })" }

/// NaN has no sign.
private func describe(_ numbers: Double...) -> String { "\(numbers.map { $0.isNaN ? .nan : $0 })" }

private func describe(
    schema: Int, _ threshold: Double, _ zero: Double, _ positive: [Int: Double], _ negative: [Int: Double]
) -> String {
    func buckets(_ counts: [Int: Double]) -> String {
        "\(counts.filter { $0.value != 0 }.sorted { $0.key < $1.key }.map { "\($0):\($1)" })"
    }
    return "\(schema) \(threshold) \(zero) \(buckets(positive)) \(buckets(negative))"
}
