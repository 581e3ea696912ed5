import PrometheusMetrics
import TestSupport
import Testing

/// Native histograms, by the specification: <https://prometheus.io/docs/specs/native_histograms/>.
@Suite struct NativeHistogramTests {
    private static let schemas = Array(-4...8)

    /// The native buckets after these observations.
    private func observe(
        _ values: [Double], schema: Int, zeroThreshold: Double = 0
    ) throws -> NativeHistogramSnapshot {
        let histogram = Histogram(
            native: try NativeBuckets(schema: schema, zeroThreshold: zeroThreshold, maximumCount: 65536))
        for value in values { histogram.observe(value) }
        let snapshot = histogram.snapshot()
        #expect(snapshot.counts == [UInt64(values.count)])
        return try #require(snapshot.native)
    }

    /// The bucket of 2^exponent, by the definition: the smallest index whose bound, 2^(index * 2^-schema), isn't less.
    private func index(ofPower exponent: Int, schema: Int) -> Int {
        schema >= 0 ? exponent << schema : Int((Double(exponent) / Double(1 << -schema)).rounded(.up))
    }

    // MARK: Which bucket a value is in

    @Test(arguments: schemas) func boundsBelongToTheBucketBelowAndAreTheNearestDoubles(schema: Int) throws {
        for exponent in [-1022, -1021, -537, -128, -17, -16, -2, -1, 0, 1, 2, 15, 16, 63, 511, 1022, 1023] {
            var expected: [Int: UInt64] = [:]
            var values: [Double] = []
            for step in 0..<(1 << max(0, schema)) {
                let significand = schema > 0 ? NativeBounds.bound(step, schema: schema) : 1
                let bound = Double(sign: .plus, exponent: exponent, significand: significand)
                values += [bound, bound.nextUp, bound.nextDown]
                let index = index(ofPower: exponent, schema: schema) + step
                if schema > 0 || exponent % (1 << -schema) == 0 {
                    expected[index, default: 0] += 2
                    expected[index + 1, default: 0] += 1
                } else {
                    // No bound of these coarse buckets.
                    expected[index, default: 0] += 3
                }
            }
            let native = try observe(values + values.map { -$0 }, schema: schema)
            #expect(native.positive == expected, "2^\(exponent)")
            #expect(native.negative == expected, "-2^\(exponent)")
        }
    }

    @Test(arguments: schemas) func everyPowerOfTwoIsInTheBucketThatTheDefinitionGives(schema: Int) throws {
        let exponents = -1074...1023
        let native = try observe(
            exponents.map { Double(sign: .plus, exponent: $0, significand: 1) }, schema: schema)
        var expected: [Int: UInt64] = [:]
        for exponent in exponents { expected[index(ofPower: exponent, schema: schema), default: 0] += 1 }
        #expect(native.positive == expected)
    }

    @Test(arguments: schemas) func extremesHaveBucketsOfTheirOwn(schema: Int) throws {
        // The largest finite number is in the bucket whose bound would be 2^1024.
        let last = index(ofPower: 1024, schema: schema)
        let native = try observe(
            [.greatestFiniteMagnitude, .infinity, .infinity, .leastNonzeroMagnitude, 0, -0.0, .nan]
                + [-.greatestFiniteMagnitude, -.infinity, -.leastNonzeroMagnitude], schema: schema)
        let first = index(ofPower: -1074, schema: schema)
        #expect(native.positive == [last: 1, last + 1: 2, first: 1])
        #expect(native.negative == [last: 1, last + 1: 1, first: 1])
        // NaN is in none.
        #expect(native.zeroCount == 2)
        #expect(native.schema == schema)
    }

    @Test(arguments: [0x1p-128, 1e-3, 1, .leastNonzeroMagnitude, .greatestFiniteMagnitude] as [Double])
    func whatIsAtMostTheThresholdIsZero(threshold: Double) throws {
        let inside = [threshold, -threshold, threshold.nextDown, -threshold.nextDown, 0, -0.0]
        let outside = [threshold.nextUp, -threshold.nextUp]
        let native = try observe(inside + outside, schema: 3, zeroThreshold: threshold)
        #expect(native.zeroThreshold == threshold)
        #expect(native.zeroCount == UInt64(inside.count))
        #expect(Array(native.positive.values) == [1])
        #expect(Array(native.negative.values) == [1])
    }

    @Test(arguments: [
        (65536, -4), (65535, -3), (17, -2), (4, -1), (3.9, 0), (2, 0), (1.5, 1), (1.1, 3), (1.05, 4), (1.003, 8),
        (1.0001, 8), (1e300, -4), (1.0.nextUp, 8),
    ]) func theCoarsestSchemaThatKeepsToTheGrowthIsTaken(growth: Double, schema: Int) throws {
        #expect(try NativeBuckets(growth: growth).schema == schema)
    }

