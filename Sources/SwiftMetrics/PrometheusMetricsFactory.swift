public import CoreMetrics
public import PrometheusMetrics

/// Exposes what a program and its libraries report through swift-metrics, by a registry, beside the registry's own
/// metrics.
///
/// ```swift
/// import CoreMetrics
/// import PrometheusMetrics
/// import PrometheusSwiftMetrics
///
/// let registry = MetricsRegistry()
/// MetricsSystem.bootstrap(PrometheusMetricsFactory(registry))
///
/// Counter(label: "jobs.done", dimensions: [("queue", "mail")]).increment()
/// print(Exposition.text(registry.snapshot()))  // … jobs_done_total{queue="mail"} 1
/// ```
///
/// Names, help, buckets and limits are proposed by rules (see ``MetricDefinition``) that a closure may overrule, label
/// by label:
///
/// ```swift
/// PrometheusMetricsFactory(registry) { metric in
///     switch metric.label {
///     case "http.server.request.duration": metric.native = .standard
///     case "upload.size": metric.name = "upload_bytes"; metric.buckets = uploadSizes
///     default: break
///     }
/// }
/// ```
///
/// **Labels**: dimensions are labels; characters that aren't legacy-valid become `_`, and names that are reserved, or
/// that the registry gives to every series, get the prefix `exported_`. Values of dimensions whose names become the
/// same one are joined by `;`. Series of one metric may have labels of different names.
///
/// **Handlers**: those of the same label and dimensions, in any order, share one series. It is exposed from the first
/// one on, and until the last one that lives is destroyed; handlers that are let go without being destroyed leave it,
/// so that `Counter(label: "x").increment()` counts on each time. Resetting a counter resets the series.
///
/// **Conflicts** never stop the program, and are told to `onConflict`, once for each label. Labels that become the same
/// name share the metric if its type and buckets are theirs. Where the name belongs to a metric of another type, or to
/// one that is registered otherwise, the later one gets its kind into its name (`jobs_gauge`, `jobs_timer_seconds`,
/// `jobs_counter_total`); where even that is taken, it isn't exposed.
///
/// May be used from any thread. An update costs what it does on the instrument (see ``PrometheusMetrics/Counter``,
/// ``PrometheusMetrics/Gauge``, ``PrometheusMetrics/Histogram``) and a call. Making, destroying and letting go of a
/// handler take a lock; keep handlers rather than making one for each update. Make one factory for a registry.
public final class PrometheusMetricsFactory: MetricsFactory {
    private let registry: MetricsRegistry
    private let registryLabelNames: Set<String>
    private let configure: @Sendable (inout MetricDefinition) -> Void
    private let onConflict: @Sendable (MetricConflict) -> Void
    private let counters: SeriesStore<PrometheusMetrics.Counter>
    private let gauges: SeriesStore<PrometheusMetrics.Gauge>
    private let histograms: SeriesStore<Histogram>

    /// - Parameters:
    ///   - registry: where metrics are registered; its prefix, constant labels, naming and exemplars apply.
    ///   - configure: changes how a metric is exposed. Called, with no lock held, before the metric's first handler is
    ///     made; possibly by several threads at once, so the answer must depend on the label and kind alone.
    ///   - onConflict: called with no lock held; by default conflicts are printed to standard error.
    public init(
        _ registry: MetricsRegistry, configure: @escaping @Sendable (inout MetricDefinition) -> Void = { _ in },
        onConflict: @escaping @Sendable (MetricConflict) -> Void = MetricConflict.print
    ) {
        self.registry = registry
        self.onConflict = onConflict
        self.configure = configure
        registryLabelNames = registry.ownLabelNames
        counters = SeriesStore(registry, unexposed: PrometheusMetrics.Counter()) {
            (name, definition) throws(RegistrationError) in
            try registry.openCounter(name, help: definition.help, limit: definition.limit)
        }
        gauges = SeriesStore(registry, unexposed: PrometheusMetrics.Gauge()) {
            (name, definition) throws(RegistrationError) in
            try registry.openGauge(name, help: definition.help, limit: definition.limit)
        }
        histograms = SeriesStore(registry, unexposed: Histogram(buckets: .none)) {
            (name, definition) throws(RegistrationError) in
            try registry.openHistogram(
                name, help: definition.help,
                unit: definition.kind == .timer && name.hasSuffix("_seconds") ? "seconds" : nil,
                buckets: definition.buckets, native: definition.native, limit: definition.limit)
        }
    }

    private func series<Child>(
        _ store: SeriesStore<Child>, _ kind: MetricDefinition.Kind, _ label: String, _ dimensions: [(String, String)]
    ) -> Series<Child> {
        let metric = MetricID(kind: kind, label: label)
        let labels = ValidNames.labels(dimensions, taken: registryLabelNames)
        return store.series(metric, labels, define: { define(metric) }, onConflict: onConflict)
    }

    private func define(_ metric: MetricID) -> MetricDefinition {
        var definition = MetricDefinition(metric)
        configure(&definition)
        definition.name = ValidNames.metricName(
            definition.name, suffix: metric.kind.requiredSuffix, registry.naming)
        definition.limit = max(1, definition.limit)
        return definition
    }

    // MARK: MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        SeriesCounter(series(counters, .counter, label, dimensions))
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        SeriesCounter(series(counters, .counter, label, dimensions))
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        SeriesGauge(series(gauges, .gauge, label, dimensions))
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate {
            SeriesHistogram(series(histograms, .recorder, label, dimensions))
        } else {
            SeriesGauge(series(gauges, .gauge, label, dimensions))
        }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        SeriesHistogram(series(histograms, .timer, label, dimensions))
    }

    public func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { destroy(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }

    /// Handlers of other factories are none of this one's business.
    private func destroy(_ handler: AnyObject) { (handler as? any SeriesHandler)?.destroy() }
}
