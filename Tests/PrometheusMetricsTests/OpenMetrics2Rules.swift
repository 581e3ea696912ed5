/// What the text of OpenMetrics 2.0.0-rc0 asks for (MUST, and SHOULD where a renderer can see to it) beyond its grammar.
enum OpenMetrics2Rules {
    /// One sentence for each breach.
    static func breaches(in families: [OpenMetrics2Family]) -> [String] {
        var breaches: [String] = []
        if Set(families.map(\.name)).count < families.count { breaches.append("a family comes twice, or in pieces") }
        for family in families {
            var rules = FamilyRules(family: family)
            rules.check()
            breaches += rules.breaches.map { "\(family.name): \($0)" }
        }
        return breaches
    }
}

private struct FamilyRules {
    let family: OpenMetrics2Family
    var breaches: [String] = []

    private var type: String { family.metadata["TYPE"] ?? "unknown" }

    mutating func require(_ isKept: Bool, _ rule: String) {
        if !isKept { breaches.append(rule) }
    }

    mutating func check() {
        require(
            family.metadataOrder == ["TYPE", "UNIT", "HELP"].filter { family.metadata[$0] != nil }, "TYPE, UNIT, HELP")
        require(family.metadata["HELP"]?.hasSuffix("\r") != true, "no carriage return at the end of a line")
        if type == "info" { require(family.name.hasSuffix("_info"), "an info's name ends in _info") }
        if type == "info" || type == "stateset" {
            require(family.metadata["UNIT", default: ""].isEmpty, "facts and states have no unit")
        }
        let labelSets = family.samples.map { sample in Set(sample.labels.map { "\($0.name)\u{0}\($0.value)" }) }
        require(Set(labelSets).count == labelSets.count, "label sets differ")
        for sample in family.samples { check(sample) }
    }

    private mutating func check(_ sample: OpenMetrics2Sample) {
        let names = sample.labels.map(\.name)
        require(Set(names).count == names.count, "label names differ")
        require(!names.contains("le") && !names.contains("quantile"), "no labels that classic series have")
        require(sample.timestamp == nil, "no timestamps")
        let counts = ["counter", "histogram", "summary"].contains(type)
        require(sample.start == nil || counts, "only what counts has a start timestamp")
        require(sample.exemplars.isEmpty || counts && type != "summary", "exemplars of counters and histograms")
        for exemplar in sample.exemplars {
            require(exemplar.timestamp >= sample.start ?? -.infinity, "exemplars aren't older than the start")
        }
        switch (type, sample.value) {
        case ("histogram", .histogram(let histogram)): check(histogram)
        case ("summary", .summary(let count, _, let quantiles)):
            require(count.isInteger, "a summary's count is an integer")
            require(isAscending(quantiles.map(\.quantile)), "quantiles ascend")
            require(quantiles.allSatisfy { (0...1).contains($0.quantile) }, "quantiles lie between 0 and 1")
            require(!quantiles.contains { $0.value < 0 }, "a quantile's value isn't negative")
        case ("counter", .number(let number)): require(number.value >= 0, "a counter is a number from 0 on")
        case ("info", .number(let number)): require(number.value == 1, "an info is 1")
        case ("stateset", .number(let number)):
            require(number.value == 0 || number.value == 1, "a state is 0 or 1")
            require(names.contains(family.name), "a state has a label of the family's name")
        case ("gauge", .number), ("unknown", .number): break
        default: require(false, "a \(type) doesn't have this kind of value")
        }
        if case .number(let number) = sample.value, number.isInteger {
            require(number.value.magnitude < 0x1p53, "a float has a point or an exponent")
        }
    }

    private mutating func check(_ histogram: OpenMetrics2Histogram) {
        let count = histogram.count.value
        require(histogram.native != nil || histogram.buckets != nil, "a histogram has buckets")
        require(histogram.count.isInteger && count >= 0, "a count is an integer from 0 on")
        if let buckets = histogram.buckets {
            require(isAscending(buckets.map(\.bound)), "thresholds ascend")
            require(
                zip(buckets, buckets.dropFirst()).allSatisfy { $0.count.value <= $1.count.value }, "buckets cumulate")
            require(buckets.last?.count.value == count, "+Inf counts everything")
        }
        guard let native = histogram.native else { return }
        require((-4...8).contains(native.schema), "a schema lies between -4 and 8")
        require(native.zeroThreshold >= 0, "a zero threshold isn't negative")
        for side in [native.negative, native.positive].compactMap(\.self) {
            require(!side.counts.isEmpty, "what has no buckets isn't there")
            require(side.spans.reduce(0) { $0 + $1.length } == side.counts.count, "spans are as long as the buckets")
            require(side.spans.dropFirst().allSatisfy { $0.offset > 1 }, "a single empty bucket makes no new span")
            require(side.counts.allSatisfy(\.isInteger), "bucket counts are integers")
        }
    }

    private func isAscending(_ numbers: [Double]) -> Bool { zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 } }
}
