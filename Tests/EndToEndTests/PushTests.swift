import Foundation
import FoundationNetworking
import PrometheusMetrics
import TestSupport
import Testing

/// Pushing to a real Pushgateway, and textfiles as promtool reads them.
@Suite struct PushTests {
    /// The one in the documentation of ``PushTransport``.
    private struct URLSessionTransport: PushTransport {
        func send(_ request: PushRequest) async throws -> PushResponse {
            guard let url = URL(string: request.url) else { throw URLError(.badURL) }
            var message = URLRequest(url: url)
            message.httpMethod = request.method
            message.httpBody = Data(request.body)
            for (name, value) in request.headers { message.setValue(value, forHTTPHeaderField: name) }
            let (body, response) = try await URLSession.shared.data(for: message)
            guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
            return PushResponse(status: response.statusCode, body: [UInt8](body))
        }
    }

    private func group(
        _ program: PushgatewayProgram, job: String = "backup", _ grouping: [String: String] = [:]
    ) throws -> Pushgateway {
        try Pushgateway(url: program.url, job: job, grouping: grouping, transport: URLSessionTransport())
    }

    private func gauge(_ name: String, _ value: Double) -> MetricFamily {
        .gauge(name, help: "", value)
    }

    @Test func pushReplacesAddMergesAndDeleteRemoves() async throws {
        let program = try await PushgatewayProgram()
        let backup = try group(program, ["volume": "/srv"])
        let other = try group(program)
        func value(_ metric: String) throws -> Double? {
            sample("\(metric){instance=\"\",job=\"backup\",volume=\"/srv\"}", in: try program.exposition())
        }

        try await other.push([gauge("rows", 9)])
        try await backup.push([gauge("rows", 1), gauge("files", 2)])
        #expect(try value("rows") == 1)
        #expect(try value("files") == 2)

        try await backup.add([gauge("rows", 3)])
        #expect(try value("rows") == 3)
        #expect(try value("files") == 2)

        try await backup.push([gauge("rows", 4)])
        #expect(try value("rows") == 4)
        #expect(try value("files") == nil)

        try await backup.push([])
        #expect(try value("rows") == nil)
        #expect(try value("push_time_seconds") != nil)

        try await backup.delete()
        #expect(try await eventually { try program.groups() == [["job": "backup"]] })
        #expect(sample("rows{instance=\"\",job=\"backup\"}", in: try program.exposition()) == 9)
        try await backup.delete()
    }

    @Test func everyJobAndGroupingValueArrivesAsItIs() async throws {
        let program = try await PushgatewayProgram()
        let values = [
            "plain", "a/b", "/", "//", "a/", "../x", "", ".", "..", "...", "ü", "Προμηθεύς", "日本/語", "🧪", "two words",
            " ", "100%", "%2F", "%", "@base64", "a@base64", "=", "a+b", "a=b&c", "a?b#c", "host:9100", "a;b,c", "~-_.",
            "\"'<>\\^`{|}", "!$&'()*+,;=:@", "line\nfeed", "\r\t\u{7F}",
        ]
        var groups: Set<[String: String]> = []
        for (index, value) in values.enumerated() {
            let both = ["x": value, "y": "after"]
            try await group(program, both).push([gauge("rows", Double(index))])
            groups.insert(both.merging(["job": "backup"]) { $1 })
            if !value.isEmpty {
                try await group(program, job: value, ["x": "1"]).push([gauge("rows", Double(index))])
                groups.insert(["job": value, "x": "1"])
            }
        }
        #expect(try program.groups() == groups)
        let exposition = try program.exposition()
        for (index, value) in values.enumerated() {
            let escaped = value.replacing("\\", with: #"\\"#).replacing("\"", with: #"\""#)
                .replacing("\n", with: #"\n"#)
            let series = "rows{instance=\"\",job=\"backup\",x=\"\(escaped)\",y=\"after\"}"
            #expect(sample(series, in: exposition) == Double(index), "\(series)")
        }

        for labels in groups {
            try await group(program, job: labels["job"]!, labels.filter { $0.key != "job" }).delete()
        }
        #expect(try await eventually { try program.groups().isEmpty })
    }

    @Test func aWholeRegistryIsTakenBesideTheGatewaysOwnMetrics() async throws {
        let program = try await PushgatewayProgram()
        let registry = MetricsRegistry()
        try registry.register(ProcessCollector())
        try registry.counter("jobs_total", help: "a\\b\n\"c\" ü").increment(by: 2)
        let seconds = try registry.histogram("step_seconds", help: "Steps.", buckets: Buckets([0.5, 1]))
        seconds.observe(0.7)
        try await group(program).push(registry)

        let exposition = try program.exposition()
        let labels = "instance=\"\",job=\"backup\""
        #expect(sample("jobs_total{\(labels)}", in: exposition) == 2)
        #expect(sample("step_seconds_bucket{\(labels),le=\"0.5\"}", in: exposition) == 0)
        #expect(sample("step_seconds_bucket{\(labels),le=\"+Inf\"}", in: exposition) == 1)
        #expect(try #require(sample("process_resident_memory_bytes{\(labels)}", in: exposition)) > 0)
        #expect(exposition.contains(#"# HELP jobs_total a\\b\n"c" ü"#))
    }

    @Test func anInconsistentPushIsRejectedWithTheGatewaysReason() async throws {
        let program = try await PushgatewayProgram()
        try await group(program, ["zone": "a"]).push([gauge("rows_total", 1)])
        let other = try group(program, ["zone": "b"])
        try await other.push([gauge("files", 5)])
        let counter = MetricFamily.counter("rows_total", help: "", 1)

        let error = await #expect(throws: PushError.self) { try await other.push([counter]) }
        guard case .rejected(_, let message) = error else { throw try #require(error) }
        #expect(message.contains("rows_total"))
        // Nothing was replaced.
        let exposition = try program.exposition()
        #expect(sample("files{instance=\"\",job=\"backup\",zone=\"b\"}", in: exposition) == 5)
        #expect(sample("rows_total{instance=\"\",job=\"backup\",zone=\"a\"}", in: exposition) == 1)
    }

    @Test func aGatewayThatIsNotThereIsTheTransportsError() async throws {
        let gateway = try Pushgateway(url: "http://127.0.0.1:1", job: "backup", transport: URLSessionTransport())
        let error = await #expect(throws: PushError.self) { try await gateway.push([]) }
        guard case .transport(_, let cause as URLError) = error else { throw try #require(error) }
        #expect(cause.code == .cannotConnectToHost)
    }

    @Test func promtoolAcceptsATextfile() async throws {
        let registry = MetricsRegistry()
        try registry.counter("jobs_total", help: "a\\b\n\"c\" ü").increment()
        try registry.histogram("step_seconds", help: "Steps.", buckets: Buckets([0.5, 1])).observe(0.7)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).prom")
        defer { try? FileManager.default.removeItem(at: file) }
        try TextfileWriter(path: file.path).write(registry)

        let (status, printed) = try await Program.run(
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", "exec \"$0\" check metrics <\"$1\"", Program.tool("promtool").path, file.path])
        #expect(status == 0)
        #expect(printed.isEmpty, "\(printed)")
    }
}
