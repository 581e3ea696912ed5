internal import Synchronization

/// The metrics of a program: makes instruments, and reads them all for a scrape.
///
/// ```swift
/// let registry = MetricsRegistry()
/// let jobs = try registry.counter("jobs_total", help: "Jobs done.")
/// jobs.increment()
/// print(TextFormat.string(registry.snapshot()))
/// ```
///
/// May be used from any thread. Every metric is validated when it is registered; what is wrong throws a
/// ``RegistrationError``.
public final class MetricsRegistry: Sendable {
    private let state = Mutex(State())

    private struct State {
        var sources: [@Sendable () -> [MetricFamily]] = []
        /// Which metric exposes a sample of this name.
        var owners: [String: String] = [:]
    }

    /// An empty registry.
    public init() {}

    /// Registers a counter without labels; it is exposed from now on, at 0.
    ///
    /// - Parameter name: ends in `_total`; holds the unit before that, if it has one: `sent_bytes_total`.
    public func counter(_ name: String, help: String) throws(RegistrationError) -> Counter {
        try instrument(name, help, NoOptions())
    }

    /// Registers a counter with labels; each child is exposed once it was asked for.
    public func counter<Labels: MetricLabels>(
        _ name: String, help: String, labels: Labels.Type
    ) throws(RegistrationError) -> CounterFamily<Labels> {
        try family(name, help, NoOptions())
    }

    /// Registers a gauge without labels; it is exposed from now on, at 0.
    public func gauge(_ name: String, help: String) throws(RegistrationError) -> Gauge {
        try instrument(name, help, NoOptions())
    }

    /// Registers a gauge with labels; each child is exposed once it was asked for.
    public func gauge<Labels: MetricLabels>(
        _ name: String, help: String, labels: Labels.Type
    ) throws(RegistrationError) -> GaugeFamily<Labels> {
        try family(name, help, NoOptions())
    }

    /// Registers a histogram without labels; it is exposed from now on, at 0.
    ///
    /// - Parameter name: ends in the unit of what is observed: `render_seconds`, `upload_bytes`.
    public func histogram(_ name: String, help: String, buckets: Buckets) throws(RegistrationError) -> Histogram {
        try instrument(name, help, buckets)
    }

    /// Registers a histogram with labels; each child is exposed once it was asked for.
    public func histogram<Labels: MetricLabels>(
        _ name: String, help: String, labels: Labels.Type, buckets: Buckets
    ) throws(RegistrationError) -> HistogramFamily<Labels> {
        try family(name, help, buckets)
    }

    /// Registers a source of metrics that are read at scrape time.
    public func register(_ collector: some Collector) throws(RegistrationError) {
        try add(collector.metrics) { collector.collect() }
    }

    /// Reads everything: families in the order of their names, series in the order of their labels, each series
    /// consistent in itself. Families without series are left out.
    public func snapshot() -> [MetricFamily] {
        let sources = state.withLock { $0.sources }
        return sources.flatMap { $0() }.filter { !$0.series.isEmpty }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private func instrument<I: Instrument>(
        _ name: String, _ help: String, _ options: I.Options
    ) throws(RegistrationError) -> I {
        let instrument = I(options: options)
        try add([(name, I.type)]) {
            [MetricFamily(name: name, help: help, type: I.type, value: instrument.read())]
        }
        return instrument
    }

    private func family<Labels: MetricLabels, I: Instrument>(
        _ name: String, _ help: String, _ options: I.Options
    ) throws(RegistrationError) -> Family<Labels, I> {
        var seen: Set<String> = []
        for label in try LabelCoding.names(of: Labels.self) {
            guard MetricNames.isLabelName(label) else { throw .invalidLabelName(label, metric: name) }
            guard seen.insert(label).inserted else { throw .duplicateLabelName(label, metric: name) }
        }
        let family = Family<Labels, I>(name: name, help: help, options: options)
        try add([(name, I.type)]) { [family.collect()] }
        return family
    }

    private func add(
        _ metrics: [(name: String, type: MetricType)], _ collect: @escaping @Sendable () -> [MetricFamily]
    ) throws(RegistrationError) {
        let result = state.withLock { state -> Result<Void, RegistrationError> in
            var owners = state.owners
            for (name, type) in metrics {
                if let error = Self.claim(name, type, &owners) { return .failure(error) }
            }
            state.owners = owners
            state.sources.append(collect)
            return .success(())
        }
        try result.get()
    }

    private static func claim(
        _ name: String, _ type: MetricType, _ owners: inout [String: String]
    ) -> RegistrationError? {
        guard MetricNames.isMetricName(name) else { return .invalidName(name) }
        guard type != .counter || name.hasSuffix("_total") else { return .counterWithoutTotal(name) }
        if owners[name] == name { return .duplicateName(name) }
        for sample in MetricNames.samples(of: name, type) {
            if let other = owners[sample] { return .nameClash(name: name, sample: sample, other: other) }
            owners[sample] = name
        }
        return nil
    }
}
