internal import FoundationEssentials

/// A notification of Alertmanager's webhook, in the fields that are kept of it.
/// See https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, version 4.
struct AlertNotification: Codable, Sendable {
    /// When it was decoded.
    let received: Date
    let status: AlertStatus
    let groupKey: String
    let receiver: String
    let alerts: [Alert]

    private static let version = "4"

    private enum CodingKeys: String, CodingKey {
        case version, received, status, groupKey, receiver, alerts
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let version = try container.decode(String.self, forKey: .version)
        guard version == Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: container, debugDescription: "is '\(version)', not '\(Self.version)'")
        }
        received = .now
        status = try container.decode(AlertStatus.self, forKey: .status)
        groupKey = try container.decode(String.self, forKey: .groupKey)
        receiver = try container.decode(String.self, forKey: .receiver)
        alerts = try container.decode([Alert].self, forKey: .alerts)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Timestamp.text(received), forKey: .received)
        try container.encode(status, forKey: .status)
        try container.encode(groupKey, forKey: .groupKey)
        try container.encode(receiver, forKey: .receiver)
        try container.encode(alerts, forKey: .alerts)
    }

    private init(_ other: AlertNotification, alerts: [Alert]) {
        received = other.received
        status = other.status
        groupKey = other.groupKey
        receiver = other.receiver
        self.alerts = alerts
    }

    /// The notification with those of its alerts for which this holds; `nil` when there are none.
    func keeping(_ isKept: (Alert) -> Bool) -> AlertNotification? {
        let kept = alerts.filter(isKept)
        return kept.isEmpty ? nil : AlertNotification(self, alerts: kept)
    }

    /// About as many bytes as it takes in memory.
    var size: Int { 256 + groupKey.utf8.count + receiver.utf8.count + alerts.reduce(0) { $0 + $1.size } }
}

/// One alert, as a notification tells of it.
struct Alert: Codable, Sendable {
    let status: AlertStatus
    let labels: AlertFields
    let annotations: AlertFields
    let startsAt: String
    /// Long ago while the alert fires.
    let endsAt: String
    /// The same for as long as the labels are.
    let fingerprint: String
    let generatorURL: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        status = try container.decode(AlertStatus.self, forKey: .status)
        labels = try container.decode(AlertFields.self, forKey: .labels)
        annotations = try container.decodeIfPresent(AlertFields.self, forKey: .annotations) ?? AlertFields()
        startsAt = try container.decode(String.self, forKey: .startsAt)
        endsAt = try container.decodeIfPresent(String.self, forKey: .endsAt) ?? ""
        fingerprint = try container.decode(String.self, forKey: .fingerprint)
        generatorURL = try container.decodeIfPresent(String.self, forKey: .generatorURL) ?? ""
    }

    var name: String { labels["alertname"] ?? "" }

    var size: Int {
        256 + labels.size + annotations.size + startsAt.utf8.count + endsAt.utf8.count + fingerprint.utf8.count
            + generatorURL.utf8.count
    }
}

enum AlertStatus: String, Codable, CaseIterable, Sendable {
    case firing, resolved

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let status = AlertStatus(rawValue: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "is '\(text)', neither 'firing' nor 'resolved'")
        }
        self = status
    }
}

/// Labels or annotations, by name.
struct AlertFields: Codable, Sendable {
    let all: [(name: String, value: String)]

    init() { all = [] }

    init(from decoder: any Decoder) throws {
        all = try decoder.singleValueContainer().decode([String: String].self).sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.value) }))
    }

    subscript(_ name: String) -> String? { all.first { $0.name == name }?.value }

    var size: Int { all.reduce(0) { $0 + 64 + $1.name.utf8.count + $1.value.utf8.count } }
}

/// Times as RFC 3339 writes them, in UTC.
enum Timestamp {
    private static let milliseconds = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    static func text(_ date: Date) -> String { date.formatted(milliseconds) }

    static func date(_ text: String) -> Date? { try? milliseconds.parse(text) }
}
