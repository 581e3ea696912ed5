import EventHTTP
import Foundation
import TestSupport
import Testing

/// What a real Alertmanager makes of the sink.
@Suite(.serialized) struct AlertmanagerTests {
    @Test func deliversWhatFiresAndWhatIsResolved() async throws {
        let sink = try await AlertSinkProgram()
        let alertmanager = try await AlertmanagerProgram(sink: sink.server.port)
        try alertmanager.tell("AppDown", resolved: false)
        #expect(try await eventually { try sink.names("?alertname=AppDown&status=firing").count == 1 })
        #expect(try sink.page.contains("<h3>AppDown</h3>"))
        let notification = try #require(try sink.kept().first)
        #expect(notification.status == "firing")
        #expect(notification.receiver == "sink")
        #expect(notification.groupKey == "{}:{alertname=\"AppDown\"}")
        let alert = try #require(notification.alerts.first)
        #expect(alert.labels == ["alertname": "AppDown", "text": "<b>&"])
        #expect(alert.annotations == ["summary": "from a test"])
        #expect(alert.endsAt == "0001-01-01T00:00:00Z")
        #expect(alert.fingerprint.wholeMatch(of: #/[0-9a-f]{16}/#) != nil)

        try alertmanager.tell("AppDown", resolved: true)
        #expect(try await eventually { try sink.names("?alertname=AppDown&status=resolved").count == 1 })
        #expect(try sink.page.contains("Nothing fires."))
        #expect(try sink.server.metric("alert_sink_rejected_total") == 0)
        #expect(try sink.kept().map(\.status) == ["resolved", "firing"])
    }

    @Test func deliversOnceTheSinkIsThereAgain() async throws {
        var sink: AlertSinkProgram? = try await AlertSinkProgram()
        let port = try #require(sink?.server.port)
        let alertmanager = try await AlertmanagerProgram(sink: port)
        try alertmanager.tell("Before", resolved: false)
        #expect(try await eventually { try sink?.names("?alertname=Before").count == 1 })
        sink?.server.program.signal(SIGTERM)
        #expect(try await sink?.server.program.exitStatus() == 0)
        sink = nil
        try alertmanager.tell("Meanwhile", resolved: false)
        #expect(try await eventually { try alertmanager.failures() > 0 })
        let successor = try await AlertSinkProgram(port: port)
        #expect(try await eventually { try successor.names("?alertname=Meanwhile").count == 1 })
        #expect(try successor.names("?alertname=Before").isEmpty)
    }
}

/// A real Alertmanager, whose receiver is the sink.
private final class AlertmanagerProgram {
    private let program: Program
    private let folder: URL
    private let url: String

    init(sink: UInt16) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("alertmanager-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let configuration = folder.appendingPathComponent("alertmanager.yml")
        try """
        route: {receiver: sink, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
        receivers:
          - name: sink
            webhook_configs: [{url: "http://127.0.0.1:\(sink)/alerts"}]
        """.write(to: configuration, atomically: true, encoding: .utf8)
        let program = try Program(
            Program.tool("prometheus-alertmanager"),
            [
                "--config.file=\(configuration.path)", "--storage.path=\(folder.path)/data",
                "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=",
            ])
        self.program = program
        var address: Substring?
        let isUp = try await eventually {
            address = program.printed.firstMatch(of: #/"?Listening on"? address=(\S+)\n/#)?.1
            return address != nil
        }
        guard isUp, let address else { throw TestFailure("no Alertmanager; it printed: \(program.printed)") }
        url = "http://\(address)"
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Does what Prometheus does when an alert fires, or is resolved.
    func tell(_ name: String, resolved: Bool) throws {
        struct Alert: Encodable {
            let labels: [String: String]
            let annotations: [String: String]
            let endsAt: Date
        }
        let alert = Alert(
            labels: ["alertname": name, "text": "<b>&"], annotations: ["summary": "from a test"],
            endsAt: resolved ? .now : .now + 3600)
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        let response = try HTTPClient.send(
            .post, "\(url)/api/v2/alerts", headers: [("Content-Type", "application/json")],
            body: Array(encoder.encode([alert])), timeout: .seconds(10))
        guard response.status == 200 else {
            throw TestFailure("status \(response.status): \(String(decoding: response.body, as: UTF8.self))")
        }
    }

    /// How many deliveries have failed; a delivery is tried again and again before it counts.
    func failures() throws -> Double {
        let exposition = try HTTPClient.get("\(url)/metrics", timeout: .seconds(10)).body
        return sample(
            "alertmanager_notification_requests_failed_total{integration=\"webhook\"}",
            in: String(decoding: exposition, as: UTF8.self)) ?? 0
    }
}
