/// The upper bounds of a histogram's classic buckets, validated; the last bucket, +Inf, is implied.
public struct Buckets: Sendable, Hashable {
    /// Ascending and finite.
    public let bounds: [Double]
    let table: BucketTable

    /// The given bounds.
    ///
    /// - Parameter bounds: finite and strictly ascending; a final +Inf is taken as the implied one.
    /// - Throws: ``RegistrationError/invalidBuckets(_:)``.
    public init(_ bounds: [Double]) throws(RegistrationError) {
        let bounds = bounds.last == .infinity ? bounds.dropLast() : bounds[...]
        guard bounds.allSatisfy(\.isFinite) else {
            throw .invalidBuckets("every bound but a final +Inf must be finite")
        }
        guard zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .invalidBuckets("bounds must ascend strictly")
        }
        self.init(valid: Array(bounds))
    }

    private init(valid bounds: [Double]) {
        self.bounds = bounds
        table = BucketTable(bounds)
    }

    /// Whether the bounds are the same.
    public static func == (one: Buckets, other: Buckets) -> Bool { one.bounds == other.bounds }
    /// Hashes the bounds.
    public func hash(into hasher: inout Hasher) { hasher.combine(bounds) }

    /// Only +Inf.
    public static let none = Buckets(valid: [])

    /// From 5 ms to 10 s: the bounds that OpenTelemetry's semantic conventions advise for the duration of HTTP
    /// requests, in seconds.
    public static let httpDuration = Buckets(
        valid: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])

    /// `count` bounds from `start`, each `width` above the one before: `start` and `width` finite, `width` above 0.
    ///
    /// - Throws: ``RegistrationError/invalidBuckets(_:)``.
    public static func linear(start: Double, width: Double, count: Int) throws(RegistrationError) -> Buckets {
        try Buckets((0..<max(0, count)).map { start + Double($0) * width })
    }

    /// `count` bounds from `start`, each `factor` times the one before: `start` above 0, `factor` above 1, and the last
    /// bound still finite.
    ///
    /// - Throws: ``RegistrationError/invalidBuckets(_:)``.
    public static func exponential(start: Double, factor: Double, count: Int) throws(RegistrationError) -> Buckets {
        var bounds: [Double] = []
        var bound = start
        for _ in 0..<max(0, count) {
            bounds.append(bound)
            bound *= factor
        }
        return try Buckets(bounds)
    }
}

/// Bucket bounds, laid out for the search and for rendering.
final class BucketTable: @unchecked Sendable {
    // Sound: written once in `init`, freed in `deinit`, read-only in between.
    private let bounds: UnsafeMutableBufferPointer<Double>
    /// For each bucket, +Inf's among them, the end of the part of its line that is always the same: `le="0.5"} `.
    let suffixes: PackedLabels
    let longestSuffix: Int

    init(_ bounds: [Double]) {
        self.bounds = .allocate(capacity: bounds.count)
        _ = self.bounds.initialize(from: bounds)
        let suffixes = (bounds + [.infinity]).map { bound in
            let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 2 * ByteWriter.maximumNumber)
            defer { memory.deallocate() }
            var writer = ByteWriter(memory)
            writer.write(Self.suffixOpen)
            writer.write(bound: bound)
            writer.write(Self.suffixClose)
            return Array(memory[..<writer.count])
        }
        self.suffixes = PackedLabels(suffixes)
        longestSuffix = suffixes.map(\.count).max() ?? 0
    }

    deinit { bounds.deallocate() }

    /// The text of a bucket's bound alone, `0.5`; +Inf's is the last.
    func text(ofBound bucket: Int) -> UnsafeBufferPointer<UInt8> {
        let suffix = suffixes[bucket]
        return UnsafeBufferPointer(
            rebasing: suffix[Self.suffixOpen.utf8CodeUnitCount..<suffix.count - Self.suffixClose.utf8CodeUnitCount])
    }

    private static let suffixOpen: StaticString = "le=\""
    private static let suffixClose: StaticString = "\"} "

    /// The index of the first bound that isn't less than `value`; the number of bounds, which stands for +Inf, when
    /// there is none. Costs O(log n).
    func bucket(of value: Double) -> Int {
        // The comparison is this way round so that NaN, which is less than nothing, goes to +Inf.
        var low = 0
        var length = bounds.count
        while length > 0 {
            let half = length / 2
            if bounds[low + half] >= value {
                length = half
            } else {
                low += half + 1
                length -= half + 1
            }
        }
        return low
    }
}
