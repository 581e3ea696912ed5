import AllocationCounting
import CoreMetrics
import Dispatch
import Foundation
import PrometheusMetrics
import PrometheusMetricsTesting
import PrometheusSwiftMetrics
import Synchronization
import Testing

@Suite struct ConcurrencyTests {
    @Test("Handlers can be made, updated and destroyed by many threads while another scrapes")
    func racing() throws {
        let registry = MetricsRegistry()
        // The names race too: who comes first gets 'x', and the other one another name.
        let factory = PrometheusMetricsFactory(registry, configure: { $0.limit = 3 }, onConflict: { _ in })
        let kept = CoreMetrics.Counter(label: "kept", factory: factory)
        let workers = 4
        let rounds = 500
        let running = Atomic(workers)
        let scrapes = Mutex(0)
        let error = Mutex<(any Error)?>(nil)
        onThreads(workers + 1) { worker in
            if worker == workers {
                while running.load(ordering: .relaxed) > 0 {
                    do {
                        // Which refuses series that come twice, and histograms that are torn.
                        _ = try ParsedExposition(openMetrics: Exposition.text(registry.snapshot(), as: .openMetrics))
                    } catch let caught {
                        error.withLock { $0 = caught }
                    }
                    scrapes.withLock { $0 += 1 }
                }
                return
            }
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
            running.wrappingSubtract(1, ordering: .relaxed)
        }
        kept.increment()
        #expect(registry.value(of: "kept_total") == Double(workers * rounds + 1))
        #expect(scrapes.withLock { $0 } > 1)
        try error.withLock { if let error = $0 { throw error } }
    }

    /// Runs `body` on as many threads at once, even where there are fewer cores.
    private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let finished = DispatchSemaphore(value: 0)
        for number in 0..<count {
            Thread.detachNewThread {
                body(number)
                finished.signal()
            }
        }
        for _ in 0..<count { finished.wait() }
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
