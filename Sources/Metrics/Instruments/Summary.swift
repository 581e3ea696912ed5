internal import Synchronization

/// Quantiles of what was observed in the last minutes, and the sum and count of everything.
///
/// Quantiles can't be averaged or added up over instances: prefer a ``Histogram`` unless each instance is looked at
/// alone. What a summary gives beyond one is an accuracy that is known beforehand, without Prometheus doing anything.
///
/// **Error**: an estimate lies within 1.1 % of the true quantile's value (``Quantiles/relativeError``), by sorting
/// observations into buckets that grow by 2^(1/32); it does so as long as those in the window cover at most 2,048
/// buckets, a factor of 2^64 between the smallest and the largest. Beyond that the buckets, and with them the error,
/// double. Magnitudes up to 2^-128 count as 0. (The method is that of DDSketch, Masson and others, VLDB 2019.)
///
/// **Window**: time is cut into slices, and the window is the current slice with those before it, so that it reaches
/// between ``Quantiles/window`` less one slice and the whole of it into the past.
///
/// May be used from any thread. An observation costs what one in a native histogram does, and a look at a coarse clock.
public final class Summary: Instrument {
    private let options: Quantiles
    private let slices: [Histogram]
    private let rotation: Rotation
    private let control = Mutex(Control())

    private final class Rotation: Sendable {
        /// The slice of time, counted from the start, that each place holds.
        let epochs: AtomicWords
        let start = Clocks.coarseNanoseconds()
        let length: UInt64

        init(_ options: Quantiles) {
            epochs = AtomicWords(count: options.slices)
            length = max(1, options.window.clampedNanoseconds / UInt64(options.slices))
        }

        var now: UInt64 { (Clocks.coarseNanoseconds() - start) / length }
    }

    /// What slices that have been taken out of the window held.
    private struct Control {
        var count: UInt64 = 0
        var sum = 0.0
    }

    private static let slice = HistogramOptions(buckets: .none, native: Quantiles.resolution)

    /// A summary that belongs to no registry; registries make theirs with
    /// ``MetricsRegistry/summary(_:help:unit:quantiles:)``.
    public convenience init(_ quantiles: Quantiles) { self.init(options: quantiles) }

    public init(options: Quantiles) {
        self.options = options
        slices = (0..<options.slices).map { _ in Histogram(options: Self.slice) }
        rotation = Rotation(options)
        created = Clocks.epochSeconds()
    }

    /// When counting began, in seconds since the Unix epoch.
    public let created: Double

    /// Takes a value in. NaN counts, and makes the sum NaN, but is in no quantile.
    public func observe(_ value: Double) {
        let now = rotation.now
        let place = Int(now % UInt64(slices.count))
        if rotation.epochs.words[place].load(ordering: .acquiring) != now { turn(to: now) }
        slices[place].observe(value)
    }

    /// Takes a duration in, in seconds.
    public func observe(_ duration: Duration) { observe(duration.inSeconds) }

    /// Empties the slices that are older than the window.
    private func turn(to now: UInt64) {
        control.withLock { control in
            for (place, slice) in slices.enumerated() {
                let count = UInt64(slices.count)
                // The latest slice of time that belongs in this place.
                let back = (now % count + count - UInt64(place)) % count
                guard back <= now else { continue }
                let epoch = now - back
                guard rotation.epochs.words[place].load(ordering: .relaxed) < epoch else { continue }
                let past = slice.takeAll()
                control.count += past.count
                control.sum += past.sum
                rotation.epochs.words[place].store(epoch, ordering: .releasing)
            }
        }
    }

    /// One state: the quantiles' estimates, and the totals.
    public func snapshot() -> SummarySnapshot {
        turn(to: rotation.now)
        return control.withLock { control in
            let states = slices.map { $0.snapshot() }
            let sketch = Sketch(states.compactMap(\.native))
            return SummarySnapshot(
                quantiles: options.quantiles.map { ($0, sketch.estimate($0)) },
                count: states.reduce(control.count) { $0 + $1.count }, sum: states.reduce(control.sum) { $0 + $1.sum })
        }
    }

    public static let type = MetricType.summary

    public func record(into snapshot: inout SnapshotBuilder) {
        let state = self.snapshot()
        snapshot.append(created)
        snapshot.append(state.sum)
        snapshot.append(state.count)
        for (_, value) in state.quantiles { snapshot.append(value) }
    }
}

extension Summary: ShapedInstrument {
    static func shape(_ options: Quantiles) -> Roster.Shape { .summary(options.quantiles) }
}

/// Which quantiles a summary tells, and of how much of the past.
public struct Quantiles: Sendable, Hashable {
    /// Ascending, from 0 to 1.
    public let quantiles: [Double]
    /// How far back the quantiles look.
    public let window: Duration
    /// Into how many slices the window is cut.
    public let slices: Int

    /// How far an estimate may lie from the true value, as a part of that value.
    public static let relativeError = 0.011

    /// Buckets that grow by 2^(1/32).
    static let resolution = NativeBuckets.sketch

    /// - Parameters:
    ///   - quantiles: from 0 to 1, such as `[0.5, 0.9, 0.99]`; none at all leaves the sum and the count.
    ///   - window: more than 0.
    ///   - slices: from 1 to 60: the more, the smoother old observations leave the window, and the more memory it takes.
    /// - Throws: ``RegistrationError/invalidQuantiles(_:)``.
    public init(
        _ quantiles: [Double], window: Duration = .seconds(600), slices: Int = 5
    ) throws(RegistrationError) {
        guard quantiles.allSatisfy({ (0...1).contains($0) }) else {
            throw .invalidQuantiles("a quantile lies between 0 and 1")
        }
        guard Set(quantiles).count == quantiles.count else { throw .invalidQuantiles("a quantile comes twice") }
        guard window > .zero else { throw .invalidQuantiles("the window is longer than 0") }
        guard (1...60).contains(slices) else { throw .invalidQuantiles("the window has from 1 to 60 slices") }
        self.quantiles = quantiles.sorted()
        self.window = window
        self.slices = slices
    }
}

/// Observations in buckets, in the order of their values.
private struct Sketch {
    private var buckets: [(value: Double, count: UInt64)] = []
    private var count: UInt64 = 0

    init(_ histograms: [NativeHistogramSnapshot]) {
        var zero: UInt64 = 0
        var byValue: [Double: UInt64] = [:]
        for histogram in histograms {
            zero += histogram.zeroCount
            let scale = NativeScale.of(schema: histogram.schema)
            for (index, count) in histogram.positive { byValue[scale.middle(index), default: 0] += count }
            for (index, count) in histogram.negative { byValue[-scale.middle(index), default: 0] += count }
        }
        if zero > 0 { byValue[0, default: 0] += zero }
        buckets = byValue.map { ($0.key, $0.value) }.sorted { $0.value < $1.value }
        count = buckets.reduce(0) { $0 + $1.count }
    }

    /// NaN when there are no observations.
    func estimate(_ quantile: Double) -> Double {
        guard count > 0 else { return .nan }
        // The nearest rank: the smallest value that isn't below this part of the observations.
        let rank = max(1, UInt64((quantile * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (value, count) in buckets {
            seen += count
            if seen >= rank { return value }
        }
        return buckets[buckets.count - 1].value
    }
}
