/// Work that takes its time and nothing else.
struct SimulatedWork {
    private let microseconds: ClosedRange<Int64>

    init(_ durations: ClosedRange<Duration>) {
        func microseconds(_ duration: Duration) -> Int64 {
            duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
        }
        self.microseconds = microseconds(durations.lowerBound)...microseconds(durations.upperBound)
    }

    /// How many microseconds it takes this time: drawn uniformly.
    func draw() -> Int64 {
        var chance = Chance()
        return Int64.random(in: microseconds, using: &chance)
    }
}
