public import Synchronization

/// A metric with labels: one instrument, called a child, for each set of label values.
///
/// May be used from any thread. A thread that looks up what it looked up before pays a comparison of bytes; otherwise a
/// look-up takes a lock and hashes the labels. Keep the child where an update must be cheapest.
///
/// **Limit**: a family has at most as many children as it was registered with, one at least. Labels beyond that share one
/// child, exposed with the single label `otel_metric_overflow="true"` (the name that OpenTelemetry gives it), and
/// `prometheus_client_dropped_series_total` counts how often that happens.
public final class Family<Labels: Hashable & Sendable, Child: Instrument>: Sendable {
    @usableFromInline
    let identity = FamilyIdentity()
    private let metadata: MetricMetadata
    private let shape: Roster.Shape
    private let options: Child.Options
    private let limits: FamilyLimits
    private let labelSet: @Sendable (Labels) -> LabelSet
    @usableFromInline
    let state = Mutex(State())

    @usableFromInline
    struct State {
        @usableFromInline
        var children: [Labels: Child] = [:]
        /// Label sets that differ in Swift can be the same labels: `nil` and the empty string are.
        var bySet: [LabelSet: Child] = [:]
        var overflow: Child?
        /// What the last scrape read.
        var listing: Listing<Child>?
        /// Whether children have gone since.
        var isOutdated = false
        /// Those that aren't in the listing yet.
        var added: [(labels: LabelSet, child: Child)] = []

        /// The child with these labels, and whether it is the one for labels beyond the limit.
        mutating func child(
            _ labels: Labels, _ labelSet: (Labels) -> LabelSet, _ limits: FamilyLimits, _ options: Child.Options
        ) -> (Child, isOverflow: Bool) {
            if let child = children[labels] { return (child, false) }
            let set = labelSet(labels)
            if let child = bySet[set] {
                children[labels] = child
                return (child, false)
            }
            if bySet.count >= limits.children {
                if let overflow { return (overflow, true) }
                let child = Child(options: options)
                overflow = child
                added.append((limits.overflowLabels, child))
                return (child, true)
            }
            let child = Child(options: options)
            children[labels] = child
            bySet[set] = child
            added.append((set, child))
            return (child, false)
        }

        mutating func remove(_ labels: Labels, _ set: LabelSet) -> Bool {
            // Then each child is there under one key only, and need not be searched for.
            let isOneToOne = children.count == bySet.count
            guard let child = bySet.removeValue(forKey: set) else { return false }
            if !isOneToOne || children.removeValue(forKey: labels) == nil {
                children = children.filter { $0.value !== child }
            }
            forgetListing()
            return true
        }

        /// Takes out the children with these labels.
        mutating func remove(_ sets: Set<LabelSet>) -> Int {
            let gone = Set(sets.compactMap { bySet.removeValue(forKey: $0) }.map(ObjectIdentifier.init))
            guard !gone.isEmpty else { return 0 }
            children = children.filter { !gone.contains(ObjectIdentifier($0.value)) }
            forgetListing()
            return gone.count
        }

        /// Keeps nothing alive that is gone, even if no scrape comes.
        mutating func forgetListing() {
            isOutdated = true
            listing = nil
            added = []
        }

        /// All children in the order of exposition; made anew only where they have changed.
        mutating func currentListing(_ shape: Roster.Shape, _ overflowLabels: LabelSet) -> Listing<Child> {
            if isOutdated {
                isOutdated = false
                added = bySet.map { ($0.key, $0.value) }
                if let overflow { added.append((overflowLabels, overflow)) }
            }
            if let listing, added.isEmpty { return listing }
            let current = Listing(shape, listing, adding: added)
            listing = current
            added = []
            return current
        }
    }

    /// - Parameter labelSet: must not fail for any labels that are looked up.
    init(
        _ metadata: MetricMetadata, shape: Roster.Shape, options: Child.Options, limits: FamilyLimits,
        labelSet: @escaping @Sendable (Labels) -> LabelSet
    ) {
        self.metadata = metadata
        self.shape = shape
        self.options = options
        self.limits = limits
        self.labelSet = labelSet
    }

    /// The metric's name, with the prefix of its registry.
    public var name: String { metadata.name }
    /// What it measures, for readers.
    public var help: String { metadata.help }

