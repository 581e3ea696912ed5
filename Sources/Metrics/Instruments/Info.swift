internal import Synchronization

/// Facts told by labels, such as the build that is running: a series whose value is always 1.
///
/// May be used from any thread; ``set(to:)`` takes a lock.
public final class Info<Labels: MetricLabels>: Sendable {
    private let current: Mutex<Roster>
    private let makeRoster: @Sendable (Labels) -> Roster

    init(_ labels: Labels, _ makeRoster: @escaping @Sendable (Labels) -> Roster) {
        self.makeRoster = makeRoster
        current = Mutex(makeRoster(labels))
    }

    /// Replaces the facts; the series with the old ones is gone.
    public func set(to labels: Labels) {
        let roster = makeRoster(labels)
        current.withLock { $0 = roster }
    }

    var roster: Roster { current.withLock { $0 } }
}
