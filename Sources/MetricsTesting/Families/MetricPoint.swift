/// The samples that a metric has at one time, and the rules that its type has for them.
struct MetricPoint {
    private let rules: Rules
    private var roles: Set<SampleRole> = []
    /// The values of the distinguishing label.
    private var keys: Set<ExactString> = []
    private var numbers: [Double] = []
    private var bucket = 0.0
    private var count = 0.0
    private var sum = 0.0
    private var last: MetricLine

    init(_ first: MetricLine, _ type: ParsedFamily.Kind, _ rules: Rules) throws(ExpositionError) {
        self.rules = rules
        last = first
        try add(first, type)
    }

    var timestamp: Double? { last.sample.timestamp }

    /// Whether the point has this series already.
    func has(_ line: MetricLine) -> Bool {
        guard let label = line.label else { return roles.contains(line.role) }
        return keys.contains(ExactString(line.sample[label: label] ?? ""))
    }

    mutating func add(_ line: MetricLine, _ type: ParsedFamily.Kind) throws(ExpositionError) {
        let value = line.sample.value
        var key = ""
        if let label = line.label {
            key = line.sample[label: label] ?? ""
            guard !key.isEmpty else { throw line.error("'\(line.series)' has no label '\(label)'") }
            keys.insert(ExactString(key))
        }
        switch line.role {
        case .value: break
        case .info: guard value == 1 else { throw line.error("'\(line.series)' is \(line.text): an info is always 1") }
        case .state:
            guard value == 0 || value == 1 else {
                throw line.error("'\(line.series)' is \(line.text): a state is 0 or 1")
            }
        case .total:
            guard value >= 0 else {
                throw line.error("'\(line.series)' is \(line.text): a counter is neither negative nor NaN")
            }
        case .created:
            guard value.isFinite else { throw line.error("'\(line.series)' is \(line.text), which is no time") }
        case .bucket: try addBucket(line, upTo: key)
        case .quantile: try addQuantile(line, key)
        case .count:
            try checkCount(line)
            count = value
        case .sum:
            try checkSum(line, type)
            sum = value
        }
        try checkReservedLabels(line, type)
        try checkExemplar(line)
        roles.insert(line.role)
        last = line
    }

    /// What can be told only once all samples are there.
    func finish(_ type: ParsedFamily.Kind) throws(ExpositionError) {
        switch type {
        case .counter where rules.format == .openMetrics && !roles.contains(.total):
            throw last.error("'\(last.series)' has no '_total' beside it")
        case .histogram, .gaugehistogram: try finishHistogram(type)
        default: break
        }
    }

    private func finishHistogram(_ type: ParsedFamily.Kind) throws(ExpositionError) {
        guard numbers.last == .infinity else {
            throw last.error("the histogram of '\(last.series)' has no bucket le=\"+Inf\"")
        }
        let hasCount = roles.contains(.count)
        let hasSum = roles.contains(.sum)
        if hasCount, count != bucket {
            throw last.error("the histogram of '\(last.series)' counts \(count), and its bucket +Inf \(bucket)")
        }
        switch rules.format {
        case .text: guard hasCount else { throw last.error("the histogram of '\(last.series)' has no '_count'") }
        case .openMetrics:
            guard hasSum == hasCount else {
                throw last.error(
                    "the histogram of '\(last.series)' has a \(hasSum ? "sum and no count" : "count and no sum"): "
                        + "OpenMetrics has both or neither")
            }
            let hasNegativeBound = numbers.contains { $0 < 0 }
            if type == .histogram, hasNegativeBound, hasSum {
                throw last.error("the histogram of '\(last.series)' has a negative bound, so it can't have a sum")
            }
            if type == .gaugehistogram, !hasNegativeBound, sum < 0 {
                throw last.error("the histogram of '\(last.series)' has a negative sum and no negative bound")
            }
        }
    }

