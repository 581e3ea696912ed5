extension MetricsRegistry {
    // MARK: Counters

    /// Registers a counter without labels; it is exposed from now on, at 0.
    ///
    /// - Parameters:
    ///   - name: ends in `_total`; holds the unit before that, if it has one: `sent_bytes_total`.
    ///   - help: what it counts, for people who meet it in a query; empty for none.
    ///   - unit: what the name says, such as `bytes`, for formats that tell it apart.
    /// - Throws: when the name is invalid or taken, lacks `_total`, or doesn't hold the unit.
    public func counter(_ name: String, help: String, unit: String? = nil) throws(RegistrationError) -> Counter {
        try instrument(name, help, unit, CounterOptions(exemplars: exemplars))
    }

    /// Registers a counter with labels, as ``counter(_:help:unit:)`` does; each child is exposed once it was asked for.
    ///
    /// There may be `limit` children, see ``Family``. Throws, besides, when a property of `labels` can't be a label.
    public func counter<Labels: MetricLabels>(
        _ name: String, help: String, unit: String? = nil, labels: Labels.Type,
        limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> CounterFamily<Labels> {
        try family(name, help, unit, CounterOptions(exemplars: exemplars), limit: limit)
    }

    /// As ``counter(_:help:unit:labels:limit:)``, for labels that are known by name only.
    public func counter(
        _ name: String, help: String, unit: String? = nil, labelNames: [String],
        limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> NamedFamily<Counter> {
        try named(name, help, unit, CounterOptions(exemplars: exemplars), limit: limit, labelNames)
    }

    /// Registers a counter, as ``counter(_:help:unit:)`` does, whose value something else keeps.
    ///
    /// `read` is called at each scrape, possibly by several threads at once, and never gives less than before. What is
    /// negative or NaN isn't exposed; `prometheus_client_dropped_series_total` counts it.
    public func counter(
        _ name: String, help: String, unit: String? = nil, read: @escaping @Sendable () -> Double
    ) throws(RegistrationError) {
        try callback(name, help, unit, .counter, read)
    }

    // MARK: Gauges

    /// Registers a gauge without labels; it is exposed from now on, at 0.
    ///
    /// - Parameters:
    ///   - name: ends in the unit, if it has one: `queue_bytes`.
    ///   - help: what it measures, for people who meet it in a query; empty for none.
    ///   - unit: what the name ends in, such as `bytes`, for formats that tell it apart.
    /// - Throws: when the name is invalid or taken, or doesn't end in the unit.
    public func gauge(_ name: String, help: String, unit: String? = nil) throws(RegistrationError) -> Gauge {
        try instrument(name, help, unit, NoOptions())
    }

    /// Registers a gauge with labels, as ``gauge(_:help:unit:)`` does; each child is exposed once it was asked for.
    ///
    /// There may be `limit` children, see ``Family``. Throws, besides, when a property of `labels` can't be a label.
    public func gauge<Labels: MetricLabels>(
        _ name: String, help: String, unit: String? = nil, labels: Labels.Type,
        limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> GaugeFamily<Labels> {
        try family(name, help, unit, NoOptions(), limit: limit)
    }

    /// As ``gauge(_:help:unit:labels:limit:)``, for labels that are known by name only.
    public func gauge(
        _ name: String, help: String, unit: String? = nil, labelNames: [String],
        limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> NamedFamily<Gauge> {
        try named(name, help, unit, NoOptions(), limit: limit, labelNames)
    }

    /// Registers a gauge, as ``gauge(_:help:unit:)`` does, whose value something else keeps, such as the length of a
    /// queue.
    ///
    /// `read` is called at each scrape, possibly by several threads at once.
    public func gauge(
        _ name: String, help: String, unit: String? = nil, read: @escaping @Sendable () -> Double
    ) throws(RegistrationError) {
        try callback(name, help, unit, .gauge, read)
    }

    // MARK: Histograms

    /// Registers a histogram without labels; it is exposed from now on, at 0.
    ///
    /// - Parameters:
    ///   - name: ends in the unit of what is observed: `render_seconds`, `upload_bytes`.
    ///   - help: what is observed, for people who meet it in a query; empty for none.
    ///   - unit: what the name ends in, such as `seconds`, for formats that tell it apart.
    ///   - buckets: the classic buckets; ``Buckets/none`` where native ones are enough.
    ///   - native: the native buckets, if there are to be any.
    /// - Throws: when the name is invalid, taken, or that of another metric's sample, or doesn't end in the unit.
    public func histogram(
        _ name: String, help: String, unit: String? = nil, buckets: Buckets, native: NativeBuckets? = nil
    ) throws(RegistrationError) -> Histogram {
        try instrument(name, help, unit, HistogramOptions(buckets: buckets, native: native, exemplars: exemplars))
    }

    /// Registers a histogram with labels, as ``histogram(_:help:unit:buckets:native:)`` does; each child is exposed once
    /// it was asked for.
    ///
    /// There may be `limit` children, see ``Family``. Throws, besides, when a property of `labels` can't be a label.
    public func histogram<Labels: MetricLabels>(
        _ name: String, help: String, unit: String? = nil, labels: Labels.Type, buckets: Buckets,
        native: NativeBuckets? = nil, limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> HistogramFamily<Labels> {
        let options = HistogramOptions(buckets: buckets, native: native, exemplars: exemplars)
        return try family(name, help, unit, options, limit: limit)
    }

    /// As ``histogram(_:help:unit:labels:buckets:native:limit:)``, for labels that are known by name only.
    public func histogram(
        _ name: String, help: String, unit: String? = nil, labelNames: [String], buckets: Buckets,
        native: NativeBuckets? = nil, limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> NamedFamily<Histogram> {
        let options = HistogramOptions(buckets: buckets, native: native, exemplars: exemplars)
        return try named(name, help, unit, options, limit: limit, labelNames)
    }

    // MARK: Summaries

    /// Registers a summary without labels; it is exposed from now on.
    ///
    /// - Parameters:
    ///   - name: ends in the unit of what is observed: `render_seconds`, `upload_bytes`.
    ///   - help: what is observed, for people who meet it in a query; empty for none.
    ///   - unit: what the name ends in, such as `seconds`, for formats that tell it apart.
    ///   - quantiles: which, and of how much of the past.
    /// - Throws: when the name is invalid, taken, or that of another metric's sample, or doesn't end in the unit.
    public func summary(
        _ name: String, help: String, unit: String? = nil, quantiles: Quantiles
    ) throws(RegistrationError) -> Summary {
        try instrument(name, help, unit, quantiles)
    }

    /// Registers a summary with labels, as ``summary(_:help:unit:quantiles:)`` does; each child is exposed once it was
    /// asked for.
    ///
    /// There may be `limit` children, see ``Family``. Throws, besides, when a property of `labels` can't be a label.
    public func summary<Labels: MetricLabels>(
        _ name: String, help: String, unit: String? = nil, labels: Labels.Type, quantiles: Quantiles,
        limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> SummaryFamily<Labels> {
        try family(name, help, unit, quantiles, limit: limit)
    }

    /// As ``summary(_:help:unit:labels:quantiles:limit:)``, for labels that are known by name only.
    public func summary(
        _ name: String, help: String, unit: String? = nil, labelNames: [String], quantiles: Quantiles,
        limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> NamedFamily<Summary> {
        try named(name, help, unit, quantiles, limit: limit, labelNames)
    }

    // MARK: Facts and states

    /// Registers facts that are told by labels; they are exposed from now on.
    ///
    /// - Parameters:
    ///   - name: ends in `_info`.
    ///   - help: what the facts are about; empty for none.
    ///   - labels: the facts; ``Info/set(to:)`` replaces them.
    /// - Throws: when the name is invalid, taken, or lacks `_info`, or a property of `labels` can't be a label.
    @discardableResult
    public func info<Labels: MetricLabels>(
        _ name: String, help: String, _ labels: Labels
    ) throws(RegistrationError) -> Info<Labels> {
        let names = try LabelCoding.names(of: Labels.self)
        // Not the registry itself, which owns the info.
        let info = Info(labels) { [constantLabels] labels in
            Roster(
                shape: .scalar,
                labels: [LabelSet(valid: ((try? LabelCoding.values(of: labels)) ?? []) + constantLabels)])
        }
        try add(name, help, nil, .info, labels: names) { InfoSource(metadata: $0, info: info) }
        return info
    }

    /// Registers a set of states without further labels; it is exposed from now on, with all states off.
    ///
    /// - Parameters:
    ///   - name: is also the name of the label that says which state a series is about.
    ///   - help: what the states are of; empty for none.
    ///   - states: at most ``StateSet/maximumStates``, with names that differ and aren't empty.
    /// - Throws: when the name is invalid, taken or can't be a label's, or the states can't be told apart.
    public func stateSet<State: MetricLabelEnum>(
        _ name: String, help: String, states: State.Type
    ) throws(RegistrationError) -> StateSet<State> {
        try checkStates(State.self)
        return try instrument(name, help, nil, NoOptions())
    }

    /// Registers a set of states with labels, as ``stateSet(_:help:states:)`` does; each child is exposed once it was
    /// asked for.
    ///
    /// There may be `limit` children, see ``Family``. Throws, besides, when a property of `labels` can't be a label.
    public func stateSet<Labels: MetricLabels, State: MetricLabelEnum>(
        _ name: String, help: String, states: State.Type, labels: Labels.Type, limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> StateSetFamily<Labels, State> {
        try checkStates(State.self)
        return try family(name, help, nil, NoOptions(), limit: limit)
    }

    private func checkStates<State: MetricLabelEnum>(_: State.Type) throws(RegistrationError) {
        let names = StateSet<State>.names
        guard names.count <= StateSet<State>.maximumStates else {
            throw .invalidStates("\(State.self) has more than \(StateSet<State>.maximumStates) states")
        }
        guard !names.isEmpty, Set(names).count == names.count, !names.contains("") else {
            throw .invalidStates("the states of \(State.self) need names that differ and aren't empty")
        }
    }

    private func callback(
        _ name: String, _ help: String, _ unit: String?, _ type: MetricType, _ read: @escaping @Sendable () -> Double
    ) throws(RegistrationError) {
        let roster = Roster(shape: .scalar, labels: [constantLabelSet])
        let core = core
        try add(name, help, unit, type, labels: []) { metadata in
            // Not the core itself, which owns the source.
            CallbackSource(metadata: metadata, roster: roster, read: read) { [weak core] in
                core?.countDropped(metadata.name)
            }
        }
    }
}
