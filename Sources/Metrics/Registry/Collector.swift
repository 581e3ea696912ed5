/// A source of metrics whose values are found at the time of a scrape: the state of the process, of a pool, of another
/// system.
public protocol Collector: Sendable {
    /// Names and types of all families that ``collect()`` may return; asked once, at registration.
    var metrics: [(name: String, type: MetricType)] { get }

    /// Reads the values. May be called by several threads at once.
    ///
    /// Families that ``metrics`` doesn't tell aren't exposed; `prometheus_client_dropped_series_total` counts them.
    func collect() -> [MetricFamily]
}

/// Reads a collector, and keeps out what would spoil the exposition.
struct CollectorSource<C: Collector>: MetricSource {
    let collector: C
    let types: [String: MetricType]
    let countDropped: @Sendable (_ family: String, _ count: Int) -> Void

    func collect(into snapshot: inout SnapshotBuilder) {
        var seen: Set<String> = []
        for family in collector.collect() {
            if family.droppedSeries > 0 { countDropped(family.name, family.droppedSeries) }
            guard family.block.count > 0 else { continue }
            if types[family.name] == family.type, seen.insert(family.name).inserted {
                snapshot.append(family)
            } else {
                countDropped(family.name, family.block.count)
            }
        }
    }
}
