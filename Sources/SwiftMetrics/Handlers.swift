internal import CoreMetrics
internal import PrometheusMetrics

/// What swift-metrics updates: an instrument of a registry, without a lock, a look-up or an allocation on the way.
protocol SeriesHandler: AnyObject {
    /// There will be no more updates.
    func destroy()
}

final class SeriesCounter: CounterHandler, FloatingPointCounterHandler, SeriesHandler {
    private let counter: PrometheusMetrics.Counter
    private let claim: SeriesClaim<PrometheusMetrics.Counter>?

    init(_ series: Series<PrometheusMetrics.Counter>) {
        counter = series.child
        claim = series.claim
    }

    func increment(by amount: Int64) { counter.increment(by: Int(amount)) }
    func increment(by amount: Double) { counter.increment(by: amount) }
    // What others count in as well isn't this handler's to reset.
    func reset() { claim?.family.reset(counter) }
    func destroy() { claim?.destroy() }
}

final class SeriesGauge: MeterHandler, RecorderHandler, SeriesHandler {
    private let gauge: PrometheusMetrics.Gauge
    private let claim: SeriesClaim<PrometheusMetrics.Gauge>?

    init(_ series: Series<PrometheusMetrics.Gauge>) {
        gauge = series.child
        claim = series.claim
    }

    func set(_ value: Int64) { gauge.set(to: Double(value)) }
    func set(_ value: Double) { gauge.set(to: value) }
    func increment(by amount: Double) { gauge.increment(by: amount) }
    func decrement(by amount: Double) { gauge.decrement(by: amount) }
    func record(_ value: Int64) { gauge.set(to: Double(value)) }
    func record(_ value: Double) { gauge.set(to: value) }
    func destroy() { claim?.destroy() }
}

final class SeriesHistogram: RecorderHandler, TimerHandler, SeriesHandler {
    private let histogram: Histogram
    private let claim: SeriesClaim<Histogram>?

    init(_ series: Series<Histogram>) {
        histogram = series.child
        claim = series.claim
    }

    func record(_ value: Int64) { histogram.observe(Double(value)) }
    func record(_ value: Double) { histogram.observe(value) }
    // A clock that was set back makes durations negative; the sum would shrink, which to Prometheus is a restart.
    func recordNanoseconds(_ duration: Int64) { histogram.observe(Double(max(0, duration)) / 1e9) }
    func destroy() { claim?.destroy() }
}
