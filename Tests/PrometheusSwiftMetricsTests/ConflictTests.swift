import CoreMetrics
import PrometheusMetrics
import PrometheusSwiftMetrics
import Synchronization
import Testing

@Suite struct ConflictTests {
    private let registry = MetricsRegistry()
    private let conflicts = Conflicts()

    private final class Conflicts: Sendable {
        let list = Mutex<[MetricConflict]>([])
    }

    private func makeFactory(
        _ configure: @escaping @Sendable (inout MetricDefinition) -> Void = { _ in }
    ) -> PrometheusMetricsFactory {
        PrometheusMetricsFactory(
            registry, configure: configure,
            onConflict: { [conflicts] conflict in conflicts.list.withLock { $0.append(conflict) } })
    }

    @Test("A metric whose name has another type gets its kind into its name")
    func types() {
        let factory = makeFactory()
        CoreMetrics.Counter(label: "jobs", factory: factory).increment()
        Meter(label: "jobs", factory: factory).set(2)
        Recorder(label: "jobs", factory: factory).record(3)
        // That of a counter is 'lag_seconds' in OpenMetrics.
        CoreMetrics.Timer(label: "lag", factory: factory).recordSeconds(4)
        CoreMetrics.Counter(label: "lag.seconds", factory: factory).increment()
        #expect(
            registry.snapshot().map(\.name) == [
                "jobs_gauge", "jobs_recorder", "jobs_total", "lag_seconds", "lag_seconds_counter_total",
            ])
        #expect(
            outcomes() == [
                "gauge jobs": .renamed("jobs_gauge"), "recorder jobs": .renamed("jobs_recorder"),
                "counter lag.seconds": .renamed("lag_seconds_counter_total"),
            ])
        let first = conflicts.list.withLock { $0[0] }
        #expect(first.reason == .nameClash(name: "jobs", sample: "jobs", other: "jobs_total"))
        #expect(
            "\(first)" == """
                swift-metrics' gauge 'jobs': it is exposed as 'jobs_gauge', because metric 'jobs' would expose 'jobs', \
                which belongs to 'jobs_total'; PrometheusMetricsFactory can rename it
                """)
    }

    private struct Route: MetricLabels { var route: String }

    @Test("A metric that the program registered itself keeps its name")
    func registered() throws {
        let native = try registry.histogram(
            "request_seconds", help: "Requests.", labels: Route.self, buckets: .httpDuration)
        native[.init(route: "/")].observe(1)
        CoreMetrics.Timer(label: "request", dimensions: [("route", "/")], factory: makeFactory()).recordSeconds(1)
        #expect(registry.snapshot().map(\.name) == ["request_seconds", "request_timer_seconds"])
        #expect(outcomes() == ["timer request": .renamed("request_timer_seconds")])
    }

    @Test("A metric without a name that is free isn't exposed, which is told once and counted for each handler")
    func refused() throws {
        _ = try registry.gauge("x", help: "")
        _ = try registry.gauge("x_counter_total", help: "")
        let factory = makeFactory()
        for _ in 0..<2 {
            let counter = CoreMetrics.Counter(label: "x", factory: factory)
            counter.increment()
            counter.reset()
            counter.destroy()
        }
        #expect(
            samples() == [#"prometheus_client_dropped_series_total{family="x_total"} 2"#, "x 0", "x_counter_total 0"])
        #expect(outcomes() == ["counter x": .notExposed])
        #expect(conflicts.list.withLock { $0.count } == 1)
    }

    @Test("A registry whose prefix is no name exposes nothing, without stopping the program")
    func badPrefix() {
        let factory = PrometheusMetricsFactory(
            registry.subregistry(prefix: "not valid "),
            onConflict: { [conflicts] conflict in conflicts.list.withLock { $0.append(conflict) } })
        CoreMetrics.Timer(label: "x", factory: factory).recordSeconds(1)
        #expect(outcomes() == ["timer x": .notExposed])
    }

    @Test("Labels of one kind that become the same name share the metric")
    func sharedNames() {
        let factory = makeFactory()
        let one = CoreMetrics.Counter(label: "a.b", factory: factory)
        let other = CoreMetrics.Counter(label: "a-b.total", factory: factory)
        one.increment(by: 1)
        other.increment(by: 2)
        #expect(samples() == ["a_b_total 3"])
        #expect(outcomes() == ["counter a-b.total": .shared(with: "a.b")])
        one.destroy()
        #expect(samples() == ["a_b_total 3"])
        other.destroy()
        #expect(samples() == [])
    }

    @Test("Histograms with other buckets don't share a metric")
    func otherBuckets() {
        let factory = makeFactory { if $0.label == "a-b" { $0.native = .standard } }
        CoreMetrics.Timer(label: "a.b", factory: factory).recordSeconds(1)
        CoreMetrics.Timer(label: "a-b", factory: factory).recordSeconds(1)
        Recorder(label: "a_b_seconds", factory: factory).record(1)
        #expect(registry.snapshot().map(\.name) == ["a_b_recorder_seconds", "a_b_seconds", "a_b_timer_seconds"])
        #expect(
            outcomes() == [
                "timer a-b": .renamed("a_b_timer_seconds"),
                "recorder a_b_seconds": .renamed("a_b_recorder_seconds"),
            ])
    }

    @Test("A name that was given up can become another type")
    func givenUp() {
        let factory = makeFactory()
        CoreMetrics.Timer(label: "x", factory: factory).destroy()
        CoreMetrics.Gauge(label: "x_seconds", factory: factory).record(1)
        #expect(samples() == ["x_seconds 1"])
        #expect(outcomes() == [:])
    }

    @Test("Metrics can be made where conflicts are told and metrics are configured")
    func reentrancy() {
        let inner = MutexBox()
        let factory = PrometheusMetricsFactory(
            registry,
            configure: { metric in
                guard metric.label == "a" else { return }
                inner.factory.withLock { $0 }.map { Meter(label: "configured", factory: $0).increment() }
            },
            onConflict: { _ in
                inner.factory.withLock { $0 }.map { CoreMetrics.Counter(label: "conflicts", factory: $0).increment() }
            })
        inner.factory.withLock { $0 = factory }
        CoreMetrics.Counter(label: "a", factory: factory).increment()
        Meter(label: "a", factory: factory).set(1)
        #expect(samples() == ["a_gauge 1", "a_total 1", "configured 2", "conflicts_total 1"])
        inner.factory.withLock { $0 = nil }
    }

    private final class MutexBox: Sendable {
        let factory = Mutex<PrometheusMetricsFactory?>(nil)
    }

    private func outcomes() -> [String: MetricConflict.Outcome] {
        conflicts.list.withLock { list in
            Dictionary(list.map { ("\($0.kind.rawValue) \($0.label)", $0.outcome) }) { first, _ in first }
        }
    }

    private func samples() -> [String] {
        Exposition.text(registry.snapshot()).split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    }
}
