import EventHTTP
import Foundation
import TestSupport

/// The alert sink, as a program.
struct AlertSinkProgram {
    let server: ServerProgram

    init(_ arguments: [String] = [], port: UInt16 = 0) async throws {
        server = try await ServerProgram(arguments, command: "alert-sink", port: port)
    }

    var url: String { "http://127.0.0.1:\(server.port)" }

    struct Kept: Decodable {
        let received: String
        let status: String
        let groupKey: String
        let receiver: String
        let alerts: [Alert]

        struct Alert: Decodable {
            let status: String
            let labels: [String: String]
            let annotations: [String: String]
            let startsAt: String
            let endsAt: String
            let fingerprint: String
            let generatorURL: String

            var name: String? { labels["alertname"] }
        }
    }

    /// What the sink has kept, the newest first.
    func kept(_ query: String = "") throws -> [Kept] {
        struct Answer: Decodable { let notifications: [Kept] }
        return try JSONDecoder().decode(Answer.self, from: Data(get("/alerts" + query))).notifications
    }

    /// The names of the kept alerts, by notification.
    func names(_ query: String = "") throws -> [[String?]] { try kept(query).map { $0.alerts.map(\.name) } }

    var page: String { get throws { String(decoding: try get("/"), as: UTF8.self) } }

    private func get(_ target: String) throws -> [UInt8] {
        let response = try HTTPClient.get(url + target, timeout: .seconds(30))
        guard response.status == 200 else { throw TestFailure("\(target): status \(response.status)") }
        return response.body
    }

    @discardableResult
    func post(_ content: [UInt8], type: String = "application/json") throws -> (status: Int, text: String) {
        let response = try HTTPClient.send(
            .post, url + "/alerts", headers: [("Content-Type", type)], body: content, timeout: .seconds(30))
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    @discardableResult
    func post(_ alerts: [TestAlert], status: String = "firing") throws -> (status: Int, text: String) {
        try post(TestAlert.notification(alerts, status: status))
    }
}

/// An alert as Alertmanager sends it.
struct TestAlert: Encodable {
    var status = "firing"
    var labels: [String: String]
    var annotations: [String: String] = [:]
    var startsAt = "2026-01-02T03:04:05.123456789+01:00"
    var endsAt = "0001-01-01T00:00:00Z"
    var generatorURL = "http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1"
    var fingerprint: String

    init(_ name: String, status: String = "firing", labels: [String: String] = [:]) {
        self.status = status
        self.labels = labels.merging(["alertname": name]) { $1 }
        fingerprint = name
    }

    /// A notification, with the fields that the sink has no use for as well.
    static func notification(_ alerts: [TestAlert], status: String) throws -> [UInt8] {
        struct Notification: Encodable {
            let version = "4"
            let groupKey = "{}:{alertname=\"x\"}"
            let truncatedAlerts = 0
            let status: String
            let receiver = "sink"
            let groupLabels: [String: String] = [:]
            let commonLabels: [String: String] = [:]
            let commonAnnotations: [String: String] = [:]
            let externalURL = "http://alertmanager:9093"
            let alerts: [TestAlert]
        }
        return Array(try JSONEncoder().encode(Notification(status: status, alerts: alerts)))
    }
}
