internal import Glibc
internal import Synchronization

/// Counts observations in buckets: latencies, sizes.
///
/// Buckets are classic (chosen bounds), native (growing by a constant factor, see ``NativeBuckets``), or both.
///
/// May be used from any thread. An observation costs a search through the bounds and three atomic updates, four with
/// native buckets; nothing locks or allocates, but for the rare moment in which native buckets outgrow their table or
/// their limit. Threads that get in each other's way are given places of their own. A read never shows a torn state:
/// its buckets, count and sum stand for one set of whole observations, whatever other threads do meanwhile.
public final class Histogram: Instrument {
    let options: HistogramOptions
    private let table: BucketTable
    private let first: Stripe
    private let others = AtomicLazyReference<Stripes>()
    private let collisions = Atomic<Int>(0)
    private let control: Mutex<HistogramControl>
    private let exemplars = AtomicLazyReference<ExemplarSlots>()

    /// All stripes, the first among them; as many as a power of two.
    private final class Stripes: Sendable {
        let list: [Stripe]
        init(_ list: [Stripe]) { self.list = list }
    }

    /// How often threads may collide before they are kept apart.
    private static let toleratedCollisions = 16
    private static let stripeCount: Int = {
        let cores = max(1, min(16, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        return 1 << (Int.bitWidth - (cores - 1).leadingZeroBitCount)
    }()

    /// A histogram with classic buckets, which belongs to no registry; registries make theirs with
    /// ``MetricsRegistry/histogram(_:help:unit:buckets:native:)``.
    public convenience init(buckets: Buckets) { self.init(options: HistogramOptions(buckets: buckets)) }

    /// A histogram with native buckets, and classic ones if asked, which belongs to no registry.
    public convenience init(native: NativeBuckets, buckets: Buckets = .none) {
        self.init(options: HistogramOptions(buckets: buckets, native: native))
    }

    public init(options: HistogramOptions) {
        self.options = options
        table = options.buckets.table
        first = Stripe(bucketCount: options.buckets.bounds.count + 1)
        control = Mutex(HistogramControl(options: options, first: first))
    }

    /// The upper bounds of the classic buckets, without +Inf; empty when there are native ones only.
    public var buckets: Buckets { options.buckets }

    /// Counts a value.
    ///
    /// NaN counts in the +Inf bucket and in no native one, and makes the sum NaN.
    public func observe(_ value: Double) {
        let bucket = table.bucket(of: value)
        record(value, bucket)
        if let source = options.exemplars { sample(source, value, bucket) }
    }

    /// Counts a duration, in seconds.
    public func observe(_ duration: Duration) { observe(duration.inSeconds) }

    /// Counts a value, and keeps it as the example of its bucket.
    ///
    /// Costs a lock and a look at the clock more than ``observe(_:)-(Double)``.
    public func observe(_ value: Double, exemplar: ExemplarLabels) {
        let bucket = table.bucket(of: value)
        record(value, bucket)
        exemplarSlots.put(exemplar, value, slot: slot(of: value, bucket))
    }

    private func record(_ value: Double, _ bucket: Int) {
        let stripe: Stripe
        if let others = others.load() {
            stripe = others.list[ThreadState.current.number & (others.list.count - 1)]
        } else {
            stripe = first
        }
        let passage = stripe.observe(value, bucket: bucket, nativeLimit: options.native?.maximumCount)
        if !passage.wasAlone { noteCollision() }
        if passage.isCrowded, control.withLock({ $0.tidy() }) {
            // The observation that was too many went with the others; it is the first of the new ones.
            record(value, bucket)
        }
    }

    private func noteCollision() {
        guard
            others.load() == nil,
            collisions.wrappingAdd(1, ordering: .relaxed).newValue == Self.toleratedCollisions, Self.stripeCount > 1
        else { return }
        control.withLock { control in
            let stripes = Stripes([first] + control.addStripes(Self.stripeCount - 1))
            _ = others.storeIfNil(stripes)
        }
    }

    /// One consistent state.
    public func snapshot() -> HistogramSnapshot {
        var builder = SnapshotBuilder(capacity: 64)
        control.withLock { $0.write(into: &builder) }
        return builder.withWords { words in
            HistogramSnapshot(
                HistogramRecord(words, options.buckets), options.buckets, hasNative: options.native != nil)
        }
    }

    /// Empties the histogram; no observation is lost or comes twice.
    ///
    /// - Returns: what it held.
    func takeAll() -> (count: UInt64, sum: Double) { control.withLock { $0.reset() } }

    private var exemplarSlots: ExemplarSlots {
        exemplars.load() ?? exemplars.storeIfNil(ExemplarSlots(count: exemplarSlotCount))
    }

    /// One for each classic bucket; native buckets without classic ones share ten.
    private var exemplarSlotCount: Int { options.isNativeOnly ? 10 : options.buckets.bounds.count + 1 }

    private func slot(of value: Double, _ bucket: Int) -> Int {
        guard options.isNativeOnly, let native = options.native else { return bucket }
        guard value.magnitude > native.zeroThreshold else { return 0 }
        let index = NativeScale.of(schema: native.schema).index(of: value.magnitude)
        // Neighbours differ, so that the ten are spread over what is observed.
        return (index % exemplarSlotCount + exemplarSlotCount) % exemplarSlotCount
    }

    private func sample(_ source: ExemplarSource, _ value: Double, _ bucket: Int) {
        exemplarSlots.sample(source, value, slot: slot(of: value, bucket))
    }

    public static let type = MetricType.histogram

    public func record(into snapshot: inout SnapshotBuilder) {
        control.withLock { $0.write(into: &snapshot) }
        snapshot.append(exemplars.load())
    }
}

/// What the histograms of a family share.
public struct HistogramOptions: Sendable {
    let buckets: Buckets
    let native: NativeBuckets?
    let exemplars: ExemplarSource?

    init(buckets: Buckets, native: NativeBuckets? = nil, exemplars: ExemplarSource? = nil) {
        self.buckets = buckets
        self.native = native
        self.exemplars = exemplars
    }

    var isNativeOnly: Bool { native != nil && buckets.bounds.isEmpty }
}

extension Histogram: ShapedInstrument {
    static func shape(_ options: HistogramOptions) -> Roster.Shape {
        .histogram(options.buckets, hasNative: options.native != nil)
    }
}
