/// Work that takes its time and nothing else.
struct SimulatedWork {
    private let nanoseconds: ClosedRange<Int64>

    init(_ durations: ClosedRange<Duration>) {
        func nanoseconds(_ duration: Duration) -> Int64 {
            duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
        }
        self.nanoseconds = nanoseconds(durations.lowerBound)...nanoseconds(durations.upperBound)
    }

    /// How long it takes this time: drawn uniformly.
    func duration() -> Duration {
        var chance = Chance()
        return .nanoseconds(Int64.random(in: nanoseconds, using: &chance))
    }
}