    // MARK: Limits

    /// A histogram that may have few buckets; resets are allowed at once or never.
    private func limited(
        to count: Int, schema: Int = 0, resets: Bool = false, widensTo maximumZeroThreshold: Double = 0
    ) throws -> Histogram {
        Histogram(
            native: try NativeBuckets(
                schema: schema, zeroThreshold: 0, maximumCount: count, minimumResetInterval: resets ? .zero : nil,
                maximumZeroThreshold: maximumZeroThreshold), buckets: try Buckets([4]))
    }

    private func native(_ histogram: Histogram) throws -> NativeHistogramSnapshot {
        let snapshot = histogram.snapshot()
        let native = try #require(snapshot.native)
        let counts = [native.zeroCount] + native.positive.values + native.negative.values
        #expect(counts.reduce(0, +) == snapshot.count)
        return native
    }

    @Test func aResetStartsWithTheObservationThatWasTooMany() throws {
        let histogram = try limited(to: 2, resets: true)
        for value in [1, 2, 2, 8] as [Double] { histogram.observe(value) }
        let snapshot = histogram.snapshot()
        #expect(snapshot.counts == [0, 1])
        #expect(snapshot.sum == 8)
        #expect(snapshot.native == .init(schema: 0, zeroThreshold: 0, zeroCount: 0, positive: [3: 1]))
        for value in [8, 1, 0] as [Double] { histogram.observe(value) }
        #expect(
            try native(histogram)
                == .init(schema: 0, zeroThreshold: 0, zeroCount: 1, positive: [3: 2, 0: 1]))
    }

    @Test func aResetComesBeforeAnythingElse() throws {
        let histogram = try limited(to: 1, schema: 2, resets: true, widensTo: 100)
        for value in [1, 2, 3, 4, 5] as [Double] { histogram.observe(value) }
        #expect(
            try native(histogram) == .init(schema: 2, zeroThreshold: 0, zeroCount: 0, positive: [10: 1]))
    }

    @Test func theZeroBucketTakesInThoseNextToItOnBothSides() throws {
        let histogram = try limited(to: 3, widensTo: 2)
        for value in [1, -1, 1, 2, -8, 0] as [Double] { histogram.observe(value) }
        // 1 and -1 are in the buckets next to zero, which reach to 1.
        #expect(
            try native(histogram)
                == .init(schema: 0, zeroThreshold: 1, zeroCount: 4, positive: [1: 1], negative: [3: 1]))
        for value in [0.001, -1, 1.5] as [Double] { histogram.observe(value) }
        #expect(
            try native(histogram)
                == .init(schema: 0, zeroThreshold: 1, zeroCount: 6, positive: [1: 2], negative: [3: 1]))
        // Twice in a row, because once isn't enough: 2 is the next bound, and the last that is allowed.
        for value in [16, 64] as [Double] { histogram.observe(value) }
        #expect(
            try native(histogram)
                == .init(schema: 0, zeroThreshold: 2, zeroCount: 8, positive: [4: 1, 6: 1], negative: [3: 1]))
    }

    @Test func theResolutionIsHalvedWhereZeroCannotTakeInMore() throws {
        let histogram = try limited(to: 3, schema: 1, widensTo: 1)
        for value in [0.5, 2, 4, 16, 64, -16] as [Double] { histogram.observe(value) }
        // Zero takes in 0.5; then there are 2, 4, 16, 64 and -16, in buckets of schema 0 and of schema -1 still five
        // and of schema -2 (up to 16, and up to 256) three.
        #expect(
            try native(histogram)
                == .init(schema: -2, zeroThreshold: 0x1p-1, zeroCount: 1, positive: [1: 3, 2: 1], negative: [1: 1]))
        histogram.observe(17)
        histogram.observe(0.3)
        #expect(
            try native(histogram)
                == .init(schema: -2, zeroThreshold: 0x1p-1, zeroCount: 2, positive: [1: 3, 2: 2], negative: [1: 1]))
    }

    /// After halving, the threshold can lie within a bucket, which then holds only what is outside of it.
    @Test func aThresholdWithinACoarserBucketKeepsItsMeaning() throws {
        let histogram = try limited(to: 1, schema: 0, widensTo: 2)
        for value in [2, 16, 17] as [Double] { histogram.observe(value) }
        let widened = NativeHistogramSnapshot(schema: -3, zeroThreshold: 2, zeroCount: 1, positive: [1: 2])
        #expect(try native(histogram) == widened)
        for value in [1.5, 2, 2.5] as [Double] { histogram.observe(value) }
        #expect(
            try native(histogram) == .init(schema: -3, zeroThreshold: 2, zeroCount: 3, positive: [1: 3]))
    }

    @Test func halvingEndsAtTheCoarsestSchemaWhateverTheLimit() throws {
        let histogram = try limited(to: 1, schema: 8)
        for value in [1e-300, 1, 1e300, -1, .infinity] as [Double] { histogram.observe(value) }
        #expect(
            try native(histogram)
                == .init(
                    schema: -4, zeroThreshold: 0, zeroCount: 0, positive: [-62: 1, 0: 1, 63: 1, 65: 1], negative: [0: 1]
                ))
    }

    /// The result must not depend on when the limit was met.
    @Test(arguments: schemas) func halvingIsAsIfTheSchemaHadAlwaysBeenCoarse(schema: Int) throws {
        var random = SeededGenerator(seed: UInt64(100 + schema))
        let values = (0..<500).map { _ in Double(bitPattern: random.next()) }
        let histogram = Histogram(native: try NativeBuckets(schema: 8, zeroThreshold: 0, maximumCount: 7))
        let limitless = try observe(values, schema: schema)
        for value in values { histogram.observe(value) }
        let halved = try #require(histogram.snapshot().native)
        #expect(halved.schema == -4)
        // One bucket of the coarsest schema is as wide as 2^(4 + schema) of another.
        func coarsened(_ buckets: [Int: UInt64]) -> [Int: UInt64] {
            var coarse: [Int: UInt64] = [:]
            for (index, count) in buckets {
                coarse[Int((Double(index) / Double(1 << (4 + schema))).rounded(.up)), default: 0] += count
            }
            return coarse
        }
        // The bucket of infinity stays the one above that of the largest finite number.
        #expect(halved.positive == coarsened(limitless.positive))
        #expect(halved.negative == coarsened(limitless.negative))
        #expect(halved.zeroCount == limitless.zeroCount)
    }

    @Test func resolutionComesBackOnceAResetIsAllowed() async throws {
        let histogram = Histogram(
            native: try NativeBuckets(
                schema: 3, zeroThreshold: 0, maximumCount: 2, minimumResetInterval: .milliseconds(300)))
        // If this is interrupted for too long, the limit leads to a reset: try again.
        let wasHalved = try await eventually {
            for value in [1, 2, 4] as [Double] { histogram.observe(value) }
            return try native(histogram).schema < 3
        }
        #expect(wasHalved)
        // The reading that finds a reset allowed still shows what was there before.
        let isBack = try await eventually {
            _ = histogram.snapshot()
            return try native(histogram).schema == 3
        }
        #expect(isBack)
        #expect(histogram.snapshot().count == 0)
    }

    // MARK: Protobuf

    /// The buckets 0, 1, 3, 6 and 10, with gaps of none to three in between.
    @Test func gapsOfUpToTwoBucketsAreFilledAndLongerOnesBeginASpan() throws {
        let registry = MetricsRegistry()
        let histogram = try registry.histogram(
            "h", help: "", buckets: .none, native: NativeBuckets(schema: 0, zeroThreshold: 0))
        for (exponent, count) in [(0, 1), (1, 2), (3, 1), (6, 4), (10, 1)] {
            for _ in 0..<count { histogram.observe(Double(1 << exponent)) }
        }
        for exponent in [-5, -5, 3] { histogram.observe(-Double(sign: .plus, exponent: exponent, significand: 1)) }
        func contains(_ part: [UInt8]) -> Bool {
            let bytes = Exposition.bytes(registry.snapshot(), as: .protobuf)
            return bytes.indices.contains { bytes[$0...].starts(with: part) }
        }
        // Spans (offset, length): (0, 7), (3, 1). Deltas: 1, 1, -2, 1, -1, 0, 4, -3.
        let positiveSpans: [UInt8] = [0x62, 4, 8, 0, 16, 7, 0x62, 4, 8, 6, 16, 1]
        let positiveDeltas: [UInt8] = [2, 2, 3, 2, 1, 0, 8, 5].flatMap { [0x68, $0] }
        #expect(contains(positiveSpans + positiveDeltas))
        // Spans: (-5, 1), (7, 1). Deltas: 2, -1.
        #expect(contains([0x4A, 4, 8, 9, 16, 1, 0x4A, 4, 8, 14, 16, 1, 0x50, 4, 0x50, 1]))
    }

    @Test func aHistogramThatNothingElseTellsFromAClassicOneHasAnEmptySpan() throws {
        for (threshold, value, hasSpan) in [(0, nil, true), (0, 0, false), (1, nil, false)] as [(Double, Double?, Bool)]
        {
            let registry = MetricsRegistry()
            let histogram = try registry.histogram(
                "h", help: "", buckets: .none, native: NativeBuckets(schema: 0, zeroThreshold: threshold))
            if let value { histogram.observe(value) }
            let bytes = Exposition.bytes(registry.snapshot(), as: .protobuf)
            let span: [UInt8] = [0x62, 4, 8, 0, 16, 0]
            #expect(bytes.indices.contains { bytes[$0...].starts(with: span) } == hasSpan)
        }
    }
}
