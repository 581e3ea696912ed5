/// The metrics of a program: makes instruments, and reads them all for a scrape.
///
/// ```swift
/// let registry = MetricsRegistry()
/// let jobs = try registry.counter("jobs_total", help: "Jobs done.")
/// jobs.increment()
/// print(Exposition.text(registry.snapshot()))
/// ```
///
/// May be used from any thread. Every metric is validated when it is registered; what is wrong throws a
/// ``RegistrationError``.
public final class MetricsRegistry: Sendable {
    let core: RegistryCore
    package let naming: Naming
    let exemplars: ExemplarSource?
    let prefix: String
    let constantLabels: [(name: String, value: String)]

    /// How many children a family may have unless it is registered with another limit.
    public static let defaultLimit = 10_000

    /// An empty registry.
    ///
    /// - Parameters:
    ///   - constantLabels: labels that every series has, such as the name of a shard.
    ///   - naming: which names are taken.
    ///   - exemplars: where counters and histograms find exemplars by themselves; `nil` for nowhere.
    public convenience init(
        constantLabels: KeyValuePairs<String, String> = [:], naming: Naming = .legacy, exemplars: ExemplarSource? = nil
    ) {
        self.init(
            core: RegistryCore(), prefix: "", constantLabels: constantLabels.map { ($0.key, $0.value) }, naming: naming,
            exemplars: exemplars)
    }

    private init(
        core: RegistryCore, prefix: String, constantLabels: [(name: String, value: String)], naming: Naming,
        exemplars: ExemplarSource?
    ) {
        self.core = core
        self.prefix = prefix
        self.constantLabels = constantLabels
        self.naming = naming
        self.exemplars = exemplars
    }

    /// A registry that puts its metrics into this one, with a prefix to their names and labels of their own.
    ///
    /// Sub-registries of the same prefix may register the same metrics as long as the values of their constant labels
    /// differ: one for each connection pool, say.
    ///
    /// - Parameters:
    ///   - prefix: comes before each name, after this registry's own; with its underscore, such as `pool_`.
    ///   - constantLabels: labels that every series has, besides this registry's own.
    public func subregistry(
        prefix: String = "", constantLabels: KeyValuePairs<String, String> = [:]
    ) -> MetricsRegistry {
        MetricsRegistry(
            core: core, prefix: self.prefix + prefix,
            constantLabels: self.constantLabels + constantLabels.map { ($0.key, $0.value) }, naming: naming,
            exemplars: exemplars)
    }

    /// Registers a source of metrics that are read at scrape time. Its names and labels are its own: prefix and constant
    /// labels aren't added.
    ///
    /// - Throws: when one of its names is invalid or taken; nothing is registered then.
    public func register(_ collector: some Collector) throws(RegistrationError) {
        try core.add(collector, naming)
    }

    /// Takes a metric out, or the whole collector that exposes it. Instruments that are still held go on without effect.
    ///
    /// - Parameter name: as it was registered, without the prefix of a sub-registry.
    /// - Returns: whether there was one.
    @discardableResult
    public func unregister(_ name: String) -> Bool { core.remove(prefix + name) }

    /// Reads everything: families in the order of their names, series in the order of their labels, each series
    /// consistent in itself. Metrics are read in the order in which they were registered. Families without series are
    /// left out. A sub-registry reads what the whole registry holds.
    ///
    /// Costs O(series); allocates a few pieces of memory for all of them.
    ///
    /// - Parameter names: of families or of samples, such as those of a scrape's `name[]` parameters; others aren't even
    ///   read. `nil` for all.
    public func snapshot(names: Set<String>? = nil) -> [MetricFamily] { core.snapshot(names) }

    // MARK: What registering is made of

    /// Registers an instrument without labels.
    func instrument<I: ShapedInstrument>(
        _ name: String, _ help: String, _ unit: String?, _ options: I.Options
    ) throws(RegistrationError) -> I {
        let instrument = I(options: options)
        let roster = Roster(
            shape: I.shape(options), labels: [LabelSet(valid: constantLabels)],
            created: instrument.created == 0 ? [] : [instrument.created])
        try add(name, help, unit, I.type, labels: []) { metadata in
            InstrumentSource(metadata: metadata, roster: roster, instruments: [instrument])
        }
        return instrument
    }

    /// Registers an instrument with labels.
    func family<Labels: Hashable & Sendable, I: ShapedInstrument>(
        _ name: String, _ help: String, _ unit: String?, _ options: I.Options, limit: Int, labelNames: [String],
        values: @escaping @Sendable (Labels) -> [(name: String, value: String)]
    ) throws(RegistrationError) -> Family<Labels, I> {
        let constantLabels = constantLabels
        let core = core
        var family: Family<Labels, I>?
        try add(name, help, unit, I.type, labels: labelNames) { metadata in
            let limits = FamilyLimits(limit, constantLabels: constantLabels) { [weak core] in
                core?.countDropped(metadata.name)
            }
            let made = Family<Labels, I>(metadata, shape: I.shape(options), options: options, limits: limits) {
                LabelSet(valid: values($0) + constantLabels)
            }
            family = made
            return FamilySource(family: made)
        }
        return family!
    }

    func family<Labels: MetricLabels, I: ShapedInstrument>(
        _ name: String, _ help: String, _ unit: String?, _ options: I.Options, limit: Int
    ) throws(RegistrationError) -> Family<Labels, I> {
        try family(name, help, unit, options, limit: limit, labelNames: try LabelCoding.names(of: Labels.self)) {
            // Registration has encoded labels of this type, so that this can't fail.
            (try? LabelCoding.values(of: $0)) ?? []
        }
    }

    func named<I: ShapedInstrument>(
        _ name: String, _ help: String, _ unit: String?, _ options: I.Options, limit: Int, _ labelNames: [String]
    ) throws(RegistrationError) -> NamedFamily<I> {
        NamedFamily(
            labelNames: labelNames,
            family: try family(name, help, unit, options, limit: limit, labelNames: labelNames) {
                Array(zip(labelNames, $0))
            })
    }

    /// Registers what `source` makes, which is asked only if all names are valid.
    func add(
        _ name: String, _ help: String, _ unit: String?, _ type: MetricType, labels: [String],
        _ source: (MetricMetadata) -> any MetricSource
    ) throws(RegistrationError) {
        let metadata = MetricMetadata(name: prefix + name, help: help, unit: unit, type: type)
        var seen: Set<String> = []
        if type == .stateSet {
            // The states are the values of a label with the metric's name.
            guard MetricNames.isLabelName(metadata.name, naming), !metadata.name.utf8.contains(UInt8(ascii: ":")) else {
                throw .invalidStates("'\(metadata.name)' would be the name of a label as well, and can't be one")
            }
            seen.insert(EscapingScheme.underscores.escape(labelName: metadata.name))
        }
        for label in labels + constantLabels.map(\.name) {
            guard MetricNames.isLabelName(label, naming) else {
                throw .invalidLabelName(label, metric: metadata.name)
            }
            guard seen.insert(EscapingScheme.underscores.escape(labelName: label)).inserted else {
                throw .duplicateLabelName(label, metric: metadata.name)
            }
        }
        try core.add(
            metadata, naming, labelNames: seen, constantLabels: LabelSet(valid: constantLabels), source(metadata))
    }

    /// The series of metrics that have no labels of their own.
    var constantLabelSet: LabelSet { LabelSet(valid: constantLabels) }
}
