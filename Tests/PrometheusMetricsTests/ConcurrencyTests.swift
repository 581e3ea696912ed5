import AllocationCounting
import Foundation
import PrometheusMetrics
import PrometheusMetricsTesting
import Synchronization
import Testing

@Suite struct ConcurrencyTests {
    /// Where a sanitizer watches, everything takes ten times as long.
    private static let renderings = counts_allocations() ? 100_000 : 3000

    private struct State {
        var count: Double
        var counter: Double
    }

    /// Parses a rendering, and checks everything in it that no moment may violate.
    private func check(_ families: [MetricFamily]) throws -> State {
        let parsed = try ParsedExposition(openMetrics: Exposition.bytes(families, as: .openMetrics))
        let family = try #require(parsed.family("h"))
        let buckets = family.samples.filter { $0.name == "h_bucket" }.map(\.value)
        let count = try #require(parsed.value(of: "h_count"))
        #expect(buckets.last == count)
        #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0 <= $1 })
        // Each observation is a whole number of at most 4 whose share of the sum is known.
        #expect(parsed.value(of: "h_sum") == Self.sum(of: buckets))
        guard case .histogram(let histogram)? = families.first(where: { $0.name == "h" })?.series.first?.value,
            let native = histogram.native
        else { throw CancellationError() }
        let inBuckets = native.zeroCount + native.positive.values.reduce(0, +) + native.negative.values.reduce(0, +)
        #expect(Double(inBuckets) == count)
        return State(count: count, counter: try #require(parsed.value(of: "c_total")))
    }

    /// Of the values 0, 1, 2 and 4, each in a bucket of its own.
    private static func sum(of buckets: [Double]) -> Double {
        let alone = zip(buckets, [0] + buckets).map { $0 - $1 }
        return alone[1] + 2 * alone[2] + 4 * alone[3]
    }

    @Test func everyRenderingIsWholeWhileFourThreadsUpdate() throws {
        let registry = MetricsRegistry()
        let histogram = try registry.histogram(
            "h", help: "H.", buckets: Buckets([0, 1, 2]), native: .standard)
        let counter = try registry.counter("c_total", help: "C.")
        let isDone = Atomic(false)
        let updates = Atomic<Int>(0)
        // Threads of their own: tasks might run one after the other.
        let writers = (0..<4).map { _ in
            Thread {
                var count = 0
                while !isDone.load(ordering: .relaxed) {
                    for value in [0.0, 1, 2, 4] {
                        histogram.observe(value)
                        counter.increment()
                    }
                    count += 4
                    // A reader waits for every observation that has begun. Threads that do nothing else would nearly
                    // always be stopped in the middle of one, where there are more of them than cores.
                    usleep(20)
                }
                updates.wrappingAdd(count, ordering: .releasing)
            }
        }
        for writer in writers { writer.start() }
        var last = State(count: 0, counter: 0)
        for _ in 0..<Self.renderings {
            let state = try check(registry.snapshot())
            #expect(state.count >= last.count && state.counter >= last.counter)
            last = state
        }
        isDone.store(true, ordering: .relaxed)
        while writers.contains(where: { !$0.isFinished }) { usleep(1000) }
        let end = try check(registry.snapshot())
        let expected = Double(updates.load(ordering: .acquiring))
        #expect(end.count == expected && end.counter == expected)
        #expect(expected > Double(Self.renderings) / 100)
    }

    /// Native buckets outgrow their limit again and again: each time, the counts move to other tables.
    @Test func nothingIsLostWhileNativeBucketsAreWidened() throws {
        let histogram = Histogram(native: try NativeBuckets(schema: 8, maximumCount: 4))
        let perThread = counts_allocations() ? 40_000 : 4000
        let writers = (0..<4).map { thread in
            Thread {
                for step in 0..<perThread { histogram.observe(Double(1 + (step * 31 + thread) % 5000)) }
            }
        }
        for writer in writers { writer.start() }
        while writers.contains(where: { !$0.isFinished }) {
            let snapshot = histogram.snapshot()
            #expect(snapshot.native.map { $0.positive.values.reduce($0.zeroCount, +) } == snapshot.count)
            #expect(snapshot.native.map { $0.positive.count <= 4 || $0.schema == -4 } == true)
        }
        #expect(histogram.snapshot().count == UInt64(4 * perThread))
    }

    private struct Labels: MetricLabels {
        var path: String
        var number: Int
    }

    @Test func familiesAreUsedChangedAndReadAtOnce() throws {
        let registry = MetricsRegistry()
        let family = try registry.counter("c_total", help: "C.", labels: Labels.self, limit: 50)
        let isDone = Atomic(false)
        let writers = (0..<3).map { thread in
            Thread {
                var step = thread
                while !isDone.load(ordering: .relaxed) {
                    family[.init(path: "/path number \(step % 7)", number: step % 60)].increment()
                    if step % 97 == 0 { family.remove(.init(path: "/path number \(step % 7)", number: step % 60)) }
                    if step % 9973 == 0 { family.removeAll() }
                    step += 3
                }
            }
        }
        for writer in writers { writer.start() }
        for _ in 0..<(counts_allocations() ? 2000 : 200) {
            let parsed = try ParsedExposition(openMetrics: Exposition.bytes(registry.snapshot(), as: .openMetrics))
            #expect((parsed.family("c")?.samples.count ?? 0) <= 51)
        }
        isDone.store(true, ordering: .relaxed)
        while writers.contains(where: { !$0.isFinished }) { usleep(1000) }
        family.removeAll()
        #expect(registry.snapshot(names: ["c_total"]).isEmpty)
    }
}
