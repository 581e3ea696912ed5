/// A value that goes up and down: temperature, queue length, requests in flight.
///
/// May be used from any thread. Setting costs one relaxed atomic store, adding a compare-and-exchange loop; nothing
/// locks or allocates.
public final class Gauge: Instrument {
    @usableFromInline
    let storage = AtomicDouble(0)

    /// A gauge that belongs to no registry yet; registries make theirs with ``MetricsRegistry/gauge(_:help:)``.
    public init() {}

    /// Replaces the value.
    @inlinable
    public func set(to value: Double) { storage.store(value) }

    /// Adds `amount`, which may be negative.
    @inlinable
    public func increment(by amount: Double = 1) { storage.add(amount) }

    /// Subtracts `amount`, which may be negative.
    @inlinable
    public func decrement(by amount: Double = 1) { storage.add(-amount) }

    /// The current value.
    public var value: Double { storage.load() }

    public static let type = MetricType.gauge
    public convenience init(options: NoOptions) { self.init() }
    public func read() -> MetricValue { .gauge(value) }
}
