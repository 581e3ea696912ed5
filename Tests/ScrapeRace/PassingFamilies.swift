import Glibc
import PrometheusMetrics
import Synchronization
import TestSupport

/// Families and threads that come and go: a new family never gives the child of one that was there before, and nothing
/// stays of those that are gone.
enum PassingFamilies {
    static func run(rounds: Int) throws -> String {
        try reuseThreads(rounds: 20 * rounds)
        for _ in 0..<rounds {
            let survivor = try passOne()
            try check(survivor.child == nil, "a child outlives its family and its threads")
        }
        return "passing families: \(rounds) with their threads, \(20 * rounds) on the same ones"
    }

    /// One family after the other on the same threads, which remember children.
    private static func reuseThreads(rounds: Int) throws {
        let done = Counter()
        let failures = Counter()
        let racing = RacingThreads(2) { _, _ in
            guard
                let family = try? MetricsRegistry().counter("x_total", help: "", labels: RaceLabels.self)
            else { return failures.increment() }
            for look in 0..<5 {
                let child = family[RaceLabels.all[0]]
                if child.value != Double(look) { failures.increment() }
                child.increment()
            }
            done.increment()
        }
        while done.value + failures.value < Double(rounds) { sched_yield() }
        racing.stop()
        try check(failures.value == 0, "\(failures.value) look-ups gave a child of a family that was there before")
    }

    private struct Survivor {
        weak var child: Counter?
    }

    /// A family and the threads that use it, both gone when this returns.
    private static func passOne() throws -> Survivor {
        let family = try MetricsRegistry().counter("x_total", help: "", labels: RaceLabels.self)
        return try withExtendedLifetime(family) {
            let seen = Seen()
            let racing = RacingThreads(2) { thread, round in
                let child = family[RaceLabels.all[thread]]
                child.increment()
                if round == 100 { seen.survivor.withLock { $0.child = child } }
                seen.rounds[thread].increment()
            }
            while seen.rounds.contains(where: { $0.value < 200 }) { sched_yield() }
            try check(seen.survivor.withLock { $0.child } != nil, "a child is gone before its family")
            racing.stop()
            return seen.survivor.withLock { $0 }
        }
    }

    private final class Seen: Sendable {
        let survivor = Mutex(Survivor())
        let rounds = [Counter(), Counter()]
    }
}
