import PrometheusMetrics
import PrometheusMetricsTesting
import Synchronization
import TestSupport

/// Labels as users have them; the text is long enough to have storage of its own.
struct RaceLabels: MetricLabels {
    var key: Int
    var text: String

    init(key: Int) {
        self.key = key
        text = "a text of more than fifteen bytes, number \(key)"
    }

    static let all = (0..<12).map { RaceLabels(key: $0) }
}

/// Threads look up, remove and clear the children of two families with the same labels, one of them beyond its limit,
/// while another scrapes.
struct FamilyRace {
    private static let limit = 8
    private static let threads = 4

    /// What the threads have to do with.
    private final class Shared: Sendable {
        let roomy: CounterFamily<RaceLabels>
        let narrow: CounterFamily<RaceLabels>
        /// By key, the child of the roomy family that was last removed.
        let removed = Mutex<[Int: Counter]>([:])
        let failure = Mutex<String?>(nil)
        let workers = (0..<FamilyRace.threads).map { _ in Worker() }

        init(_ registry: MetricsRegistry) throws {
            roomy = try registry.counter("roomy_total", help: "", labels: RaceLabels.self)
            narrow = try registry.counter("narrow_total", help: "", labels: RaceLabels.self, limit: FamilyRace.limit)
        }

        var all: [Worker.State] { workers.map { worker in worker.state.withLock { $0 } } }
    }

    /// What one thread was given.
    private final class Worker: Sendable {
        struct State {
            /// Kept, so that no address is used again.
            var roomy: [ObjectIdentifier: Counter] = [:]
            var narrow: [ObjectIdentifier: Counter] = [:]
            var lookUps = 0
        }
        let state = Mutex(State())
    }

    private let registry = MetricsRegistry()

    func run(scrapes: Int) throws -> String {
        let shared = try Shared(registry)
        let racing = RacingThreads(Self.threads) { thread, round in
            Self.work(shared, thread, round)
        }
        defer { racing.stop() }
        for _ in 0..<scrapes { try scrape() }
        racing.stop()
        if let failure = shared.failure.withLock({ $0 }) { throw TestFailure(failure) }

        var states = shared.all[...]
        var all = states.removeFirst()
        for state in states {
            all.roomy.merge(state.roomy) { $1 }
            all.narrow.merge(state.narrow) { $1 }
            all.lookUps += state.lookUps
        }
        try check(
            Set(all.roomy.keys).isDisjoint(with: all.narrow.keys), "a family handed out the child of another")
        for (name, children) in [("roomy", all.roomy), ("narrow", all.narrow)] {
            let total = children.values.reduce(0) { $0 + $1.value }
            try check(total == Double(all.lookUps), "\(name): \(total) increments in \(all.lookUps) look-ups")
        }
        return "families: \(scrapes) scrapes, \(all.lookUps) look-ups, \(all.roomy.count) children"
    }

    private static func work(_ shared: Shared, _ thread: Int, _ round: Int) {
        // Some strings are the same memory again and again, others are made anew.
        let key = (round &* 7 &+ thread) % RaceLabels.all.count
        let labels = round % 3 == 0 ? RaceLabels(key: key) : RaceLabels.all[key]
        switch round % 1000 {
        case 100, 600:
            let old = shared.roomy[labels]
            shared.roomy.remove(labels)
            shared.removed.withLock { $0[key] = old }
            shared.narrow.remove(labels)
        case 300:
            shared.roomy.removeAll { $0.key > key }
            shared.narrow.removeAll { $0.key > key }
        case 900 where thread == 0:
            shared.roomy.removeAll()
            shared.narrow.removeAll()
        default: break
        }
        let gone = shared.removed.withLock { $0[key] }
        let roomy = shared.roomy[labels]
        let narrow = shared.narrow[labels]
        if roomy === gone {
            shared.failure.withLock { $0 = "a child was handed out that had been removed before: \(labels)" }
        }
        roomy.increment()
        narrow.increment()
        shared.workers[thread].state.withLock { state in
            state.roomy[ObjectIdentifier(roomy)] = roomy
            state.narrow[ObjectIdentifier(narrow)] = narrow
            state.lookUps += 1
        }
    }

    private func scrape() throws {
        let exposition = try ParsedExposition(text: Exposition.bytes(registry.snapshot()))
        for family in exposition.families {
            let keys = family.samples.map { sample in
                sample.labels.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: ",")
            }
            try check(Set(keys).count == keys.count, "a series comes twice: \(keys)")
            guard family.name == "narrow_total" else { continue }
            let own = family.samples.filter { $0[label: "otel_metric_overflow"] == nil }
            try check(own.count <= Self.limit, "\(own.count) series where \(Self.limit) are allowed")
        }
    }
}
