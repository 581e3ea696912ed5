/// A source of metrics whose values are found at the time of a scrape: the state of the process, of a pool, of another
/// system.
public protocol Collector: Sendable {
    /// Names and types of all families that ``collect()`` may return; asked once, at registration.
    var metrics: [(name: String, type: MetricType)] { get }

    /// Reads the values. May be called by several threads at once.
    func collect() -> [MetricFamily]
}
