internal import EventHTTP
internal import FoundationEssentials
internal import Logging
internal import PrometheusMetrics

/// The alert sink at a glance: its routes.
struct AlertReceiver {
    let router: Router

    init(registry: MetricsRegistry, logger: Logger, history: AlertHistory, runbooks: Runbooks) throws {
        let metrics = try AlertSinkMetrics(registry)
        var router = Router()
        router.get("/") { request in
            let refreshes = request.queryValues("refresh").last != "off"
            return .page(AlertPage(history.contents, refreshes: refreshes, now: .now).html)
        }
        router.on(.post, "/alerts", expecting: [.ok, .badRequest]) { request in
            let content = request.body
            do {
                let notification = try await offLoop { try AlertNotification(json: content) }
                history.add(notification)
                metrics.count(notification)
                logger.info("notification", metadata: notification.logMetadata)
                return .text("OK\n")
            } catch {
                metrics.rejected.increment()
                logger.warning(
                    "not a notification", metadata: ["problem": "\(error)", "from": "\(request.remoteAddress)"])
                return .text("Not a notification: \(error)\n", status: .badRequest)
            }
        }
        router.get("/alerts", expecting: [.ok, .badRequest]) { request in
            let name = request.queryValues("alertname").last
            let status = request.queryValues("status").last
            guard status == nil || status.flatMap(AlertStatus.init) != nil else {
                return .text("the status is 'firing' or 'resolved'\n", status: .badRequest)
            }
            var notifications = history.contents.notifications
            if name != nil || status != nil {
                notifications = notifications.compactMap {
                    $0.keeping { ($0.name == name ?? $0.name) && ($0.status.rawValue == status ?? $0.status.rawValue) }
                }
            }
            return try await offLoop { [notifications] in try .json(["notifications": notifications]) }
        }
        router.get("/runbooks") { _ in .page(RunbookPage.list(of: runbooks)) }
        router.get("/runbooks/{name}", expecting: [.ok, .notFound]) { request in
            let name = request.parameters["name"] ?? ""
            guard let markdown = runbooks[name] else {
                return .page(RunbookPage.list(of: runbooks, lacking: name), status: .notFound)
            }
            // Browsers would save Markdown rather than show it.
            let isBrowser = request.headerValues("Accept").contains { $0.contains("text/html") }
            var response: Response =
                isBrowser
                ? .page(RunbookPage.text(markdown, named: name))
                : Response(contentType: "text/markdown; charset=utf-8", body: .string(markdown))
            response.headers = [("Vary", "Accept")]
            return response
        }
        self.router = router
    }
}

/// A MiB of JSON that is meant ill takes half a second, for which the loop's other connections shouldn't wait.
private func offLoop<Result: Sendable>(_ work: @Sendable () throws -> Result) async throws -> Result {
    try await withTaskExecutorPreference(globalConcurrentExecutor) { try work() }
}

extension AlertNotification {
    /// What the log tells of it: how many alerts, and the first of their names.
    fileprivate var logMetadata: Logger.Metadata {
        let names = Set(alerts.lazy.map(\.name)).sorted().prefix(5).map { String($0.unicodeScalars.prefix(100)) }
        let firing = alerts.count { $0.status == .firing }
        return [
            "status": "\(status.rawValue)", "alerts": "\(LogText.escaped(names.joined(separator: ",")))",
            "firing": "\(firing)", "resolved": "\(alerts.count - firing)",
            "receiver": "\(LogText.escaped(String(receiver.unicodeScalars.prefix(100))))",
        ]
    }
}

extension Response {
    fileprivate static func page(_ html: HTML, status: HTTPStatus = .ok) -> Response {
        Response(
            status: status, contentType: "text/html; charset=utf-8", headers: [("Cache-Control", "no-store")],
            body: .string(html.text))
    }

    fileprivate static func json(_ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            contentType: "application/json", headers: [("Cache-Control", "no-store")],
            body: .bytes(Array(try encoder.encode(value))))
    }
}
