import AllocationCounting
import Foundation
import PrometheusMetrics
import PrometheusMetricsTesting
import Synchronization
import TestSupport
import Testing

@Suite struct ConcurrencyTests {
    /// Where a sanitizer watches, everything takes ten times as long.
    private static let renderings = counts_allocations() ? 100_000 : 3000

    private struct State {
        var count: Double
        var counter: Double
    }

    /// Runs what takes long on a thread of its own: those that all tests share must not be held up.
    private func onOwnThread(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread { continuation.resume(with: Result { try body() }) }.start()
        }
    }

    private static func require(_ condition: Bool, _ what: String) throws {
        if !condition { throw TestFailure(what) }
    }

    /// Parses a rendering, and checks everything in it that no moment may violate.
    private static func check(_ families: [MetricFamily]) throws -> State {
        let text = Exposition.bytes(families, as: .openMetrics)
        let parsed = try ParsedExposition(openMetrics: text)
        guard let family = parsed.family("h"), let count = parsed.value(of: "h_count"),
            let counter = parsed.value(of: "c_total"),
            case .histogram(let histogram)? = families.first(where: { $0.name == "h" })?.series.first?.value,
            let native = histogram.native
        else { throw TestFailure("something is missing: \(String(decoding: text, as: UTF8.self))") }
        let buckets = family.samples.filter { $0.name == "h_bucket" }.map(\.value)
        try require(buckets.last == count, "+Inf is \(buckets), the count \(count)")
        try require(zip(buckets, buckets.dropFirst()).allSatisfy { $0 <= $1 }, "buckets decrease: \(buckets)")
        try require(parsed.value(of: "h_sum") == sum(of: buckets), "the sum isn't that of \(buckets)")
        let inBuckets = native.zeroCount + native.positive.values.reduce(0, +) + native.negative.values.reduce(0, +)
        try require(Double(inBuckets) == count, "native buckets hold \(inBuckets) of \(count)")
        return State(count: count, counter: counter)
    }

    /// Of the values 0, 1, 2 and 4, each in a bucket of its own.
    private static func sum(of buckets: [Double]) -> Double {
        let alone = zip(buckets, [0] + buckets).map { $0 - $1 }
        return alone[1] + 2 * alone[2] + 4 * alone[3]
    }

    @Test func everyRenderingIsWholeWhileFourThreadsUpdate() async throws {
        try await onOwnThread {
            let registry = MetricsRegistry()
            let histogram = try registry.histogram("h", help: "H.", buckets: Buckets([0, 1, 2]), native: .standard)
            let counter = try registry.counter("c_total", help: "C.")
            let isDone = Atomic(false)
            let updates = Atomic<Int>(0)
            let writers = (0..<4).map { _ in
                Thread {
                    var count = 0
                    while !isDone.load(ordering: .relaxed) {
                        for value in [0.0, 1, 2, 4] {
                            histogram.observe(value)
                            counter.increment()
                        }
                        count += 4
                        // A reader waits for every observation that has begun. Threads that do nothing else would
                        // nearly always be stopped in the middle of one, where there are more of them than cores.
                        usleep(20)
                    }
                    updates.wrappingAdd(count, ordering: .releasing)
                }
            }
            for writer in writers { writer.start() }
            var last = State(count: 0, counter: 0)
            let result = Result {
                for _ in 0..<Self.renderings {
                    let state = try Self.check(registry.snapshot())
                    try Self.require(
                        state.count >= last.count && state.counter >= last.counter, "\(last) became \(state)")
                    last = state
                }
            }
            isDone.store(true, ordering: .relaxed)
            while writers.contains(where: { !$0.isFinished }) { usleep(1000) }
            try result.get()
            let end = try Self.check(registry.snapshot())
            let expected = Double(updates.load(ordering: .acquiring))
            try Self.require(end.count == expected && end.counter == expected, "\(end) after \(expected) updates")
            try Self.require(expected > 1000, "hardly anything was updated")
        }
    }

    /// Native buckets outgrow their limit again and again: each time, the counts move to other tables.
    @Test func nothingIsLostWhileNativeBucketsAreWidened() async throws {
        try await onOwnThread {
            let histogram = Histogram(native: try NativeBuckets(schema: 8, maximumCount: 4))
            let perThread = counts_allocations() ? 20_000 : 2000
            let writers = (0..<4).map { thread in
                Thread {
                    for step in 0..<perThread {
                        histogram.observe(Double(1 + (step * 31 + thread) % 5000))
                        if step % 16 == 0 { usleep(20) }
                    }
                }
            }
            for writer in writers { writer.start() }
            while writers.contains(where: { !$0.isFinished }) {
                let snapshot = histogram.snapshot()
                let inBuckets = snapshot.native.map { $0.positive.values.reduce($0.zeroCount, +) }
                try Self.require(
                    inBuckets == snapshot.count, "native buckets hold \(inBuckets ?? 0) of \(snapshot.count)")
            }
            try Self.require(histogram.snapshot().count == UInt64(4 * perThread), "observations were lost")
        }
    }

    private struct Labels: MetricLabels {
        var path: String
        var number: Int
    }

    @Test func familiesAreUsedChangedAndReadAtOnce() async throws {
        try await onOwnThread {
            let registry = MetricsRegistry()
            let family = try registry.counter("c_total", help: "C.", labels: Labels.self, limit: 50)
            let isDone = Atomic(false)
            let writers = (0..<3).map { thread in
                Thread {
                    var step = thread
                    while !isDone.load(ordering: .relaxed) {
                        let labels = Labels(path: "/path number \(step % 7)", number: step % 60)
                        family[labels].increment()
                        if step % 97 == 0 { family.remove(labels) }
                        if step % 9973 == 0 { family.removeAll() }
                        step += 3
                    }
                }
            }
            for writer in writers { writer.start() }
            let result = Result {
                for _ in 0..<(counts_allocations() ? 1000 : 100) {
                    let text = Exposition.bytes(registry.snapshot(), as: .openMetrics)
                    let samples = try ParsedExposition(openMetrics: text).family("c")?.samples ?? []
                    try Self.require(samples.count <= 51, "\(samples.count) children where 51 are allowed")
                }
            }
            isDone.store(true, ordering: .relaxed)
            while writers.contains(where: { !$0.isFinished }) { usleep(1000) }
            try result.get()
            family.removeAll()
            try Self.require(registry.snapshot(names: ["c_total"]).isEmpty, "children are left")
        }
    }
}
