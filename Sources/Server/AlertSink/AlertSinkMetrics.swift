internal import FoundationEssentials
internal import PrometheusMetrics

/// What the sink counts.
struct AlertSinkMetrics {
    private let notifications: [AlertStatus: Counter]
    private let alerts: [AlertStatus: Counter]
    private let lastNotification: Gauge
    let rejected: Counter

    private struct StatusLabels: MetricLabels { let status: String }

    init(_ registry: MetricsRegistry) throws {
        let notifications = try registry.counter(
            "alert_sink_notifications_total", help: "Notifications received, by the status of their group.",
            labels: StatusLabels.self)
        let alerts = try registry.counter(
            "alert_sink_alerts_total", help: "Alerts in the notifications received, by their status.",
            labels: StatusLabels.self)
        func counters(_ family: CounterFamily<StatusLabels>) -> [AlertStatus: Counter] {
            Dictionary(
                uniqueKeysWithValues: AlertStatus.allCases.map { ($0, family[StatusLabels(status: $0.rawValue)]) })
        }
        self.notifications = counters(notifications)
        self.alerts = counters(alerts)
        lastNotification = try registry.gauge(
            "alert_sink_last_notification_timestamp_seconds",
            help: "When the last notification was received, in Unix time; 0 before the first.", unit: "seconds")
        rejected = try registry.counter(
            "alert_sink_rejected_total", help: "Posts to /alerts that were no notification, answered with 400.")
    }

    func count(_ notification: AlertNotification) {
        for alert in notification.alerts { alerts[alert.status]?.increment() }
        notifications[notification.status]?.increment()
        lastNotification.set(to: notification.received.timeIntervalSince1970)
    }
}
