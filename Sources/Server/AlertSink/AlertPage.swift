internal import FoundationEssentials

/// The page at `/`: what fires, and what came before.
struct AlertPage {
    private let contents: AlertHistory.Contents
    private let refreshes: Bool
    private let now: Date

    /// Seconds between two looks.
    private static let refresh = 5
    /// How much is shown; all of it is at `/alerts`.
    private static let mostFiring = 200
    private static let mostNotifications = 200
    private static let mostAlerts = 10
    private static let mostLabels = 40

    init(_ contents: AlertHistory.Contents, refreshes: Bool, now: Date) {
        self.contents = contents
        self.refreshes = refreshes
        self.now = now
    }

    var html: HTML {
        let count = contents.firing.count
        return Page.html(
            title: count == 0 ? "Alerts" : "(\(count)) Alerts", refresh: refreshes ? Self.refresh : nil,
            """
            <header>
            <h1>Alerts</h1>
            <p class="quiet">\(summary)</p>
            <nav>\(refreshLink)<a href="/alerts">JSON</a><a href="/runbooks">Runbooks</a></nav>
            </header>
            <main>
            <h2>Firing</h2>
            \(firing)
            <h2>Notifications</h2>
            \(notifications)
            </main>
            """)
    }

    private var summary: HTML {
        guard let newest = contents.notifications.first else { return "No notification has come yet." }
        return "The last notification came \(age(of: newest.received)) ago. Times are UTC."
    }

    private var refreshLink: HTML {
        refreshes
            ? "<a href=\"/?refresh=off\">Stop refreshing</a>"
            : "<a href=\"/\">Refresh every \(Self.refresh) seconds</a>"
    }

    private var firing: HTML {
        guard !contents.firing.isEmpty else { return "<p class=\"quiet\">Nothing fires.</p>" }
        let sorted = contents.firing.sorted {
            (urgency($0.alert), $1.alert.startsAt, $0.alert.name, $0.alert.fingerprint)
                < (urgency($1.alert), $0.alert.startsAt, $1.alert.name, $1.alert.fingerprint)
        }
        let cards = sorted.prefix(Self.mostFiring).map(card)
        return "\(cards)\(rest(sorted.count - cards.count, "alerts that fire"))"
    }

    /// Pages first, then what can wait.
    private func urgency(_ alert: Alert) -> Int {
        switch alert.labels["severity"] {
        case "page": 0
        case "none": 2
        default: 1
        }
    }

    private func card(_ firing: AlertHistory.Firing) -> HTML {
        let alert = firing.alert
        let severity = alert.labels["severity"] ?? ""
        let started = Timestamp.date(alert.startsAt)
        let since: HTML =
            started.map { "since \(time($0)), for \(age(of: $0))" } ?? "since \(alert.startsAt)"
        return """
            <article class="alert \(styleClass(severity))">
            <span class="severity \(styleClass(severity))">\(severity)</span><h3>\(alert.name)</h3>
            <span class="quiet">\(since); last heard of \(age(of: firing.received)) ago</span>
            \(paragraph(alert.annotations["summary"]))\(paragraph(alert.annotations["description"]))
            <p>\(labels(of: alert))</p>
            \(links(of: alert))
            </article>

            """
    }

    private var notifications: HTML {
        guard !contents.notifications.isEmpty else {
            return "<p class=\"quiet\">Alertmanager posts them to /alerts of this server.</p>"
        }
        let rows = contents.notifications.prefix(Self.mostNotifications).map(row)
        return """
            <div class="scrolls"><table>
            <thead><tr><th>Received</th><th>Receiver</th><th>Alerts</th></tr></thead>
            <tbody>
            \(rows)</tbody>
            </table></div>
            \(rest(contents.notifications.count - rows.count, "notifications"))
            """
    }

    private func row(_ notification: AlertNotification) -> HTML {
        let alerts: [HTML] = notification.alerts.prefix(Self.mostAlerts).map { alert in
            let status = alert.status.rawValue
            return """
                <p><span class="status \(status)">\(status)</span> <b>\(alert.name)</b> \(labels(of: alert)) \
                \(alert.annotations["summary"] ?? "")</p>\(links(of: alert))

                """
        }
        let surplus = rest(notification.alerts.count - alerts.count, "alerts")
        return """
            <tr><td class="time">\(time(notification.received))</td><td>\(notification.receiver)</td>
            <td>\(alerts)\(surplus)</td></tr>

            """
    }

    private func rest(_ count: Int, _ things: String) -> HTML {
        count > 0 ? "<p class=\"quiet\">And \(count) more \(things): see <a href=\"/alerts\">JSON</a>.</p>" : ""
    }

    private func paragraph(_ text: String?) -> HTML { text.map { "<p>\($0)</p>\n" } ?? "" }

    private func labels(of alert: Alert) -> [HTML] {
        alert.labels.all.lazy.filter { $0.name != "alertname" && $0.name != "severity" }.prefix(Self.mostLabels)
            .map { "<span class=\"label\">\($0.name)=\"\($0.value)\"</span>" }
    }

    private func links(of alert: Alert) -> HTML {
        let links = [
            ("Runbook", alert.annotations["runbook_url"]), ("Dashboard", alert.annotations["dashboard_url"]),
            ("Expression", alert.generatorURL),
        ]
        let items: [HTML] = links.compactMap { title, url in
            guard let url, isLink(url) else { return nil }
            return "<a href=\"\(url, limit: .max)\" rel=\"noopener noreferrer\">\(title)</a>"
        }
        return items.isEmpty ? "" : "<nav>\(items)</nav>"
    }

    /// Nothing that a browser would run.
    private func isLink(_ url: String) -> Bool {
        let start = url.prefix(8).lowercased()
        return start.hasPrefix("http://") || start.hasPrefix("https://")
    }

    /// A class of the style sheet, whatever the label says.
    private func styleClass(_ severity: String) -> String { ["page", "ticket"].contains(severity) ? severity : "none" }

    /// To the second.
    private func time(_ date: Date) -> HTML {
        let text = Timestamp.text(date)
        return "<time datetime=\"\(text)\">\(String(text.prefix(19).replacing("T", with: " ")))</time>"
    }

    private func age(of date: Date) -> String {
        let seconds = Int(max(0, min(1e12, now.timeIntervalSince(date))))
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<86_400: "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        default: "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
        }
    }
}