    private mutating func addBucket(_ line: MetricLine, upTo text: String) throws(ExpositionError) {
        guard let bound = NumberGrammar.value(of: text), !bound.isNaN else {
            throw line.error("the bound of '\(line.series)' is no number")
        }
        if rules.format == .openMetrics, bound == .infinity, text != "+Inf" {
            throw line.error("the bound of '\(line.series)' is written +Inf")
        }
        try checkCanonical(bound, text, line)
        if let previous = numbers.last, bound <= previous {
            throw line.error("the bound of '\(line.series)' isn't above the one before it: buckets ascend")
        }
        try checkCount(line)
        guard line.sample.value >= bucket else {
            throw line.error("'\(line.series)' is \(line.text), less than the bucket before it: buckets are cumulative")
        }
        numbers.append(bound)
        bucket = line.sample.value
        if let exemplar = line.sample.exemplar, !(exemplar.value <= bound) {
            throw line.error("the exemplar \(exemplar.valueText) isn't in the bucket '\(line.series)'")
        }
    }

    private mutating func addQuantile(_ line: MetricLine, _ text: String) throws(ExpositionError) {
        guard let quantile = NumberGrammar.value(of: text), quantile >= 0, quantile <= 1 else {
            throw line.error("the quantile of '\(line.series)' is no number from 0 to 1")
        }
        try checkCanonical(quantile, text, line)
        switch rules.format {
        case .text:
            if let previous = numbers.last, quantile <= previous {
                throw line.error("the quantile of '\(line.series)' isn't above the one before it: quantiles ascend")
            }
        case .openMetrics:
            if numbers.contains(quantile) { throw line.error("the quantile of '\(line.series)' occurs twice") }
            if line.sample.value < 0 { throw line.error("'\(line.series)' is \(line.text): no quantile is negative") }
        }
        numbers.append(quantile)
    }

    private func checkCanonical(_ number: Double, _ text: String, _ line: MetricLine) throws(ExpositionError) {
        guard rules == .openMetrics(.recommended) else { return }
        let canonical = NumberGrammar.canonical(number)
        guard text == canonical else {
            throw line.error("'\(text)' in '\(line.series)' is canonical as '\(canonical)'")
        }
    }

    /// The text format has histograms of floats, whose counts have fractions.
    private func checkCount(_ line: MetricLine) throws(ExpositionError) {
        let value = line.sample.value
        guard value >= 0, rules == .text || value == value.rounded() && value.isFinite else {
            throw line.error(
                "'\(line.series)' is \(line.text), which is no "
                    + (rules == .text ? "number of observations" : "whole number of observations"))
        }
    }

    private func checkSum(_ line: MetricLine, _ type: ParsedFamily.Kind) throws(ExpositionError) {
        guard rules.format == .openMetrics else { return }
        let value = line.sample.value
        let isGauge = type == .gaugehistogram
        guard isGauge ? !value.isNaN : value >= 0 else {
            throw line.error(
                "'\(line.series)' is \(line.text): the sum of a \(type.rawValue) is "
                    + (isGauge ? "never NaN" : "neither negative nor NaN"))
        }
    }

    private func checkReservedLabels(_ line: MetricLine, _ type: ParsedFamily.Kind) throws(ExpositionError) {
        let reserved: String? =
            switch type {
            case .histogram, .gaugehistogram: "le"
            case .summary: "quantile"
            default: nil
            }
        guard let reserved, line.label != reserved, line.sample[label: reserved] != nil else { return }
        throw line.error("'\(line.series)' has the label '\(reserved)', which is not for this sample")
    }

    private func checkExemplar(_ line: MetricLine) throws(ExpositionError) {
        guard let exemplar = line.sample.exemplar else { return }
        guard line.role == .total || line.role == .bucket else {
            throw line.error("'\(line.series)' has an exemplar: only '_total' and '_bucket' can")
        }
        let length = exemplar.labels.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
        guard length <= 128 else {
            throw line.error("the exemplar of '\(line.series)' has \(length) characters in its labels, and 128 is most")
        }
    }
}
