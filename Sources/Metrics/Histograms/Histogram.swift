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
    private let nativeLimit: Int
    private let hasSource: Bool
    private let first: Stripe
    /// The address of as many stripes as ``stripeCount``, the first among them, once threads are kept apart; 0 before.
    private let stripes = Atomic<UInt>(0)
    private let collisions = Atomic<Int>(0)
    private let control: Mutex<HistogramControl>
    private let exemplars = LazyReference<ExemplarSlots>()

    /// How often threads may collide before they are kept apart.
    private static let toleratedCollisions = 16
    /// A power of two.
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
        nativeLimit = options.native?.maximumCount ?? 0
        hasSource = options.exemplars != nil
        first = Stripe(bucketCount: options.buckets.bounds.count + 1)
        control = Mutex(HistogramControl(options: options, first: first))
    }

    deinit {
        control.withLock { $0.deallocate() }
        UnsafeMutablePointer<Stripe>(bitPattern: stripes.load(ordering: .acquiring))?.deallocate()
    }

    /// The upper bounds of the classic buckets, without +Inf; empty when there are native ones only.
    public var buckets: Buckets { options.buckets }

    /// Counts a value.
    ///
    /// NaN counts in the +Inf bucket and in no native one, and makes the sum NaN.
    public func observe(_ value: Double) {
        let bucket = table.bucket(of: value)
        record(value, bucket)
        if hasSource, !value.isNaN { sample(value, bucket) }
    }

    /// Counts a duration, in seconds, as ``observe(_:)-(Double)`` does.
    public func observe(_ duration: Duration) { observe(duration.inSeconds) }

    /// Counts a value, and keeps it as the example of its bucket.
    ///
    /// Costs a lock and a look at the clock more than ``observe(_:)-(Double)``. NaN counts, but lies within no bucket, as
    /// an exemplar has to.
    public func observe(_ value: Double, exemplar: ExemplarLabels) {
        let bucket = table.bucket(of: value)
        record(value, bucket)
        guard !value.isNaN else { return }
        exemplarSlots.put(exemplar, value, slot: slot(of: value, bucket))
    }

    private func record(_ value: Double, _ bucket: Int) {
        var stripe = first
        // Sound: the stripes live as long as the histogram.
        if let stripes = UnsafeMutablePointer<Stripe>(bitPattern: stripes.load(ordering: .acquiring)) {
            stripe = stripes[ThreadState.current.pointee.number & (Self.stripeCount - 1)]
        }
        let passage = stripe.observe(value, bucket: bucket, nativeLimit: nativeLimit)
        if !passage.isEmpty { follow(passage, value, bucket) }
    }

    private func follow(_ passage: Stripe.Passage, _ value: Double, _ bucket: Int) {
        if passage.contains(.collided) { noteCollision() }
        if passage.contains(.crowded), control.withLock({ $0.tidy() }) {
            // The observation that was too many went with the others; it is the first of the new ones.
            record(value, bucket)
        }
    }

    private func noteCollision() {
        guard
            stripes.load(ordering: .relaxed) == 0, Self.stripeCount > 1,
            collisions.wrappingAdd(1, ordering: .relaxed).newValue == Self.toleratedCollisions
        else { return }
        control.withLock { control in
            let all = [first] + control.addStripes(Self.stripeCount - 1)
            let memory = UnsafeMutablePointer<Stripe>.allocate(capacity: all.count)
            memory.initialize(from: all, count: all.count)
            stripes.store(UInt(bitPattern: memory), ordering: .releasing)
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

    private func sample(_ value: Double, _ bucket: Int) {
        guard let source = options.exemplars else { return }
        exemplarSlots.sample(source, value, slot: slot(of: value, bucket))
    }

    public static let type = MetricType.histogram

    public func record(into snapshot: inout SnapshotBuilder) {
        control.withLock { $0.write(into: &snapshot) }
        snapshot.append(exemplars.load())
    }
}

/// What the histograms of a family share; made by ``MetricsRegistry``.
public final class HistogramOptions: Sendable {
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
