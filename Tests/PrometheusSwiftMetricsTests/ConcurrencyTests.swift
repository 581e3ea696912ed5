import AllocationCounting
import CoreMetrics
import PrometheusMetrics
import PrometheusMetricsTesting
import PrometheusSwiftMetrics
import Synchronization
import Testing

@Suite struct ConcurrencyTests {
    @Test("Handlers can be made, updated and destroyed by many threads while others scrape")
    func racing() async throws {
        let registry = MetricsRegistry()
        // The names race too: who comes first gets 'x', and the other one another name.
        let factory = PrometheusMetricsFactory(registry, configure: { $0.limit = 3 }, onConflict: { _ in })
        let kept = CoreMetrics.Counter(label: "kept", factory: factory)
        let workers = 4
        let rounds = 300
        let running = Running(workers)
        try await withThrowingTaskGroup { group in
            for worker in 0..<workers {
                group.addTask {
                    for round in 0..<rounds {
                        // Up to four series where three are allowed.
                        let dimensions = [("n", "\((worker + round) % 4)")]
                        let counter = CoreMetrics.Counter(label: "x", dimensions: dimensions, factory: factory)
                        let meter = Meter(label: "x", dimensions: dimensions, factory: factory)
                        let timer = CoreMetrics.Timer(label: "x", dimensions: dimensions, factory: factory)
                        CoreMetrics.Counter(label: "kept", factory: factory).increment()
                        for step in 0..<20 {
                            counter.increment()
                            meter.increment(by: 1)
                            timer.recordMilliseconds(step)
                        }
                        if round % 10 == 0 { counter.reset() }
                        counter.destroy()
                        meter.destroy()
                        if round % 2 == 0 { timer.destroy() }
                    }
                    running.count.wrappingSubtract(1, ordering: .relaxed)
                }
            }
            group.addTask {
                repeat {
                    // Which refuses series that come twice, and histograms that are torn.
                    _ = try ParsedExposition(openMetrics: Exposition.text(registry.snapshot(), as: .openMetrics))
                } while running.count.load(ordering: .relaxed) > 0
            }
            try await group.waitForAll()
        }
        kept.increment()
        #expect(registry.value(of: "kept_total") == Double(workers * rounds + 1))
    }

    private final class Running: Sendable {
        let count: Atomic<Int>
        init(_ count: Int) { self.count = Atomic(count) }
    }

    @Test("An update allocates nothing", .enabled("a sanitizer has an allocator of its own") { counts_allocations() })
    func allocations() {
        let factory = PrometheusMetricsFactory(MetricsRegistry())
        let counter = CoreMetrics.Counter(label: "counter", factory: factory)
        let fractions = FloatingPointCounter(label: "fractions", factory: factory)
        let meter = Meter(label: "meter", factory: factory)
        let gauge = CoreMetrics.Gauge(label: "gauge", factory: factory)
        let recorder = Recorder(label: "recorder", factory: factory)
        let timer = CoreMetrics.Timer(label: "timer", factory: factory)
        let update = { (number: Int) in
            counter.increment(by: number)
            fractions.increment(by: 0.5)
            meter.set(number)
            gauge.record(number)
            recorder.record(number)
            timer.recordNanoseconds(Int64(number))
        }
        // The first time, the runtime makes the metadata of generics that aren't specialised.
        update(0)
        let before = allocation_count()
        for number in 0..<1000 { update(number) }
        #expect(allocation_count() - before == 0)
    }
}
