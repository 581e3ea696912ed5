/// One observation as an example of those that a counter or a bucket stands for, usually with the trace that it was
/// part of.
public struct Exemplar: Sendable {
    /// What leads to the example, such as `trace_id`.
    public let labels: ExemplarLabels
    /// What was observed, or added.
    public let value: Double
    /// When, in seconds since the Unix epoch.
    public let timestamp: Double

    /// An exemplar as a value; instruments make theirs themselves.
    public init(labels: ExemplarLabels, value: Double, timestamp: Double) {
        self.labels = labels
        self.value = value
        self.timestamp = timestamp
    }
}

/// The labels of an exemplar, validated.
///
/// ```swift
/// let example = try ExemplarLabels(["trace_id": "4bf92f3577b34da6", "span_id": "00f067aa0ba902b7"])
/// latency.observe(0.21, exemplar: example)
/// ```
public struct ExemplarLabels: Sendable {
    /// How many Unicode code points names and values may have together, by OpenMetrics 1.0.
    public static let maximumLength = 128

    let labels: LabelSet

    /// - Parameter pairs: names that are valid and differ; empty values are left out.
    /// - Throws: when a name can't be one or comes twice, a value holds the byte 0, or all are longer than
    ///   ``maximumLength``.
    public init(_ pairs: KeyValuePairs<String, String>) throws(ExemplarError) {
        try self.init(pairs.map { ($0.key, $0.value) })
    }

    /// As ``init(_:)``, for labels that are found at run time.
    public init(_ pairs: [(name: String, value: String)]) throws(ExemplarError) {
        var seen: Set<String> = []
        var length = 0
        for (name, value) in pairs {
            guard MetricNames.isLegacyLabelName(name), !name.hasPrefix("__") else { throw .invalidLabelName(name) }
            guard seen.insert(name).inserted else { throw .duplicateLabelName(name) }
            // Prometheus takes it for the end, and would lose the whole scrape.
            guard !value.utf8.contains(0) else { throw .invalidLabelValue(name) }
            length += name.unicodeScalars.count + value.unicodeScalars.count
        }
        guard length <= Self.maximumLength else { throw .tooLong(length) }
        labels = LabelSet(valid: pairs)
    }
}

/// Why labels can't be an exemplar's.
public enum ExemplarError: Error, Hashable, CustomStringConvertible {
    /// A name isn't letters, digits and `_`, or begins with a digit or `__`.
    case invalidLabelName(String)
    /// A name comes twice.
    case duplicateLabelName(String)
    /// The label's name; its value holds the byte 0.
    case invalidLabelValue(String)
    /// Names and values have this many code points together, more than ``ExemplarLabels/maximumLength``.
    case tooLong(Int)

    /// What is wrong, and the rule that it breaks.
    public var description: String {
        switch self {
        case .invalidLabelName(let name):
            "exemplar label '\(name)': use letters, digits and '_', and neither a digit nor '__' first"
        case .duplicateLabelName(let name):
            "exemplar label '\(name)' comes twice"
        case .invalidLabelValue(let name):
            "exemplar label '\(name)': its value holds the byte 0, which Prometheus can't read there"
        case .tooLong(let length):
            "exemplar labels of \(length) code points: names and values may have \(ExemplarLabels.maximumLength) together"
        }
    }
}