    /// The child with these labels, made when it is asked for first.
    @inlinable
    public subscript(_ labels: Labels) -> Child {
        // Sound: only this family remembers children by its identity.
        if let child = withUnsafeBytes(of: labels, { identity.find($0) }) {
            return unsafeDowncast(child, to: Child.self)
        }
        return lookUp(labels)
    }

    /// Written so that it is compiled for the labels at hand: their hash takes half the time then.
    @inlinable
    func lookUp(_ labels: Labels) -> Child {
        let known = identity.current
        guard let child = state.withLock({ $0.children[labels] }) else { return makeChild(labels) }
        if withUnsafeBytes(of: labels, { FamilyIdentity.isWorthRemembering($0, known) }) {
            remember(child, labels, known)
        }
        return child
    }

    @usableFromInline
    func makeChild(_ labels: Labels) -> Child {
        let (child, isOverflow) = state.withLock { $0.child(labels, labelSet, limits, options) }
        if isOverflow { limits.countDropped() }
        return child
    }

    @usableFromInline
    func remember(_ child: Child, _ labels: Labels, _ identity: UInt64) {
        let owner = KeptLabels(labels)
        withUnsafeBytes(of: owner.labels) {
            ThreadState.current.pointee.children.remember(child, family: identity, key: $0, owner: owner)
        }
    }

    /// Takes a child out of the family: it is no longer exposed, and its labels get a new one when they are asked for
    /// again.
    ///
    /// What still holds the old child may go on updating it, without effect.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    public func remove(_ labels: Labels) -> Bool {
        let set = labelSet(labels)
        let isRemoved = state.withLock { $0.remove(labels, set) }
        if isRemoved { identity.renew() }
        return isRemoved
    }

    /// Takes all children out whose labels satisfy the predicate, as ``remove(_:)`` does.
    ///
    /// - Parameter matches: called with the family's lock held, so it must not use the family.
    /// - Returns: how many there were.
    @discardableResult
    public func removeAll(where matches: (Labels) -> Bool) -> Int {
        let sets = state.withLock { state in
            Set(state.children.keys.lazy.filter(matches).map(labelSet))
        }
        return remove(sets)
    }

    /// Takes all children out, as ``remove(_:)`` does, the one for labels beyond the limit too.
    public func removeAll() {
        state.withLock { $0 = State() }
        identity.renew()
    }

    private func remove(_ sets: Set<LabelSet>) -> Int {
        let count = state.withLock { $0.remove(sets) }
        if count > 0 { identity.renew() }
        return count
    }

    /// Reads all children.
    func collect(into snapshot: inout SnapshotBuilder) {
        let listing = state.withLock { $0.currentListing(shape, limits.overflowLabels) }
        if !listing.children.isEmpty { snapshot.append(metadata, listing.roster, listing.children) }
    }
}

extension Family where Child == Counter {
    /// Lets a child begin anew at 0, as counters may: to Prometheus it looks like a restart.
    package func reset(_ child: Counter) {
        state.withLock { state in
            child.reset()
            // It says when children were created.
            state.forgetListing()
        }
    }
}

/// Keeps labels alive for the bytes that a thread remembers.
private final class KeptLabels<Labels: Sendable>: Sendable {
    let labels: Labels
    init(_ labels: Labels) { self.labels = labels }
}

/// How many children a family may have, and what becomes of the others.
struct FamilyLimits: Sendable {
    let children: Int
    let overflowLabels: LabelSet
    /// Counts a look-up beyond the limit.
    let countDropped: @Sendable () -> Void

    static let overflowLabel = "otel_metric_overflow"

    init(
        _ children: Int, constantLabels: [(name: String, value: String)], countDropped: @escaping @Sendable () -> Void
    ) {
        self.children = max(1, children)
        overflowLabels = LabelSet(valid: [(Self.overflowLabel, "true")] + constantLabels)
        self.countDropped = countDropped
    }
}

/// Counters with labels.
public typealias CounterFamily<Labels: MetricLabels> = Family<Labels, Counter>
/// Gauges with labels.
public typealias GaugeFamily<Labels: MetricLabels> = Family<Labels, Gauge>
/// Histograms with labels, which share their buckets.
public typealias HistogramFamily<Labels: MetricLabels> = Family<Labels, Histogram>
/// Summaries with labels, which share their quantiles.
public typealias SummaryFamily<Labels: MetricLabels> = Family<Labels, Summary>
/// State sets with labels.
public typealias StateSetFamily<Labels: MetricLabels, State: MetricLabelEnum> = Family<Labels, StateSet<State>>
