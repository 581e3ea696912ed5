/// Where instruments find the labels of exemplars by themselves: whatever identifies the current trace.
///
/// ```swift
/// let registry = MetricsRegistry(
///     exemplars: ExemplarSource {
///         guard let trace = Trace.current, trace.isSampled else { return nil }
///         return try? ExemplarLabels(["trace_id": trace.id])
///     })
/// ```
///
/// It is asked at most once in ``interval`` for each counter and for each bucket of a histogram, so that updates stay
/// as cheap as they are: those in between cost a look at a coarse clock, some 5 ns.
///
/// An object, so that an instrument holds no more of it than a reference.
public final class ExemplarSource: Sendable {
    /// The least time between two exemplars of one counter or bucket.
    public let interval: Duration
    let current: @Sendable () -> ExemplarLabels?

    /// - Parameters:
    ///   - interval: 0 or more; Prometheus keeps one exemplar for each scrape.
    ///   - current: called on the thread and in the task that updates an instrument; `nil` when there is no trace, or
    ///     when it isn't sampled.
    public init(interval: Duration = .seconds(1), current: @escaping @Sendable () -> ExemplarLabels?) {
        self.interval = interval
        self.current = current
    }
}
