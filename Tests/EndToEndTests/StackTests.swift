import Foundation
import TestSupport
import Testing

/// The server, scraped by a real Prometheus with the stack's own configuration, and the dashboards' questions to it.
@Suite struct StackTests {
    @Test func prometheusCountsExactlyWhatWasSentAndEveryPanelHasAnAnswer() async throws {
        let server = try await ServerProgram(["--work-min", "5ms", "--work-max", "20ms"])
        let prometheus = try await PrometheusProgram(app: server.port)
        let expressions = try Dashboard.all().flatMap(\.expressions)
        let ofTheApplication = try Dashboard.all().filter(\.asksTheApplicationAlone).flatMap(\.expressions)
        try #require(ofTheApplication.count >= 6)

        func scrapes() throws -> Double { try prometheus.value("count_over_time(up{job=\"app\"}[10m])") ?? 0 }
        func waitForScrapes(_ count: Double) async throws {
            let target = try scrapes() + count
            #expect(try await eventually(within: .seconds(60)) { try scrapes() >= target })
        }

        // Cold: nothing may fail, whatever is missing.
        for expression in expressions { _ = try prometheus.query(expression) }

        #expect(try await eventually(within: .seconds(60)) { try prometheus.value("up{job=\"app\"}") == 1 })
        try await waitForScrapes(3)
        // Idle: the same; and what counts from the start does so at 0.
        for expression in expressions { _ = try prometheus.query(expression) }
        #expect(try prometheus.value("app_request_count_total") == 0)
        #expect(try prometheus.value("app_error_count_total") == 0)

        var requests = 0
        var errors = 0
        let client = try RawConnection(port: server.port)
        let enough = try scrapes() + 4
        while try scrapes() < enough {
            for _ in 0..<10 {
                #expect(try client.request("/").status == 200)
                requests += 1
            }
            #expect(try client.request("/error").status == 500)
            requests += 1
            errors += 1
        }
        try await waitForScrapes(2)

        #expect(try prometheus.value("app_request_count_total") == Double(requests))
        #expect(try prometheus.value("app_error_count_total") == Double(errors))
        #expect(try prometheus.value("app_request_latency_seconds_count") == Double(requests))
        let byRoute = "http_server_request_duration_seconds_count{http_route=\"/\",http_response_status_code=\"200\"}"
        #expect(try prometheus.value(byRoute) == Double(requests - errors))

        for expression in ofTheApplication {
            let samples = try prometheus.query(expression)
            #expect(!samples.isEmpty, "no data: \(expression)")
            for sample in samples { #expect(sample.value.isFinite, "\(sample.value): \(expression)") }
        }
        #expect(try prometheus.value("rate(app_request_count_total[1m])") ?? 0 > 0)
    }

    @Test func theLabsOwnQuestionsAreAsked() throws {
        let expressions = try Dashboard.all().flatMap(\.panels).flatMap { $0.targets ?? [] }.map(\.expr)
        #expect(expressions.contains("rate(app_request_count_total[1m])"))
        #expect(
            expressions.contains(
                "rate(app_request_latency_seconds_sum[1m]) / rate(app_request_latency_seconds_count[1m])"))
    }

    @Test func promtoolAcceptsTheConfiguration() async throws {
        let (status, printed) = try await Program.run(
            Program.tool("promtool"),
            ["check", "config", Program.root.appendingPathComponent("compose/prometheus/prometheus.yml").path])
        #expect(status == 0, "\(printed)")
    }
}
