public import Synchronization

/// A value that only grows: requests served, bytes sent, errors met.
///
/// May be used from any thread. ``increment()`` and ``increment(by:)-(Int)`` cost one relaxed atomic addition, a
/// fraction a compare-and-exchange loop; nothing locks or allocates.
public final class Counter: Instrument {
    @usableFromInline
    let whole = Atomic<UInt64>(0)
    @usableFromInline
    let fraction = AtomicDouble(0)
    @usableFromInline
    let source: ExemplarSource?
    private let exemplars = LazyReference<ExemplarSlots>()
    private let begun = AtomicDouble(Clocks.epochSeconds())

    /// A counter that belongs to no registry; registries make theirs with ``MetricsRegistry/counter(_:help:unit:)``.
    public convenience init() { self.init(options: CounterOptions(exemplars: nil)) }

    public init(options: CounterOptions) { source = options.exemplars }

    /// Adds 1.
    @inlinable
    public func increment() {
        whole.wrappingAdd(1, ordering: .relaxed)
        if source != nil { sample(1) }
    }

    /// Adds a whole number.
    ///
    /// - Parameter amount: counters never shrink, so a negative one is ignored.
    @inlinable
    public func increment(by amount: Int) {
        guard amount > 0 else { return }
        whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
        if source != nil { sample(Double(amount)) }
    }

    /// Adds `amount`, which may be a fraction.
    ///
    /// - Parameter amount: 0 or more and finite; counters never shrink, so anything else is ignored.
    @inlinable
    public func increment(by amount: Double) {
        guard amount > 0, amount < .infinity else { return }
        fraction.add(amount)
        if source != nil { sample(amount) }
    }

    /// Adds `amount`, and keeps it as the counter's example.
    ///
    /// Costs a lock and a look at the clock more than ``increment(by:)-(Double)``.
    ///
    /// - Parameters:
    ///   - amount: 0 or more and finite; anything else is ignored, with its exemplar.
    ///   - exemplar: what leads to the example; replaces the one before.
    public func increment(by amount: Double = 1, exemplar: ExemplarLabels) {
        guard amount >= 0, amount < .infinity else { return }
        if let whole = Int(exactly: amount) {
            self.whole.wrappingAdd(UInt64(whole), ordering: .relaxed)
        } else {
            fraction.add(amount)
        }
        slots.put(exemplar, amount, slot: 0)
    }

    /// Begins anew at 0.
    func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.store(0)
        begun.store(Clocks.epochSeconds())
    }

    public var created: Double { begun.load() }

    /// The sum of all increments.
    public var value: Double { Double(whole.load(ordering: .relaxed)) + fraction.load() }

    private var slots: ExemplarSlots { exemplars.load() ?? exemplars.storeIfNil(ExemplarSlots(count: 1)) }

    @usableFromInline
    func sample(_ amount: Double) {
        if let source { slots.sample(source, amount, slot: 0) }
    }

    public static let type = MetricType.counter

    public func record(into snapshot: inout SnapshotBuilder) {
        snapshot.append(value)
        snapshot.append(exemplars.load())
    }
}

extension Counter: ShapedInstrument {
    static func shape(_ options: CounterOptions) -> Roster.Shape { .scalar }
}
