import AllocationCounting
import PrometheusMetrics
import Testing

@Suite(.enabled("a sanitizer has an allocator of its own") { counts_allocations() })
struct AllocationTests {
    @Test("Updating a counter, a gauge or a histogram allocates nothing")
    func updates() throws {
        let registry = MetricsRegistry()
        let counter = try registry.counter("operations_total", help: "Operations.")
        let gauge = try registry.gauge("level", help: "Level.")
        let histogram = try registry.histogram("duration_seconds", help: "Durations.", buckets: .httpDuration)
        let native = try registry.histogram("size_bytes", help: "Sizes.", buckets: .none, native: .standard)
        let family = try registry.counter("labelled_total", help: "Labelled.", labels: Labels.self)
        func update() {
            for number in 0..<1000 {
                counter.increment()
                counter.increment(by: 3)
                counter.increment(by: 0.5)
                gauge.set(to: Double(number))
                gauge.increment(by: 0.5)
                gauge.decrement()
                histogram.observe(Double(number) / 50)
                native.observe(Double(number) / 50)
                family[.init(route: "/orders", status: 200)].increment()
            }
        }
        // The first time, native buckets are made, and labels remembered.
        update()
        #expect(allocations(update) == 0)
    }

    private struct Labels: MetricLabels {
        var route: String
        var status: Int
    }

    @Test("Allocations are counted")
    func counted() {
        var kept: [[Int]] = []
        kept.reserveCapacity(10)
        #expect(allocations { for number in 0..<10 { kept.append([number]) } } == 10)
        #expect(kept.count == 10)
    }

    private func allocations(_ body: () -> Void) -> UInt64 {
        let before = allocation_count()
        body()
        return allocation_count() - before
    }
}
