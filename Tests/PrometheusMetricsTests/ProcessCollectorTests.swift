import Glibc
import PrometheusMetrics
import Testing

@Suite struct ProcessCollectorTests {
    private func values() -> [String: Double] {
        var values: [String: Double] = [:]
        for family in ProcessCollector().collect() {
            switch family.series[0].value {
            case .counter(let value), .gauge(let value): values[family.name] = value
            default: Issue.record("\(family.name) is a \(family.type)")
            }
        }
        return values
    }

    @Test func exposesEveryStandardMetricOfLinux() throws {
        let collector = ProcessCollector()
        #expect(Set(collector.collect().map(\.name)) == Set(collector.metrics.map(\.name)))
        #expect(collector.metrics.count == 10)
    }

    @Test func valuesArePlausible() throws {
        // The kernel counts CPU time in ticks of 10 ms.
        while clock() < 30_000 {}
        let values = values()
        let now = Double(time(nil))
        #expect(try (now - 3600...now + 1).contains(#require(values["process_start_time_seconds"])))
        #expect(try #require(values["process_cpu_seconds_total"]) > 0)
        #expect(try #require(values["process_threads"]) >= 1)
        let resident = try #require(values["process_resident_memory_bytes"])
        #expect(resident > 1_000_000)
        #expect(try #require(values["process_virtual_memory_bytes"]) > resident)
    }

    @Test func openFilesAreCounted() throws {
        let before = try #require(values()["process_open_fds"])
        let descriptors = (0..<100).map { _ in dup(0) }
        let during = try #require(values()["process_open_fds"])
        for descriptor in descriptors { close(descriptor) }
        // Other tests open files meanwhile.
        #expect(abs(during - before - 100) < 50)
    }
}
