/// The upper bounds of a histogram's buckets, validated; the last bucket, +Inf, is implied.
public struct Buckets: Sendable, Hashable {
    /// Ascending and finite.
    public let bounds: [Double]
    /// The bounds as the text formats write them.
    let boundTexts: [[UInt8]]

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
        boundTexts = bounds.map { bound in
            var text: [UInt8] = []
            text.append(bound: bound)
            return text
        }
    }

    /// From 5 ms to 10 s: the bounds that OpenTelemetry's semantic conventions advise for the duration of HTTP
    /// requests, in seconds.
    public static let httpDuration = Buckets(
        valid: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])

    /// `count` bounds from `start`, each `width` above the one before.
    public static func linear(start: Double, width: Double, count: Int) throws(RegistrationError) -> Buckets {
        try Buckets((0..<max(0, count)).map { start + Double($0) * width })
    }

    /// `count` bounds from `start`, each `factor` times the one before.
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
