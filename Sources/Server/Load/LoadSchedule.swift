/// Which request is due when: a fixed rate, and phases that come round.
struct LoadSchedule {
    enum Phase: String {
        case calm, errors, slow

        /// What the share of the phase that stands out asks for.
        fileprivate var path: String {
            switch self {
            case .calm: "/"
            case .errors: "/error"
            case .slow: "/slow"
            }
        }
    }

    static let cycle: [Phase] = [.calm, .errors, .calm, .slow, .calm]

    /// Requests per second.
    let rate: Int
    let phaseLength: Duration
    /// How many of an error phase's requests fail.
    let errorShare: Double
    /// How many of a slow phase's requests are slow.
    let slowShare: Double

    /// When the request of this number, from 0, is due after the start.
    func due(_ number: Int) -> Duration { .seconds(1) * number / rate }

    /// The number of the first request that is due then or later.
    func number(at time: Duration) -> Int { Int((time / .seconds(1) * Double(rate)).rounded(.up)) }

    /// How many phases came before.
    func phaseNumber(at time: Duration) -> Int { Int(time / phaseLength) }

    func phase(at time: Duration) -> Phase { Self.cycle[phaseNumber(at: time) % Self.cycle.count] }

    /// What the request asks for. A share is spread evenly, not drawn: each run sends the same.
    func path(_ number: Int) -> String {
        let phase = phase(at: due(number))
        let share =
            switch phase {
            case .calm: 0.0
            case .errors: errorShare
            case .slow: slowShare
            }
        return Int(Double(number + 1) * share) > Int(Double(number) * share) ? phase.path : Phase.calm.path
    }
}
