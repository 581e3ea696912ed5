import Glibc
import PrometheusMetrics
import PrometheusMetricsTesting
import TestSupport

/// Four threads observe into one histogram and add to one counter, while a fifth scrapes.
struct HistogramRace {
    let name: String
    /// Observed are powers of two, and minus those: every value has a classic bucket of its own, from which the native
    /// ones can be told, and sums are exact.
    let exponents: ClosedRange<Int>
    let native: NativeBuckets
    /// How many histograms are used one after the other: what changes the native buckets happens early in each.
    let histograms: Int
    /// One scrape in how many, because larger histograms take longer.
    let divisor: Int

    static let all: [HistogramRace] = {
        do {
            return [
                HistogramRace(
                    name: "within the limits", exponents: 0...2, native: .standard, histograms: 1, divisor: 1),
                HistogramRace(
                    name: "table growing", exponents: 0...20, native: try NativeBuckets(schema: 3), histograms: 50,
                    divisor: 20),
                HistogramRace(
                    name: "halving", exponents: 0...6, native: try NativeBuckets(schema: 8, maximumCount: 3),
                    histograms: 50, divisor: 20),
                HistogramRace(
                    name: "widening, then halving", exponents: 0...6,
                    native: try NativeBuckets(schema: 4, maximumCount: 3, maximumZeroThreshold: 8), histograms: 50,
                    divisor: 20),
                HistogramRace(
                    name: "resetting", exponents: 0...6,
                    native: try NativeBuckets(schema: 4, maximumCount: 3, minimumResetInterval: .zero), histograms: 1,
                    divisor: 20),
            ]
        } catch { fatalError("\(error)") }
    }()

    private static let threads = 4

    private var maySpringBack: Bool { native.minimumResetInterval != nil }

    /// In the order of the classic buckets.
    private var values: [Double] {
        let powers = exponents.map { Double(sign: .plus, exponent: $0, significand: 1) }
        return powers.reversed().map { -$0 } + powers
    }

    func run(scrapes: Int) throws -> String {
        var observations = 0.0
        for _ in 0..<histograms { observations += try runOne(scrapes: max(1, scrapes / histograms)) }
        return "\(name): \(scrapes) scrapes, \(observations) observations"
    }

    /// - Returns: how many observations there were.
    private func runOne(scrapes: Int) throws -> Double {
        let values = values
        let registry = MetricsRegistry()
        let histogram = try registry.histogram("h", help: "", buckets: Buckets(values.dropLast()), native: native)
        let counter = try registry.counter("c_total", help: "")
        let rounds = (0..<Self.threads).map { _ in Counter() }
        let racing = RacingThreads(Self.threads) { thread, round in
            histogram.observe(values[(thread + round) % values.count])
            counter.increment()
            counter.increment(by: 0.5)
            rounds[thread].increment()
            // A scrape waits for the observations that are under way. One thread goes on without a pause, and is stopped
            // in the middle of one again and again; with four of these, scrapes would do little but wait.
            if thread > 0, round % 64 == 0 { usleep(20) }
        }
        defer { racing.stop() }
        var last = Seen(counts: values.map { _ in 0 }, counter: 0)
        for _ in 0..<scrapes { last = try scrape(registry, after: last) }
        racing.stop()

        let total = rounds.reduce(0) { $0 + $1.value }
        try check(counter.value == 1.5 * total, "\(name): the counter is \(counter.value) after \(total) rounds")
        last = try scrape(registry, after: last)
        let count = last.counts.reduce(0, +)
        try check(
            maySpringBack || Double(count) == total, "\(name): the count is \(count) after \(total) observations")
        return total
    }

    /// What a scrape shows.
    private struct Seen {
        /// By classic bucket, not cumulated.
        let counts: [UInt64]
        let counter: Double
    }

    private func scrape(_ registry: MetricsRegistry, after last: Seen) throws -> Seen {
        let families = registry.snapshot()
        // Both refuse buckets that decrease.
        let exposition = try ParsedExposition(text: Exposition.bytes(families))
        _ = try ParsedExposition(openMetrics: Exposition.bytes(families, as: .openMetrics))
        let samples = exposition.families.flatMap(\.samples)
        func value(_ name: String, le: String? = nil) throws -> Double {
            guard let sample = samples.first(where: { $0.name == name && $0[label: "le"] == le }) else {
                throw TestFailure("\(self.name): no \(name) of \(le ?? "") in \(exposition)")
            }
            return sample.value
        }
        guard case .histogram(let state)? = families.first(where: { $0.name == "h" })?.series.first?.value else {
            throw TestFailure("\(name): no histogram")
        }
        let count = try value("h_count")
        try check(count == (try value("h_bucket", le: "+Inf")), "\(name): the count isn't +Inf's: \(exposition)")
        try check(count == Double(state.count), "\(name): count \(count) of \(state)")
        let sum = zip(values, state.counts).reduce(0) { $0 + $1.0 * Double($1.1) }
        try check(try value("h_sum") == sum, "\(name): the sum should be \(sum): \(state)")
        try check(state.native == expectedNative(state), "\(name): native buckets of \(state)")
        try check(
            maySpringBack || zip(last.counts, state.counts).allSatisfy { $0 <= $1 },
            "\(name): \(state.counts) after \(last.counts)")
        let counter = try value("c_total")
        try check(counter >= last.counter, "\(name): the counter is \(counter) after \(last.counter)")
        return Seen(counts: state.counts, counter: counter)
    }

    /// The native buckets that hold what the classic ones do, with the resolution and the threshold that they have come
    /// to.
    private func expectedNative(_ state: HistogramSnapshot) -> NativeHistogramSnapshot? {
        guard let native = state.native else { return nil }
        var zero: UInt64 = 0
        var positive: [Int: UInt64] = [:]
        var negative: [Int: UInt64] = [:]
        for (value, count) in zip(values, state.counts) where count > 0 {
            let exponent = Int(value.exponent)
            let index =
                native.schema >= 0
                ? exponent << native.schema : (exponent + (1 << -native.schema) - 1) >> -native.schema
            if value.magnitude <= native.zeroThreshold {
                zero += count
            } else if value > 0 {
                positive[index, default: 0] += count
            } else {
                negative[index, default: 0] += count
            }
        }
        return NativeHistogramSnapshot(
            schema: native.schema, zeroThreshold: native.zeroThreshold, zeroCount: zero, positive: positive,
            negative: negative)
    }
}
