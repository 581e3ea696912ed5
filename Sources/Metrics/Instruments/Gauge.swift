/// A value that goes up and down: temperature, queue length, requests in flight.
///
/// May be used from any thread. Setting costs one relaxed atomic store, adding a compare-and-exchange loop; nothing
/// locks or allocates.
public final class Gauge: Instrument {
    @usableFromInline
    let storage = AtomicDouble(0)

    /// A gauge that belongs to no registry; registries make theirs with ``MetricsRegistry/gauge(_:help:unit:)``.
    public init() {}

    /// Replaces the value.
    @inlinable
    public func set(to value: Double) { storage.store(value) }

    /// Sets the value to the current time, in seconds since the Unix epoch, such as that of the last success.
    public func setToCurrentTime() { set(to: Clocks.epochSeconds()) }

    /// Adds `amount`, which may be negative.
    @inlinable
    public func increment(by amount: Double = 1) { storage.add(amount) }

    /// Subtracts `amount`, which may be negative.
    @inlinable
    public func decrement(by amount: Double = 1) { storage.add(-amount) }

    /// Adds 1 for as long as `body` runs, whether or not it throws.
    public func trackInProgress<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result
    {
        increment()
        defer { decrement() }
        return try body()
    }

    /// Adds 1 for as long as `body` runs, its suspensions included.
    public nonisolated(nonsending) func trackInProgress<Result, Failure: Error>(
        _ body: nonisolated(nonsending) () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        increment()
        defer { decrement() }
        return try await body()
    }

    /// The current value.
    public var value: Double { storage.load() }

    public static let type = MetricType.gauge
    public convenience init(options: NoOptions) { self.init() }
    public func record(into snapshot: inout SnapshotBuilder) { snapshot.append(value) }
}

extension Gauge: ShapedInstrument {
    static func shape(_ options: NoOptions) -> Roster.Shape { .scalar }
}
