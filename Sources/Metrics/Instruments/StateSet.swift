internal import Synchronization

/// Which of some states are on: one series for each state, 1 or 0.
///
/// ```swift
/// enum Phase: String, MetricLabelEnum { case starting, serving, draining }
/// let phase = try registry.stateSet("server_phase", help: "What the server does.", states: Phase.self)
/// phase.set(only: .serving)
/// ```
///
/// May be used from any thread. Changes are one atomic operation; no scrape ever sees a half of one.
public final class StateSet<State: MetricLabelEnum>: Instrument {
    private let bits = Atomic<UInt64>(0)

    /// How many states there may be.
    public static var maximumStates: Int { UInt64.bitWidth }

    /// A state set that belongs to no registry, with all states off.
    public init() {}

    /// Turns one state on and all others off.
    public func set(only state: State) { bits.store(Self.bit(state), ordering: .relaxed) }

    /// Turns a state on or off.
    public func set(_ state: State, to isOn: Bool) {
        if isOn {
            bits.bitwiseOr(Self.bit(state), ordering: .relaxed)
        } else {
            bits.bitwiseAnd(~Self.bit(state), ordering: .relaxed)
        }
    }

    /// Whether a state is on.
    public func isOn(_ state: State) -> Bool { bits.load(ordering: .relaxed) & Self.bit(state) != 0 }

    private static func bit(_ state: State) -> UInt64 {
        State.allCases.enumerated().first { $0.element == state }.map { 1 << UInt64($0.offset) } ?? 0
    }

    static var names: [String] { State.allCases.map { "\($0.rawValue)" } }

    public static var type: MetricType { .stateSet }
    public convenience init(options: NoOptions) { self.init() }
    public func record(into snapshot: inout SnapshotBuilder) { snapshot.append(bits.load(ordering: .relaxed)) }
}

extension StateSet: ShapedInstrument {
    static func shape(_ options: NoOptions) -> Roster.Shape { .states(names) }
}
