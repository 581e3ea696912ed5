internal import Synchronization

/// What a registry and its sub-registries have in common.
final class RegistryCore: Sendable {
    private let state = Mutex(State())
    /// How many words the last snapshot took.
    private let lastSize = Atomic<Int>(256)
    private let dropped: Family<[String], Counter>

    private struct State {
        /// In the order of registration, which is that of reading.
        var entries: [Entry] = []
        /// Which metric exposes a sample, by the sample's escaped name.
        var owners: [String: String] = [:]
        var definitions: [String: Definition] = [:]
    }

    private struct Entry {
        let names: Set<String>
        let constantLabels: LabelSet
        let source: any MetricSource
    }

    /// What all sources of one metric have in common.
    private struct Definition {
        let metadata: MetricMetadata
        let labelNames: Set<String>
        var constantLabels: Set<LabelSet>

        /// Why a source can't share this name; `nil` when it can.
        func difference(from other: MetricMetadata, _ labels: Set<String>) -> RegistrationError? {
            let what: String? =
                if other.type != metadata.type {
                    "type (\(metadata.type.rawValue))"
                } else if other.help != metadata.help {
                    "help ('\(metadata.help)')"
                } else if other.unit != metadata.unit {
                    "unit (\(metadata.unit ?? "none"))"
                } else if labels != labelNames {
                    "set of labels (\(labelNames.sorted().joined(separator: ", ")))"
                } else {
                    nil
                }
            return what.map { .differentDefinition(name: other.name, what: $0) }
        }
    }

    init() {
        let metadata = MetricMetadata(
            name: "prometheus_client_dropped_series_total",
            help: "Look-ups of labels beyond a family's limit, and series of a collector that can't be exposed.",
            unit: nil, type: .counter)
        let limits = FamilyLimits(MetricsRegistry.defaultLimit, constantLabels: []) {}
        dropped = Family(metadata, shape: .scalar, options: CounterOptions(exemplars: nil), limits: limits) {
            LabelSet(valid: [("family", $0[0])])
        }
        state.withLock { state in
            _ = Self.claim(metadata, .legacy, ["family"], .empty, &state)
            state.entries.append(
                Entry(names: [metadata.name], constantLabels: .empty, source: FamilySource(family: dropped)))
        }
    }

    func countDropped(_ family: String, _ count: Int = 1) { dropped[[family]].increment(by: count) }

    func add(
        _ metadata: MetricMetadata, _ naming: Naming, labelNames: Set<String>, constantLabels: LabelSet,
        _ source: any MetricSource
    ) throws(RegistrationError) {
        let error = state.withLock { state -> RegistrationError? in
            if let error = Self.claim(metadata, naming, labelNames, constantLabels, &state) { return error }
            state.entries.append(
                Entry(names: Set(MetricNames.samples(of: metadata)), constantLabels: constantLabels, source: source))
            return nil
        }
        if let error { throw error }
    }

    func add(_ collector: some Collector, _ naming: Naming) throws(RegistrationError) {
        let metrics = collector.metrics.map { MetricMetadata(name: $0.name, help: "", unit: nil, type: $0.type) }
        let source = CollectorSource(
            collector: collector, types: Dictionary(metrics.map { ($0.name, $0.type) }) { first, _ in first },
            countDropped: { [unowned self] in countDropped($0, $1) })
        let error = state.withLock { state -> RegistrationError? in
            var claimed = state
            for metadata in metrics {
                if let error = Self.claim(metadata, naming, [], .empty, &claimed) { return error }
            }
            state = claimed
            state.entries.append(
                Entry(names: Set(metrics.flatMap(MetricNames.samples)), constantLabels: .empty, source: source))
            return nil
        }
        if let error { throw error }
    }

    func remove(_ name: String) -> Bool {
        state.withLock { state in
            guard state.definitions[name] != nil else { return false }
            let isGone = { (entry: Entry) in entry.names.contains(name) }
            let names = state.entries.filter(isGone).reduce(into: Set<String>()) { $0.formUnion($1.names) }
            state.entries.removeAll(where: isGone)
            state.definitions = state.definitions.filter { !names.contains($0.key) }
            state.owners = state.owners.filter { !names.contains($0.value) }
            return true
        }
    }

    /// Takes out the one source of a metric that has these constant labels.
    func remove(_ name: String, _ constantLabels: LabelSet) {
        state.withLock { state in
            guard state.definitions[name]?.constantLabels.remove(constantLabels) != nil else { return }
            state.entries.removeAll { $0.names.contains(name) && $0.constantLabels == constantLabels }
            guard state.definitions[name]?.constantLabels.isEmpty == true else { return }
            state.definitions[name] = nil
            state.owners = state.owners.filter { $0.value != name }
        }
    }

    func snapshot(_ names: Set<String>?) -> [MetricFamily] {
        let entries = state.withLock { $0.entries }
        var builder = SnapshotBuilder(
            capacity: lastSize.load(ordering: .relaxed), families: entries.count)
        for entry in entries where names.map({ !$0.isDisjoint(with: entry.names) }) ?? true {
            entry.source.collect(into: &builder)
        }
        if names == nil { lastSize.store(builder.count, ordering: .relaxed) }
        var families = builder.families
        families.sort { $0.name < $1.name }
        return Self.merge(families)
    }

    /// Brings families of one name together; they lie side by side.
    private static func merge(_ families: [MetricFamily]) -> [MetricFamily] {
        guard zip(families, families.dropFirst()).contains(where: { $0.name == $1.name }) else { return families }
        var merged: [MetricFamily] = []
        for family in families {
            if let last = merged.indices.last, merged[last].name == family.name {
                merged[last].merge(family)
            } else {
                merged.append(family)
            }
        }
        return merged
    }

    private static func claim(
        _ metadata: MetricMetadata, _ naming: Naming, _ labelNames: Set<String>, _ constantLabels: LabelSet,
        _ state: inout State
    ) -> RegistrationError? {
        let name = metadata.name
        guard MetricNames.isMetricName(name, naming) else { return .invalidName(name) }
        if metadata.type == .counter, metadata.familyName == name { return .counterWithoutTotal(name) }
        if metadata.type == .info, metadata.familyName == name { return .infoWithoutSuffix(name) }
        if let unit = metadata.unit, unit.isEmpty || !MetricNames.ends(metadata.familyName, in: "_" + unit) {
            return .unitNotInName(unit: unit, name: name)
        }
        if var definition = state.definitions[name] {
            if let error = definition.difference(from: metadata, labelNames) { return error }
            guard definition.constantLabels.insert(constantLabels).inserted else { return .duplicateName(name) }
            state.definitions[name] = definition
            return nil
        }
        // Two names that are escaped alike would be one metric to many scrapers.
        let samples = MetricNames.samples(of: metadata).map(EscapingScheme.underscores.escape(metricName:))
        for sample in samples {
            if let other = state.owners[sample] { return .nameClash(name: name, sample: sample, other: other) }
        }
        for sample in samples { state.owners[sample] = name }
        state.definitions[name] = Definition(
            metadata: metadata, labelNames: labelNames, constantLabels: [constantLabels])
        return nil
    }
}
