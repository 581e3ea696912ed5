import CoreMetrics
import PrometheusMetrics
import PrometheusSwiftMetrics
import TestSupport
import Testing

@Suite struct HandlerTests {
    private let registry = MetricsRegistry()
    private let factory: PrometheusMetricsFactory

    init() { factory = PrometheusMetricsFactory(registry, onConflict: { Issue.record("\($0)") }) }

    @Test("A counter counts whole numbers, and with a floating-point counter of its name also fractions")
    func counters() {
        let counter = CoreMetrics.Counter(label: "jobs.done", dimensions: [("queue", "mail")], factory: factory)
        counter.increment()
        counter.increment(by: 40)
        counter.increment(by: -7)
        let fractions = FloatingPointCounter(label: "jobs.done", dimensions: [("queue", "mail")], factory: factory)
        fractions.increment(by: 0.5)
        fractions.increment(by: -0.5)
        fractions.increment(by: Double.nan)
        #expect(
            text() == """
                # HELP jobs_done_total jobs.done
                # TYPE jobs_done_total counter
                jobs_done_total{queue="mail"} 41.5

                """)
    }

    @Test("A meter and a gauge of its name set the same value")
    func gauges() {
        let meter = Meter(label: "queue-length", factory: factory)
        meter.set(7)
        meter.increment(by: 2.5)
        meter.decrement()
        #expect(samples() == ["queue_length 8.5"])
        let gauge = CoreMetrics.Gauge(label: "queue-length", factory: factory)
        gauge.record(-3)
        #expect(samples() == ["queue_length -3"])
        gauge.record(0.25)
        #expect(samples() == ["queue_length 0.25"])
        meter.set(0.5)
        #expect(samples() == ["queue_length 0.5"])
    }

    @Test("A recorder that aggregates is a histogram")
    func recorders() {
        let recorder = Recorder(label: "batch.size", factory: factory)
        recorder.record(3)
        recorder.record(75.5)
        #expect(
            text() == """
                # HELP batch_size batch.size
                # TYPE batch_size histogram
                batch_size_bucket{le="0.0"} 0
                batch_size_bucket{le="5.0"} 1
                batch_size_bucket{le="10.0"} 1
                batch_size_bucket{le="25.0"} 1
                batch_size_bucket{le="50.0"} 1
                batch_size_bucket{le="75.0"} 1
                batch_size_bucket{le="100.0"} 2
                batch_size_bucket{le="250.0"} 2
                batch_size_bucket{le="500.0"} 2
                batch_size_bucket{le="750.0"} 2
                batch_size_bucket{le="1000.0"} 2
                batch_size_bucket{le="2500.0"} 2
                batch_size_bucket{le="5000.0"} 2
                batch_size_bucket{le="7500.0"} 2
                batch_size_bucket{le="10000.0"} 2
                batch_size_bucket{le="+Inf"} 2
                batch_size_sum 78.5
                batch_size_count 2

                """)
    }

    @Test(
        "A timer is a histogram of seconds, whatever unit it prefers", arguments: [.nanoseconds, .days] as [TimeUnit])
    func timers(unit: TimeUnit) {
        let timer = CoreMetrics.Timer(label: "request.duration", preferredDisplayUnit: unit, factory: factory)
        timer.recordMilliseconds(30)
        timer.recordSeconds(2)
        timer.recordNanoseconds(-5)
        let family = registry.snapshot()[0]
        #expect(family.name == "request_duration_seconds")
        #expect(family.unit == "seconds")
        #expect(samples().suffix(2) == ["request_duration_seconds_sum 2.03", "request_duration_seconds_count 3"])
        #expect(samples().contains(#"request_duration_seconds_bucket{le="0.05"} 2"#))
    }

    @Test("Resetting a counter resets it for all its handlers, and tells since when it counts")
    func reset() async throws {
        let counter = CoreMetrics.Counter(label: "jobs", factory: factory)
        let same = FloatingPointCounter(label: "jobs", factory: factory)
        counter.increment(by: 3)
        same.increment(by: 0.5)
        let created = try #require(registry.snapshot()[0].series[0].created)
        // In whole milliseconds.
        let isLater = try await eventually {
            same.reset()
            return registry.snapshot()[0].series[0].created != created
        }
        #expect(isLater)
        #expect(samples() == ["jobs_total 0"])
        counter.increment()
        #expect(samples() == ["jobs_total 1"])
    }

    @Test("Handlers of the same label and dimensions, in any order, share a series")
    func sharing() {
        let dimensions = [("a", "1"), ("b", "2"), ("empty", "")]
        for dimensions in [dimensions, dimensions.reversed(), dimensions.dropLast()] {
            CoreMetrics.Counter(label: "x", dimensions: dimensions, factory: factory).increment()
        }
        #expect(samples() == [#"x_total{a="1",b="2"} 3"#])
    }

    @Test("A series goes with the last handler that is destroyed, and comes back at 0")
    func destroying() {
        let one = CoreMetrics.Counter(label: "x", factory: factory)
        let other = CoreMetrics.Counter(label: "x", factory: factory)
        one.increment(by: 2)
        one.destroy()
        #expect(samples() == ["x_total 2"])
        // A second time means nothing.
        one.destroy()
        other.increment()
        #expect(samples() == ["x_total 3"])
        other.destroy()
        #expect(text() == "")
        // Too late, but harmless.
        other.increment()
        #expect(text() == "")
        let next = CoreMetrics.Counter(label: "x", factory: factory)
        #expect(samples() == ["x_total 0"])
        other.destroy()
        #expect(samples() == ["x_total 0"])
        next.increment()
        #expect(samples() == ["x_total 1"])
    }

    @Test("Every kind of handler can be destroyed")
    func destroyingAll() {
        let counter = FloatingPointCounter(label: "counter", factory: factory)
        let meter = Meter(label: "meter", factory: factory)
        let gauge = CoreMetrics.Gauge(label: "gauge", factory: factory)
        let recorder = Recorder(label: "recorder", factory: factory)
        let timer = CoreMetrics.Timer(label: "timer", factory: factory)
        let names = { registry.snapshot().map(\.name) }
        #expect(names() == ["counter_total", "gauge", "meter", "recorder", "timer_seconds"])
        counter.destroy()
        #expect(names() == ["gauge", "meter", "recorder", "timer_seconds"])
        meter.destroy()
        #expect(names() == ["gauge", "recorder", "timer_seconds"])
        gauge.destroy()
        #expect(names() == ["recorder", "timer_seconds"])
        recorder.destroy()
        #expect(names() == ["timer_seconds"])
        timer.destroy()
        #expect(names() == [])
    }

    @Test("Destroying one series leaves the others, and the name with the last one")
    func destroyingOfSeveral() throws {
        let mail = Meter(label: "queue", dimensions: [("name", "mail")], factory: factory)
        let news = Meter(label: "queue", dimensions: [("name", "news")], factory: factory)
        mail.destroy()
        #expect(samples() == [#"queue{name="news"} 0"#])
        #expect(throws: RegistrationError.self) { try registry.counter("queue_total", help: "Queues.") }
        news.destroy()
        _ = try registry.counter("queue_total", help: "Queues.")
    }

    @Test("A handler that is let go without being destroyed leaves its series, until another one is destroyed")
    func lettingGo() {
        for _ in 0..<3 { CoreMetrics.Counter(label: "x", factory: factory).increment() }
        #expect(samples() == ["x_total 3"])
        CoreMetrics.Counter(label: "x", factory: factory).destroy()
        #expect(text() == "")
    }

    @Test("Series of one metric may have different labels")
    func differentLabels() {
        for dimensions in [[], [("a", "1")], [("b", "2")], [("a", "1"), ("b", "2")]] {
            Meter(label: "x", dimensions: dimensions, factory: factory).increment()
        }
        #expect(
            text() == """
                # HELP x x
                # TYPE x gauge
                x 1
                x{a="1"} 1
                x{a="1",b="2"} 1
                x{b="2"} 1

                """)
    }

    @Test("Series beyond a metric's limit share one, which can't be reset or destroyed by one of them")
    func limit() {
        let factory = PrometheusMetricsFactory(registry) { $0.limit = 2 }
        let counters = (0..<4).map {
            CoreMetrics.Counter(label: "x", dimensions: [("n", "\($0)")], factory: factory)
        }
        for counter in counters { counter.increment() }
        counters[2].reset()
        counters[3].destroy()
        let expected = [
            #"prometheus_client_dropped_series_total{family="x_total"} 2"#,
            #"x_total{n="0"} 1"#,
            #"x_total{n="1"} 1"#,
            #"x_total{otel_metric_overflow="true"} 2"#,
        ]
        #expect(samples() == expected)
        counters[0].destroy()
        counters[1].destroy()
        #expect(samples() == [expected[0], expected[3]])
        CoreMetrics.Counter(label: "x", dimensions: [("n", "4")], factory: factory).increment()
        #expect(samples() == [expected[0], #"x_total{n="4"} 1"#, expected[3]])
    }

    @Test("Handlers of another factory aren't destroyed")
    func foreignHandlers() {
        factory.destroyCounter(NOOPMetricsHandler.instance)
        factory.destroyTimer(NOOPMetricsHandler.instance)
    }

    private func text() -> String { Exposition.text(registry.snapshot()) }

    private func samples() -> [String] { text().split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init) }
}
