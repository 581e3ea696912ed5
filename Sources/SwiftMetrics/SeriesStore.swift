internal import PrometheusMetrics
internal import Synchronization

/// All metrics of one type, and what their handlers update.
final class SeriesStore<Child: Instrument>: Sendable {
    typealias Open = @Sendable (_ name: String, MetricDefinition) throws(RegistrationError) -> Family<LabelSet, Child>

    private let registry: MetricsRegistry
    private let unexposed: Child
    private let open: Open
    private let state = Mutex(State())

    private struct State {
        /// By their names in Prometheus.
        var metrics: [String: Metric<Child>] = [:]
        /// What has become of the metrics of swift-metrics.
        var known: [MetricID: (name: String, isExposed: Bool)] = [:]
    }

    /// - Parameters:
    ///   - unexposed: what takes the updates of metrics that can't be exposed.
    ///   - open: registers a metric.
    init(_ registry: MetricsRegistry, unexposed: Child, open: @escaping Open) {
        self.registry = registry
        self.unexposed = unexposed
        self.open = open
    }

    /// A series for a new handler.
    ///
    /// - Parameters:
    ///   - define: called when the metric isn't known yet; may be called for nothing.
    ///   - onConflict: called with no lock held.
    func series(
        _ id: MetricID, _ labels: LabelSet, define: () -> MetricDefinition, onConflict: (MetricConflict) -> Void
    ) -> Series<Child> {
        if let series = state.withLock({ take(id, labels, &$0) }) { return series }
        let definition = define()
        let (series, conflict) = state.withLock { state -> (Series<Child>?, MetricConflict?) in
            if let series = take(id, labels, &state) { return (series, nil) }
            let conflict = expose(id, definition, &state)
            return (take(id, labels, &state), conflict)
        }
        if let conflict { onConflict(conflict) }
        return series ?? Series(unexposed)
    }

    /// - Returns: `nil` when the metric isn't known.
    private func take(_ id: MetricID, _ labels: LabelSet, _ state: inout State) -> Series<Child>? {
        guard let (name, isExposed) = state.known[id] else { return nil }
        guard isExposed, let (child, family) = state.metrics[name]?.take(labels) else {
            registry.countDropped(name)
            return Series(unexposed)
        }
        return Series(child, family.map { SeriesClaim(self, name, $0, labels) })
    }

    private func expose(_ id: MetricID, _ definition: MetricDefinition, _ state: inout State) -> MetricConflict? {
        func conflict(_ reason: RegistrationError, _ outcome: MetricConflict.Outcome) -> MetricConflict {
            MetricConflict(label: id.label, kind: id.kind, name: definition.name, reason: reason, outcome: outcome)
        }
        do {
            let other = try add(id, definition.name, definition, &state)
            return other.map { conflict(.duplicateName(definition.name), .shared(with: $0.label)) }
        } catch let reason {
            do {
                _ = try add(id, definition.alternativeName, definition, &state)
                return conflict(reason, .renamed(definition.alternativeName))
            } catch {
                state.known[id] = (definition.name, false)
                return conflict(reason, .notExposed)
            }
        }
    }

    /// - Returns: whose metric it was already.
    private func add(
        _ id: MetricID, _ name: String, _ definition: MetricDefinition, _ state: inout State
    ) throws(RegistrationError) -> MetricID? {
        let other = state.metrics[name]?.sources.first
        if let present = state.metrics[name]?.definition {
            guard present.hasLayout(of: definition) else {
                throw .differentDefinition(name: name, what: "set of buckets")
            }
        } else {
            state.metrics[name] = Metric(definition: definition, family: try open(name, definition))
        }
        state.metrics[name]?.sources.insert(id)
        state.known[id] = (name, true)
        return other
    }

    fileprivate func release(_ name: String, _ labels: LabelSet, isDestroyed: Bool) {
        state.withLock { state in
            guard let isUnused = state.metrics[name]?.release(labels, isDestroyed: isDestroyed), isUnused else {
                return
            }
            registry.close(name)
            for source in state.metrics.removeValue(forKey: name)?.sources ?? [] { state.known[source] = nil }
        }
    }
}

/// A metric, and which of its series have handlers.
private final class Metric<Child: Instrument> {
    let definition: MetricDefinition
    let family: Family<LabelSet, Child>
    /// The metrics of swift-metrics that this is; more than one if their names became the same.
    var sources: Set<MetricID> = []
    /// How many handlers live of each series that the family has; zero where all were let go without being destroyed.
    private var handlers: [LabelSet: Int] = [:]
    private var hasOverflowed = false

    init(definition: MetricDefinition, family: Family<LabelSet, Child>) {
        self.definition = definition
        self.family = family
    }

    /// - Returns: what a new handler updates, and the family unless that is what series beyond the limit share.
    func take(_ labels: LabelSet) -> (Child, Family<LabelSet, Child>?) {
        if handlers[labels] == nil, handlers.count >= definition.limit {
            hasOverflowed = true
            return (family[labels], nil)
        }
        handlers[labels, default: 0] += 1
        return (family[labels], family)
    }

    /// A handler is gone.
    ///
    /// - Parameter isDestroyed: whether swift-metrics said that it will never be updated again: the series goes with
    ///   the last of its handlers. A handler that was merely let go leaves it, because the next one continues it.
    /// - Returns: whether nothing is left.
    func release(_ labels: LabelSet, isDestroyed: Bool) -> Bool {
        guard let count = handlers[labels] else { return false }
        guard isDestroyed, count == 1 else {
            handlers[labels] = count - 1
            return false
        }
        handlers[labels] = nil
        family.remove(labels)
        // What handlers beyond the limit share isn't theirs to take away.
        return handlers.isEmpty && !hasOverflowed
    }
}

/// What a handler updates.
struct Series<Child: Instrument>: Sendable {
    let child: Child
    /// `nil` where the child isn't the handler's own: beyond the limit, or not exposed.
    let claim: SeriesClaim<Child>?

    init(_ child: Child, _ claim: SeriesClaim<Child>? = nil) {
        self.child = child
        self.claim = claim
    }
}

/// A handler's share in a series, given back once.
final class SeriesClaim<Child: Instrument>: Sendable {
    let family: Family<LabelSet, Child>
    private let store: SeriesStore<Child>
    private let name: String
    private let labels: LabelSet
    private let isReleased = Atomic(false)

    fileprivate init(
        _ store: SeriesStore<Child>, _ name: String, _ family: Family<LabelSet, Child>, _ labels: LabelSet
    ) {
        self.store = store
        self.name = name
        self.family = family
        self.labels = labels
    }

    deinit {
        if !isReleased.load(ordering: .relaxed) { store.release(name, labels, isDestroyed: false) }
    }

    /// The handler will never be updated again.
    func destroy() {
        guard !isReleased.exchange(true, ordering: .relaxed) else { return }
        store.release(name, labels, isDestroyed: true)
    }
}
