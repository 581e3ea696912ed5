/// What a registry reads at a scrape.
protocol MetricSource: Sendable {
    func collect(into snapshot: inout SnapshotBuilder)
}

/// Instruments without labels of their own.
struct InstrumentSource<I: Instrument>: MetricSource {
    let metadata: MetricMetadata
    let roster: Roster
    let instruments: [I]

    func collect(into snapshot: inout SnapshotBuilder) { snapshot.append(metadata, roster, instruments) }
}

struct FamilySource<Labels: Hashable & Sendable, I: Instrument>: MetricSource {
    let family: Family<Labels, I>

    func collect(into snapshot: inout SnapshotBuilder) { family.collect(into: &snapshot) }
}

/// A number that a function gives.
struct CallbackSource: MetricSource {
    let metadata: MetricMetadata
    let roster: Roster
    let read: @Sendable () -> Double
    /// Called when it isn't one that the metric can have.
    let countDropped: @Sendable () -> Void

    func collect(into snapshot: inout SnapshotBuilder) {
        let value = read()
        guard metadata.type.allows(value) else { return countDropped() }
        snapshot.append(metadata, roster) { $0.append(value) }
    }
}

extension MetricType {
    /// Counters are never negative, and never NaN.
    func allows(_ value: Double) -> Bool { self != .counter || value >= 0 }
}

struct InfoSource<Labels: MetricLabels>: MetricSource {
    let metadata: MetricMetadata
    let info: Info<Labels>

    func collect(into snapshot: inout SnapshotBuilder) {
        snapshot.append(metadata, info.roster) { $0.append(1.0) }
    }
}
