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

@Suite struct OtherInstrumentTests {
    private let registry = MetricsRegistry()

    private var lines: [Substring] {
        Exposition.text(registry.snapshot()).split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    private struct Build: MetricLabels { var version: String }

    @Test func infoShowsTheLatestFacts() throws {
        let info = try registry.info("build_info", help: "Build.", Build(version: "1"))
        #expect(lines == [#"build_info{version="1"} 1"#])
        info.set(to: Build(version: "2"))
        #expect(lines == [#"build_info{version="2"} 1"#])
        #expect(
            Exposition.text(registry.snapshot(), as: .openMetrics)
                == "# TYPE build info\n# HELP build Build.\nbuild_info{version=\"2\"} 1\n# EOF\n")
        #expect(throws: RegistrationError.infoWithoutSuffix("build")) {
            try registry.info("build", help: "", Build(version: ""))
        }
    }

    private enum Phase: String, MetricLabelEnum { case starting, serving, draining }
    private enum Nothing: String, MetricLabelEnum, CaseIterable { case empty = "" }

    @Test func stateSetsShowEveryState() throws {
        let phase = try registry.stateSet("phase", help: "Phase.", states: Phase.self)
        phase.set(only: .starting)
        phase.set(.draining, to: true)
        #expect(phase.isOn(.draining))
        #expect(
            lines == [#"phase{phase="starting"} 1"#, #"phase{phase="serving"} 0"#, #"phase{phase="draining"} 1"#])
        phase.set(only: .serving)
        #expect(
            lines == [#"phase{phase="starting"} 0"#, #"phase{phase="serving"} 1"#, #"phase{phase="draining"} 0"#])
        #expect(throws: RegistrationError.self) { try registry.stateSet("n", help: "", states: Nothing.self) }
    }

    @Test func callbacksAreAskedAtEachScrape() throws {
        let calls = Atomic(0)
        try registry.gauge("calls", help: "Calls.") {
            Double(calls.wrappingAdd(1, ordering: .relaxed).newValue)
        }
        #expect(lines == ["calls 1"])
        #expect(lines == ["calls 2"])
    }

    @Test func gaugesTrackWhatIsInProgressAndTheTime() async throws {
        let gauge = Gauge()
        gauge.trackInProgress { #expect(gauge.value == 1) }
        #expect(gauge.value == 0)
        await gauge.trackInProgress {
            await Task.yield()
            #expect(gauge.value == 1)
        }
        #expect(throws: CancellationError.self) { try gauge.trackInProgress { throw CancellationError() } }
        #expect(gauge.value == 0)
        gauge.setToCurrentTime()
        #expect(abs(gauge.value - Date().timeIntervalSince1970) < 60)
    }

    /// A clock that tests turn by hand.
    private final class ManualClock: Clock {
        struct Instant: InstantProtocol {
            var offset: Duration
            func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
            func duration(to other: Instant) -> Duration { other.offset - offset }
            static func < (one: Instant, other: Instant) -> Bool { one.offset < other.offset }
        }
        private let offset = Mutex(Duration.zero)
        var now: Instant { Instant(offset: offset.withLock { $0 }) }
        var minimumResolution: Duration { .nanoseconds(1) }
        func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
        func advance(_ duration: Duration) { offset.withLock { $0 += duration } }
    }

    @Test func timingRecordsSecondsWhateverHappens() async throws {
        let clock = ManualClock()
        let histogram = Histogram(buckets: try Buckets([1, 2]))
        #expect(
            histogram.time(clock: clock) {
                clock.advance(.milliseconds(1500))
                return 7
            } == 7)
        await histogram.time(clock: clock) {
            await Task.yield()
            clock.advance(.milliseconds(250))
        }
        #expect(throws: CancellationError.self) {
            try histogram.time(clock: clock) {
                clock.advance(.seconds(3))
                throw CancellationError()
            }
        }
        #expect(histogram.snapshot().counts == [1, 1, 1])
        #expect(histogram.snapshot().sum == 4.75)
        let gauge = Gauge()
        gauge.time(clock: clock) { clock.advance(.seconds(2)) }
        #expect(gauge.value == 2)
    }
}
