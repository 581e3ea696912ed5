/// What a scrape reads of one metric: its metadata and all its series, as values. Every output format is rendered from
/// these.
public struct MetricFamily: Sendable {
    /// The metric's name, a counter's with `_total`.
    public let name: String
    /// What it measures, for readers; unescaped.
    public let help: String
    public let type: MetricType
    /// In the order in which they are exposed.
    public let series: [Series]

    /// - Parameter series: of the kind that `type` says, with labels that differ.
    public init(name: String, help: String, type: MetricType, series: [Series]) {
        self.name = name
        self.help = help
        self.type = type
        self.series = series
    }

    /// A family of one series without labels.
    public init(name: String, help: String, type: MetricType, value: MetricValue) {
        self.init(name: name, help: help, type: type, series: [Series(labels: .empty, value: value)])
    }
}

/// One set of labels and its value.
public struct Series: Sendable {
    public let labels: LabelSet
    public let value: MetricValue

    public init(labels: LabelSet, value: MetricValue) {
        self.labels = labels
        self.value = value
    }
}

/// The kinds of metric of the Prometheus data model, with their names in the text format.
public enum MetricType: String, Sendable, Hashable {
    case counter
    case gauge
    case histogram
}

/// The value of one series, by the kind of its metric.
public enum MetricValue: Sendable {
    case counter(Double)
    case gauge(Double)
    case histogram(HistogramSnapshot)
}

/// The state of a histogram at one moment.
public struct HistogramSnapshot: Sendable {
    public let buckets: Buckets
    /// The observations of each bucket alone, not cumulated; the last is +Inf's.
    public let counts: [UInt64]
    /// The sum of all observed values.
    public let sum: Double

    /// - Parameter counts: one more than `buckets` has bounds.
    public init(buckets: Buckets, counts: [UInt64], sum: Double) {
        self.buckets = buckets
        self.counts = counts
        self.sum = sum
    }

    /// The number of observations.
    public var count: UInt64 { counts.reduce(0, +) }
}
