import Foundation
import PrometheusMetrics
import Synchronization
import Testing

@Suite struct InstrumentTests {
    @Test func countersAddWholeNumbersAndFractions() {
        let counter = Counter()
        counter.increment()
        counter.increment(by: 41)
        counter.increment(by: 0.5)
        #expect(counter.value == 42.5)
    }

    @Test(arguments: [-1, .nan, .infinity, -.infinity, 0] as [Double]) func countersNeverTakeWhatWouldSpoilThem(
        amount: Double
    ) {
        let counter = Counter()
        counter.increment(by: 2.5)
        counter.increment(by: amount)
        #expect(counter.value == 2.5)
    }

    @Test func gaugesGoUpAndDown() {
        let gauge = Gauge()
        gauge.set(to: 10)
        gauge.increment(by: 2.5)
        gauge.decrement()
        #expect(gauge.value == 11.5)
    }

    @Test func histogramsPutAValueIntoTheFirstBucketThatHoldsIt() throws {
        let histogram = Histogram(buckets: try Buckets([1, 2, 3]))
        for value in [0.5, 1, 1.5, 3, 3.5, .infinity, .nan] { histogram.observe(value) }
        let snapshot = histogram.snapshot()
        #expect(snapshot.counts == [2, 1, 1, 3])
        #expect(snapshot.count == 7)
        #expect(snapshot.sum.isNaN)
    }

    @Test func histogramsWorkWithoutAnyBound() throws {
        let histogram = Histogram(buckets: try Buckets([]))
        histogram.observe(2)
        #expect(histogram.snapshot().counts == [1])
    }

    @Test func nothingIsLostWhenManyThreadsUpdate() async throws {
        let counter = Counter()
        let gauge = Gauge()
        let histogram = Histogram(buckets: try Buckets([1, 2, 3]))
        await withTaskGroup { group in
            for thread in 0..<4 {
                group.addTask {
                    for step in 0..<50_000 {
                        counter.increment()
                        counter.increment(by: 0.5)
                        gauge.increment(by: thread % 2 == 0 ? 1 : -1)
                        histogram.observe(Double(step % 4))
                    }
                }
            }
        }
        #expect(counter.value == 300_000)
        #expect(gauge.value == 0)
        #expect(histogram.snapshot().counts == [100_000, 50_000, 50_000, 0])
        #expect(histogram.snapshot().sum == 300_000)
    }

    /// Every observation adds the same to the sum, so that a torn snapshot shows.
    @Test func everySnapshotUnderLoadIsWhole() throws {
        let histogram = Histogram(buckets: try Buckets([1, 2, 4, 8]))
        let isDone = Atomic(false)
        let written = Atomic<UInt64>(0)
        // Threads of their own: tasks might run one after the other.
        let writers = (0..<2).map { _ in
            Thread {
                var count: UInt64 = 0
                while !isDone.load(ordering: .relaxed) {
                    for _ in 0..<100 { histogram.observe(3) }
                    count += 100
                }
                written.wrappingAdd(count, ordering: .releasing)
            }
        }
        for writer in writers { writer.start() }
        var counts: [UInt64] = []
        while counts.count < 20_000 || Set(counts.suffix(1000)).count < 10 {
            let snapshot = histogram.snapshot()
            #expect(snapshot.sum == 3 * Double(snapshot.count))
            #expect(snapshot.count >= counts.last ?? 0)
            counts.append(snapshot.count)
        }
        isDone.store(true, ordering: .relaxed)
        while writers.contains(where: { !$0.isFinished }) {}
        #expect(histogram.snapshot().count == written.load(ordering: .acquiring))
    }
}
