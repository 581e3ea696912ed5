internal import Glibc

/// The arithmetic of one native schema: bucket `index` holds the magnitudes in (base^(index-1), base^index], where base
/// is 2^(2^-schema).
final class NativeScale: @unchecked Sendable {
    // Sound: the tables are written once in `init` and only read after that; scales live as long as the process.
    let schema: Int
    /// For schemas above 0, the bounds from 1 to 2: 2^(k / 2^schema), and infinity as a sentinel.
    private let bounds: UnsafeMutablePointer<Double>
    /// For each piece of [1, 2), half as wide as the distance between two bounds, how many bounds lie below it. A piece
    /// holds one bound at most.
    private let below: UnsafeMutablePointer<UInt16>

    private static let schemas = -4...8
    private static let all = schemas.map(NativeScale.init)

    /// - Parameter schema: from -4 to 8.
    static func of(schema: Int) -> NativeScale { all[schema - schemas.lowerBound] }

    private init(schema: Int) {
        self.schema = schema
        let count = schema > 0 ? 1 << schema : 0
        bounds = .allocate(capacity: count + 1)
        for index in 0..<count { (bounds + index).initialize(to: exp2(Double(index) / Double(count))) }
        (bounds + count).initialize(to: .infinity)
        below = .allocate(capacity: max(1, 2 * count))
        var lower = 0
        for piece in 0..<2 * count {
            while bounds[lower] < 1 + Double(piece) / Double(2 * count) { lower += 1 }
            (below + piece).initialize(to: UInt16(lower))
        }
    }

    /// The bucket of a magnitude.
    ///
    /// - Parameter magnitude: more than 0; infinity goes one above the bucket of the largest finite number.
    func index(of magnitude: Double) -> Int {
        guard magnitude.isFinite else { return index(of: .greatestFiniteMagnitude) + 1 }
        let exponent = Int(magnitude.exponent)
        let significand = magnitude.significand
        guard schema > 0 else {
            // The smallest power of two that isn't less, divided by the number of powers in a bucket, rounded up.
            let power = significand == 1 ? exponent : exponent + 1
            return (power + (1 << -schema) - 1) >> -schema
        }
        let piece = Int(significand.significandBitPattern >> UInt64(52 - 1 - schema))
        let lower = Int(below[piece])
        return exponent << schema + lower + (bounds[lower] < significand ? 1 : 0)
    }

    /// The upper bound of a bucket: the largest finite number for the last bucket of finite numbers, infinity above.
    func upperBound(_ index: Int) -> Double {
        let exponent = schema > 0 ? index >> schema : index << -schema
        let significand = schema > 0 ? bounds[index & (1 << schema - 1)] : 1
        if exponent >= 1024 {
            return exponent == 1024 && significand == 1 ? .greatestFiniteMagnitude : .infinity
        }
        return ldexp(significand, Int32(exponent))
    }

    /// The value with the smallest relative error for all of a bucket: the harmonic mean of its bounds.
    func middle(_ index: Int) -> Double {
        let upper = upperBound(index)
        let lower = upperBound(index - 1)
        guard upper.isFinite else { return .infinity }
        return lower == 0 ? upper : 2 / (1 / lower + 1 / upper)
    }
}
