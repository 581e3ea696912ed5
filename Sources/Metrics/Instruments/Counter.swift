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

    /// A counter that belongs to no registry yet; registries make theirs with ``MetricsRegistry/counter(_:help:)``.
    public init() {}

    /// Adds 1.
    @inlinable
    public func increment() { whole.wrappingAdd(1, ordering: .relaxed) }

    /// Adds a whole number.
    ///
    /// - Parameter amount: counters never shrink, so a negative one is ignored.
    @inlinable
    public func increment(by amount: Int) {
        guard amount > 0 else { return }
        whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// Adds `amount`, which may be a fraction.
    ///
    /// - Parameter amount: 0 or more and finite; counters never shrink, so anything else is ignored.
    @inlinable
    public func increment(by amount: Double) {
        guard amount > 0, amount < .infinity else { return }
        fraction.add(amount)
    }

    /// The sum of all increments.
    public var value: Double { Double(whole.load(ordering: .relaxed)) + fraction.load() }

    public static let type = MetricType.counter
    public convenience init(options: NoOptions) { self.init() }
    public func read() -> MetricValue { .counter(value) }
}
