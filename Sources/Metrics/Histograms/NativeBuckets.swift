internal import Glibc

/// How a histogram keeps native buckets: their resolution, and what happens when there are too many.
///
/// Native buckets grow by a constant factor and need no bounds to be chosen: only those that hold observations exist,
/// and Prometheus reads them in one series (from 2.40 with `--enable-feature=native-histograms`, from 3.8 with
/// `scrape_native_histograms: true`, by protobuf; ``ExpositionFormat/openMetrics2`` carries them as well).
///
/// The format is that of the specification, <https://prometheus.io/docs/specs/native_histograms/>.
public struct NativeBuckets: Sendable, Hashable {
    /// The resolution: bounds grow by 2^(2^-schema), from 65,536 for -4 to 1.0027 for 8.
    public let schema: Int
    /// Observations whose magnitude is at most this are counted as zero.
    public let zeroThreshold: Double
    /// How many buckets may hold observations, positive and negative together.
    public let maximumCount: Int
    /// When there are too many buckets, the histogram starts anew if it hasn't for this long; `nil` for never.
    public let minimumResetInterval: Duration?
    /// When there are too many buckets and the histogram can't start anew, the zero bucket takes in those next to it up
    /// to this magnitude; 0 for never. After that the resolution is halved, down to schema -4.
    public let maximumZeroThreshold: Double

    /// A growth of at most 1.1 (schema 3), zero up to 2^-128, at most 160 buckets, and halving the resolution beyond.
    public static let standard = NativeBuckets(
        valid: 3, zeroThreshold: 0x1p-128, maximumCount: 160, minimumResetInterval: nil, maximumZeroThreshold: 0)

    /// What summaries sort observations into.
    static let sketch = NativeBuckets(
        valid: 5, zeroThreshold: 0x1p-128, maximumCount: 2048, minimumResetInterval: nil, maximumZeroThreshold: 0)

    /// Buckets by how much they grow.
    ///
    /// - Parameters:
    ///   - growth: more than 1: the factor that the bounds grow by at most. The schema is the coarsest that keeps to
    ///     it.
    ///   - zeroThreshold: 0 or more, and finite.
    ///   - maximumCount: from 1 to 65,536.
    ///   - minimumResetInterval: 0 or more.
    ///   - maximumZeroThreshold: 0 or more, and finite.
    /// - Throws: ``RegistrationError/invalidBuckets(_:)``.
    public init(
        growth: Double, zeroThreshold: Double = 0x1p-128, maximumCount: Int = 160,
        minimumResetInterval: Duration? = nil, maximumZeroThreshold: Double = 0
    ) throws(RegistrationError) {
        guard growth > 1, growth.isFinite else { throw .invalidBuckets("native buckets grow by more than 1") }
        let schema = Int(max(-4, min(8, -(log2(log2(growth))).rounded(.down))))
        try self.init(
            schema: schema, zeroThreshold: zeroThreshold, maximumCount: maximumCount,
            minimumResetInterval: minimumResetInterval, maximumZeroThreshold: maximumZeroThreshold)
    }

    /// As ``init(growth:zeroThreshold:maximumCount:minimumResetInterval:maximumZeroThreshold:)``, by the schema's
    /// number, from -4 to 8.
    public init(
        schema: Int, zeroThreshold: Double = 0x1p-128, maximumCount: Int = 160,
        minimumResetInterval: Duration? = nil, maximumZeroThreshold: Double = 0
    ) throws(RegistrationError) {
        guard (-4...8).contains(schema) else { throw .invalidBuckets("a native schema lies between -4 and 8") }
        guard zeroThreshold >= 0, zeroThreshold.isFinite, maximumZeroThreshold >= 0, maximumZeroThreshold.isFinite
        else { throw .invalidBuckets("a zero threshold is 0 or more, and finite") }
        guard (1...65536).contains(maximumCount) else {
            throw .invalidBuckets("native buckets are limited to a count from 1 to 65536")
        }
        guard minimumResetInterval.map({ $0 >= .zero }) ?? true else {
            throw .invalidBuckets("the interval between resets of native buckets isn't negative")
        }
        self.init(
            valid: schema, zeroThreshold: zeroThreshold, maximumCount: maximumCount,
            minimumResetInterval: minimumResetInterval, maximumZeroThreshold: maximumZeroThreshold)
    }

    private init(
        valid schema: Int, zeroThreshold: Double, maximumCount: Int, minimumResetInterval: Duration?,
        maximumZeroThreshold: Double
    ) {
        self.schema = schema
        self.zeroThreshold = zeroThreshold
        self.maximumCount = maximumCount
        self.minimumResetInterval = minimumResetInterval
        self.maximumZeroThreshold = maximumZeroThreshold
    }
}
