/// One set of labels and its value.
public struct Series: Sendable {
    /// Its own labels and the registry's constant ones; `le` and `quantile` are part of the value.
    public let labels: LabelSet
    /// What was read.
    public let value: MetricValue
    /// When counting began, in seconds since the Unix epoch; for counters, histograms and summaries.
    public let created: Double?
    /// The exemplar of a counter; those of a histogram's buckets.
    public let exemplars: [Exemplar]
}

/// The value of one series, by the kind of its metric.
public enum MetricValue: Sendable {
    /// 0 or more.
    case counter(Double)
    /// Any number.
    case gauge(Double)
    /// Classic buckets, native ones, or both.
    case histogram(HistogramSnapshot)
    /// Quantiles, sum and count.
    case summary(SummarySnapshot)
    /// Always 1.
    case info
    /// The states that are on.
    case states(Set<String>)
    /// Any number.
    case unknown(Double)
}

/// The state of a histogram at one moment.
public struct HistogramSnapshot: Sendable {
    /// The bounds of the classic buckets; none where there are native ones only.
    public let buckets: Buckets
    /// The observations of each classic bucket alone, not cumulated; the last is +Inf's.
    public let counts: [UInt64]
    /// The sum of all observed values.
    public let sum: Double
    /// `nil` for classic histograms.
    public let native: NativeHistogramSnapshot?

    /// A state for a ``Collector``, or for a test.
    ///
    /// - Parameters:
    ///   - buckets: the classic bounds.
    ///   - counts: one more than `buckets` has bounds; missing ones are 0, further ones count as +Inf's. What
    ///     exceeds 2^64 - 1 together is left out.
    ///   - sum: of all observed values.
    ///   - native: the same observations in native buckets.
    public init(buckets: Buckets, counts: [UInt64], sum: Double, native: NativeHistogramSnapshot? = nil) {
        var room = UInt64.max
        var limited = Array(repeating: UInt64(0), count: buckets.bounds.count + 1)
        for (bucket, count) in counts.enumerated() {
            limited[min(bucket, buckets.bounds.count)] += min(count, room)
            room -= min(count, room)
        }
        self.buckets = buckets
        self.counts = limited
        self.sum = sum
        self.native = native
    }

    /// The number of observations.
    public var count: UInt64 { counts.reduce(0, +) }

    /// Whether Prometheus takes it: native buckets that aren't right cost the whole scrape.
    var isConsistent: Bool {
        guard let native else { return true }
        guard
            // Prometheus counts in 63 bits.
            count <= Int64.max, (-4...8).contains(native.schema), native.zeroThreshold >= 0,
            native.zeroThreshold.isFinite,
            native.positive.keys.allSatisfy(NativeHistogramSnapshot.indices.contains),
            native.negative.keys.allSatisfy(NativeHistogramSnapshot.indices.contains)
        else { return false }
        var rest = count
        for observations in [[native.zeroCount], Array(native.positive.values), Array(native.negative.values)].joined()
        {
            guard observations <= rest else { return false }
            rest -= observations
        }
        // NaN is in no native bucket.
        return rest == 0 || sum.isNaN
    }
}

/// The native buckets of a histogram at one moment.
public struct NativeHistogramSnapshot: Sendable, Hashable {
    /// See ``NativeBuckets/schema``; coarser than the histogram began with when there were too many buckets.
    public let schema: Int
    /// See ``NativeBuckets/zeroThreshold``; wider than the histogram began with when there were too many buckets.
    public let zeroThreshold: Double
    /// The observations from -``zeroThreshold`` to ``zeroThreshold``.
    public let zeroCount: UInt64
    /// Observations by bucket: bucket `index` holds those in (base^(index-1), base^index], where base is
    /// 2^(2^-schema).
    public let positive: [Int: UInt64]
    /// As ``positive``, for negative observations by their magnitude.
    public let negative: [Int: UInt64]
    /// More than any schema has.
    static let indices = -1 << 19...1 << 19

    /// A state for a ``Collector``, or for a test.
    ///
    /// - Parameters:
    ///   - schema: from -4 to 8.
    ///   - zeroThreshold: 0 or more, and finite.
    ///   - zeroCount: the observations of at most that magnitude.
    ///   - positive: the observations above it, by bucket: indices of numbers that exist, within 2^19 of 0.
    ///   - negative: those below, by the bucket of their magnitude, likewise.
    ///
    /// A histogram in which this isn't so isn't exposed.
    public init(
        schema: Int, zeroThreshold: Double, zeroCount: UInt64, positive: [Int: UInt64], negative: [Int: UInt64] = [:]
    ) {
        self.schema = schema
        self.zeroThreshold = zeroThreshold
        self.zeroCount = zeroCount
        self.positive = positive
        self.negative = negative
    }
}

/// The state of a summary at one moment.
public struct SummarySnapshot: Sendable {
    /// Estimates for the quantiles of the time window; NaN when nothing was observed in it.
    public let quantiles: [(quantile: Double, value: Double)]
    /// The number of all observations ever.
    public let count: UInt64
    /// The sum of all observations ever.
    public let sum: Double

    /// A state for a ``Collector``, or for a test.
    ///
    /// - Parameters:
    ///   - quantiles: ascending, from 0 to 1, with their values.
    ///   - count: of all observations ever.
    ///   - sum: of all observations ever.
    public init(quantiles: [(quantile: Double, value: Double)], count: UInt64, sum: Double) {
        self.quantiles = quantiles
        self.count = count
        self.sum = sum
    }
}
