extension MetricsRegistry {
    // MARK: Counters

    /// Registers a counter without labels; it is exposed from now on, at 0.
    ///
    /// - Parameters:
    ///   - name: ends in `_total`; holds the unit before that, if it has one: `sent_bytes_total`.
    ///   - unit: what the name says, such as `bytes`, for formats that tell it apart.
    public func counter(_ name: String, help: String, unit: String? = nil) throws(RegistrationError) -> Counter {
        try instrument(name, help, unit, CounterOptions(exemplars: exemplars))
    }

    /// Registers a counter with labels; each child is exposed once it was asked for.
    ///
    /// - Parameter limit: how many children there may be, see ``Family``.
    public func counter<Labels: MetricLabels>(
        _ name: String, help: String, unit: String? = nil, labels: Labels.Type,
        limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> CounterFamily<Labels> {
        try family(name, help, unit, CounterOptions(exemplars: exemplars), limit: limit)
    }

    /// Registers a counter whose labels are known by name only.
    public func counter(
        _ name: String, help: String, unit: String? = nil, labelNames: [String],
        limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> NamedFamily<Counter> {
        try named(name, help, unit, CounterOptions(exemplars: exemplars), limit: limit, labelNames)
    }

    /// Registers a counter whose value something else keeps.
    ///
    /// - Parameter read: called at each scrape, possibly by several threads at once; never less than before. What is
    ///   negative or NaN isn't exposed; `prometheus_client_dropped_series_total` counts it.
    public func counter(
        _ name: String, help: String, unit: String? = nil, read: @escaping @Sendable () -> Double
    ) throws(RegistrationError) {
        try callback(name, help, unit, .counter, read)
    }

    // MARK: Gauges

    /// Registers a gauge without labels; it is exposed from now on, at 0.
    ///
    /// - Parameter unit: what the name ends in, such as `bytes`, for formats that tell it apart.
    public func gauge(_ name: String, help: String, unit: String? = nil) throws(RegistrationError) -> Gauge {
        try instrument(name, help, unit, NoOptions())
    }

    /// Registers a gauge with labels; each child is exposed once it was asked for.
    ///
    /// - Parameter limit: how many children there may be, see ``Family``.
    public func gauge<Labels: MetricLabels>(
        _ name: String, help: String, unit: String? = nil, labels: Labels.Type,
        limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> GaugeFamily<Labels> {
        try family(name, help, unit, NoOptions(), limit: limit)
    }

    /// Registers a gauge whose labels are known by name only.
    public func gauge(
        _ name: String, help: String, unit: String? = nil, labelNames: [String],
        limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> NamedFamily<Gauge> {
        try named(name, help, unit, NoOptions(), limit: limit, labelNames)
    }

    /// Registers a gauge whose value something else keeps, such as the length of a queue.
    ///
    /// - Parameter read: called at each scrape, possibly by several threads at once.
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
    ///   - buckets: the classic buckets; ``Buckets/none`` where native ones are enough.
    ///   - native: the native buckets, if there are to be any.
    public func histogram(
        _ name: String, help: String, unit: String? = nil, buckets: Buckets, native: NativeBuckets? = nil
    ) throws(RegistrationError) -> Histogram {
        try instrument(name, help, unit, HistogramOptions(buckets: buckets, native: native, exemplars: exemplars))
    }

    /// Registers a histogram with labels; each child is exposed once it was asked for.
    ///
    /// - Parameter limit: how many children there may be, see ``Family``.
    public func histogram<Labels: MetricLabels>(
        _ name: String, help: String, unit: String? = nil, labels: Labels.Type, buckets: Buckets,
        native: NativeBuckets? = nil, limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> HistogramFamily<Labels> {
        let options = HistogramOptions(buckets: buckets, native: native, exemplars: exemplars)
        return try family(name, help, unit, options, limit: limit)
    }

    /// Registers a histogram whose labels are known by name only.
    public func histogram(
        _ name: String, help: String, unit: String? = nil, labelNames: [String], buckets: Buckets,
        native: NativeBuckets? = nil, limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> NamedFamily<Histogram> {
        let options = HistogramOptions(buckets: buckets, native: native, exemplars: exemplars)
        return try named(name, help, unit, options, limit: limit, labelNames)
    }

    // MARK: Summaries

    /// Registers a summary without labels; it is exposed from now on.
    public func summary(
        _ name: String, help: String, unit: String? = nil, quantiles: Quantiles
    ) throws(RegistrationError) -> Summary {
        try instrument(name, help, unit, quantiles)
    }

    /// Registers a summary with labels; each child is exposed once it was asked for.
    ///
    /// - Parameter limit: how many children there may be, see ``Family``.
    public func summary<Labels: MetricLabels>(
        _ name: String, help: String, unit: String? = nil, labels: Labels.Type, quantiles: Quantiles,
        limit: Int = MetricsRegistry.defaultLimit
    ) throws(RegistrationError) -> SummaryFamily<Labels> {
        try family(name, help, unit, quantiles, limit: limit)
    }

    /// Registers a summary whose labels are known by name only.
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
    ///   - labels: the facts; ``Info/set(to:)`` replaces them.
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
    public func stateSet<State: MetricLabelEnum>(
        _ name: String, help: String, states: State.Type
    ) throws(RegistrationError) -> StateSet<State> {
        try checkStates(State.self)
        return try instrument(name, help, nil, NoOptions())
    }

    /// Registers a set of states with labels; each child is exposed once it was asked for.
    ///
    /// - Parameter limit: how many children there may be, see ``Family``.
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
