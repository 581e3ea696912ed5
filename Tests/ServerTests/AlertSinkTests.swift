import EventHTTP
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct AlertSinkTests {
    /// The names of the alerts that fire by the page, from the top.
    private func headings(_ page: String) -> [String] {
        page.matches(of: #/<h3>(.*?)<\/h3>/#).map { String($0.1) }
    }

    @Test func everyKnownSeriesIsThereBeforeTheFirstNotification() async throws {
        let sink = try await AlertSinkProgram()
        let exposition = try RawConnection(port: sink.server.port).request("/metrics").body
        var known = [
            "alert_sink_rejected_total", "alert_sink_last_notification_timestamp_seconds",
            "event_loop_accept_failures_total{loop=\"0\"}",
        ]
        for status in ["firing", "resolved"] {
            known += ["notifications", "alerts"].map { "alert_sink_\($0)_total{status=\"\(status)\"}" }
        }
        for (method, status) in [("POST", 200), ("POST", 400), ("GET", 200)] {
            known.append(
                "http_server_request_duration_seconds_count{http_request_method=\"\(method)\","
                    + "http_response_status_code=\"\(status)\",http_route=\"/alerts\"}")
        }
        for series in known { #expect(exposition.contains("\n\(series) 0\n"), "\(series)") }
        #expect(try #require(try sink.server.metric("process_start_time_seconds")) > 1e9)
        #expect(!exposition.contains("\napp_"))
        let connection = try RawConnection(port: sink.server.port)
        for path in ["/healthz", "/readyz"] { #expect(try connection.request(path).status == 200) }
        #expect(try sink.kept().isEmpty)
        #expect(try sink.page.contains("Nothing fires."))
    }

    @Test func keepsAndCountsWhatArrives() async throws {
        let sink = try await AlertSinkProgram()
        var alert = TestAlert("AppDown", labels: ["job": "app", "severity": "page"])
        alert.annotations = ["summary": "No replica of app answers."]
        #expect(try sink.post([alert, TestAlert("Watchdog")]) == (200, "OK\n"))
        var resolved = alert
        resolved.status = "resolved"
        resolved.endsAt = "2026-01-02T03:14:05Z"
        // Whatever its sender calls it.
        let content = try TestAlert.notification([resolved], status: "resolved")
        #expect(try sink.post(content, type: "application/x-www-form-urlencoded").status == 200)

        let kept = try sink.kept()
        #expect(kept.map(\.status) == ["resolved", "firing"])
        #expect(kept.allSatisfy { $0.groupKey == "{}:{alertname=\"x\"}" && $0.receiver == "sink" })
        for notification in kept {
            #expect(notification.received.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#) != nil)
        }
        let newest = try #require(kept.first?.alerts.first)
        #expect(newest.status == "resolved")
        #expect(newest.labels == alert.labels)
        #expect(newest.annotations == alert.annotations)
        #expect(newest.startsAt == alert.startsAt)
        #expect(newest.endsAt == resolved.endsAt)
        #expect(newest.fingerprint == alert.fingerprint)
        #expect(newest.generatorURL == alert.generatorURL)

        #expect(try sink.names("?status=firing") == [["AppDown", "Watchdog"]])
        #expect(try sink.names("?alertname=AppDown") == [["AppDown"], ["AppDown"]])
        #expect(try sink.names("?alertname=AppDown&status=resolved") == [["AppDown"]])
        #expect(try sink.names("?alertname=Nothing").isEmpty)
        #expect(try RawConnection(port: sink.server.port).request("/alerts?status=on").status == 400)

        #expect(try sink.server.metric("alert_sink_notifications_total{status=\"firing\"}") == 1)
        #expect(try sink.server.metric("alert_sink_notifications_total{status=\"resolved\"}") == 1)
        #expect(try sink.server.metric("alert_sink_alerts_total{status=\"firing\"}") == 2)
        #expect(try sink.server.metric("alert_sink_alerts_total{status=\"resolved\"}") == 1)
        let last = try #require(try sink.server.metric("alert_sink_last_notification_timestamp_seconds"))
        #expect(abs(last - Date.now.timeIntervalSince1970) < 60)
        let lines = sink.server.program.printed.split(separator: "\n").filter { $0.contains("notification") }
        try #require(lines.count == 2)
        #expect(lines[0].contains("alerts=AppDown,Watchdog firing=2 receiver=sink resolved=0 status=firing"))
    }

    @Test func thePageShowsOnTopWhatFiresNow() async throws {
        let sink = try await AlertSinkProgram()
        var ticket = TestAlert("DiskFills", labels: ["severity": "ticket"])
        ticket.annotations = ["description": "One line\nand another", "dashboard_url": "http://127.0.0.1:3000/d/x?a&b"]
        try sink.post([TestAlert("Watchdog", labels: ["severity": "none"]), ticket])
        try sink.post([TestAlert("AppDown", labels: ["severity": "page"])])
        let page = try sink.page
        #expect(page.contains("<title>(3) Alerts</title>"))
        #expect(headings(page) == ["AppDown", "DiskFills", "Watchdog"])
        #expect(page.contains("<a href=\"http://127.0.0.1:3000/d/x?a&amp;b\" rel="))
        #expect(page.contains("One line\nand another"))
        #expect(page.contains("2026-01-02 02:04:05"))
        #expect(page.contains("<meta http-equiv=\"refresh\""))
        let still = try RawConnection(port: sink.server.port).request("/?refresh=off")
        #expect(!still.body.contains("http-equiv"))
        #expect(still.header("Content-Type") == "text/html; charset=utf-8")
        #expect(try #require(still.header("Content-Security-Policy")).contains("default-src 'none'"))

        try sink.post([TestAlert("AppDown", status: "resolved"), ticket], status: "firing")
        let later = try sink.page
        #expect(headings(later) == ["DiskFills", "Watchdog"])
        #expect(later.contains("resolved"))
    }

    /// What an alert says never becomes markup: the page has the same tags and attributes, whatever it is.
    @Test func whatAnAlertSaysIsNoMarkup() async throws {
        let sink = try await AlertSinkProgram(["--keep", "1"])
        func markup(_ text: String) throws -> String {
            var alert = TestAlert("Name\(text)", labels: ["severity": text, "z\(text)": text])
            alert.annotations = ["summary": text, "description": text, "runbook_url": "http://x/\(text)"]
            alert.generatorURL = "https://x/\(text)"
            alert.startsAt = text
            alert.fingerprint = "the same"
            #expect(try sink.post([alert]).status == 200)
            let page = try sink.page.unicodeScalars
            #expect(!page.contains { $0.properties.generalCategory == .control && $0 != "\n" })
            return String(String.UnicodeScalarView(page.filter { "<>\"'".unicodeScalars.contains($0) }))
        }
        let expected = try markup("harmless")
        for text in [
            "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "</style><b>",
            "<!--", "&lt;b&gt;&#60;b>", "]]>", "\u{0}\u{1b}[31m\r\n", "\u{202E}evil", "e\u{301}<\u{301}script>",
        ] {
            #expect(try markup(text) == expected, "\(text)")
        }
    }

    @Test func onlyWebAddressesBecomeLinks() async throws {
        let sink = try await AlertSinkProgram()
        var alert = TestAlert("Linked")
        for url in ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//evil", " http://x", "x:y", ""]
        {
            alert.annotations = ["runbook_url": url, "dashboard_url": url]
            alert.generatorURL = url
            try sink.post([alert])
            #expect(try !sink.page.contains("rel="), "\(url)")
        }
        alert.generatorURL = "HTTPS://prometheus/"
        try sink.post([alert])
        #expect(try sink.page.contains("<a href=\"HTTPS://prometheus/\" rel="))
    }

    @Test func contentThatIsNoNotificationIsRefusedAndCounted() async throws {
        let sink = try await AlertSinkProgram()
        func notification(_ alert: String) -> String {
            "{\"version\":\"4\",\"status\":\"firing\",\"groupKey\":\"\",\"receiver\":\"\",\"alerts\":[\(alert)]}"
        }
        let nested = String(repeating: "[", count: 200_000)
        let refused: [(content: [UInt8], problem: String)] = [
            ([], "no content"), (Array("{".utf8), "JSON"), (Array("[]".utf8), "array"), (Array("null".utf8), "null"),
            (Array("{}".utf8), "version is missing"), (Array("{\"version\":4}".utf8), "version: "),
            (Array("{\"version\":\"3\"}".utf8), "version: is '3', not '4'"),
            (Array("{\"version\":\"\(String(repeating: "9", count: 10_000))\"}".utf8), "version: is '999"),
            (Array("{\"version\":\"4\",\"status\":\"on\"}".utf8), "status: is 'on', neither 'firing' nor 'resolved'"),
            (Array("{\"version\":\"4\u{1b}[31m\"}".utf8), "JSON"),
            (Array("{\"version\":\"\\u001b[31m\"}".utf8), "version: is '\\u{1b}[31m', not '4'"),
            (Array("{\"version\":\"".utf8) + [0xff, 0xfe] + Array("\"}".utf8), "isn't UTF-8"),
            (Array(nested.utf8), "JSON"), (Array(notification(nested).utf8), "JSON"),
            (Array(notification("7").utf8), "alerts[0]: "),
            (Array(notification("{}").utf8), "alerts[0].status is missing"),
            (Array(notification("{\"status\":\"firing\",\"labels\":[]}").utf8), "alerts[0].labels: "),
            (Array(notification("{\"status\":\"firing\",\"labels\":null}").utf8), "alerts[0].labels: "),
            (
                Array(notification("{\"status\":\"firing\",\"labels\":{\"a\":{\"b\":1}}}").utf8),
                "alerts[0].labels.a: Expected to decode String"
            ),
            (Array("<html>".utf8), "JSON"), (Array("alerts=1".utf8), "JSON"),
        ]
        for (content, problem) in refused {
            let answer = try sink.post(content)
            #expect(answer.status == 400)
            #expect(answer.text.hasPrefix("Not a notification: "))
            #expect(answer.text.contains(problem), "\(answer.text)")
            #expect(answer.text.utf8.count < 500 && answer.text.split(separator: "\n").count == 1)
        }
        #expect(try sink.server.metric("alert_sink_rejected_total") == Double(refused.count))
        #expect(try sink.kept().isEmpty)
        #expect(!sink.server.program.printed.contains("\u{1b}"))
        // Too large for the gate: not even read.
        #expect(try sink.post([UInt8](repeating: UInt8(ascii: " "), count: 2 << 20)).status == 413)
        #expect(try sink.post([TestAlert("Fine")]).status == 200)
    }

    @Test func theNewestNotificationsAreKept() async throws {
        let sink = try await AlertSinkProgram(["--keep", "3"])
        try sink.post([TestAlert("Steady")])
        for number in 0..<5 { try sink.post([TestAlert("Alert\(number)", status: "resolved")], status: "resolved") }
        #expect(try sink.names() == [["Alert4"], ["Alert3"], ["Alert2"]])
        // It still fires, though the notification that said so has made room.
        #expect(try sink.page.contains("<h3>Steady</h3>"))
        try sink.post([TestAlert("Steady", status: "resolved")], status: "resolved")
        #expect(try sink.page.contains("Nothing fires."))
    }

    @Test func memoryIsBoundedByBytes() async throws {
        let sink = try await AlertSinkProgram(["--keep-bytes", "1MiB"])
        let text = String(repeating: "x", count: 300_000)
        for number in 0..<10 {
            try sink.post([TestAlert("Alert\(number)", labels: ["text": text])])
        }
        #expect(try sink.names() == [["Alert9"], ["Alert8"], ["Alert7"]])
        #expect(Set(try headings(sink.page)) == ["Alert9", "Alert8", "Alert7"])
        // More alone than may be kept altogether: the newest is kept in any case.
        try sink.post((0..<2500).map { TestAlert("Many\($0)") })
        #expect(try sink.kept().count == 1)
        #expect(try sink.page.utf8.count < 2 << 20)
    }

    @Test func aPageOfManyAlertsSaysWhatItLeavesOut() async throws {
        let sink = try await AlertSinkProgram()
        try sink.post((0..<1000).map { TestAlert("Alert\($0)") })
        let page = try sink.page
        #expect(headings(page).count == 200)
        #expect(page.contains("And 800 more alerts that fire"))
        #expect(page.contains("And 990 more alerts:"))
        #expect(try sink.kept().first?.alerts.count == 1000)
    }

    @Test func aRunbookIsShownByItsNameAlone() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("runbooks-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("within"), withIntermediateDirectories: true)
        let markdown = "# AppDown\n\nNo replica <b>answers</b>.\n"
        for name in ["AppDown.md", "within/Inner.md", "notes.txt", ".hidden.md", "a b?.md"] {
            try markdown.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
        }
        let pipe = folder.appendingPathComponent("Pipe.md").path
        #expect(mkfifo(pipe, 0o600) == 0)
        let sink = try await AlertSinkProgram(["--runbooks", folder.path])
        let connection = try RawConnection(port: sink.server.port)

        let plain = try connection.request("/runbooks/AppDown", headers: "Accept: */*\r\n")
        #expect(plain.status == 200)
        #expect(plain.body == markdown)
        #expect(plain.header("Content-Type") == "text/markdown; charset=utf-8")
        let page = try connection.request("/runbooks/AppDown", headers: "Accept: text/html,*/*;q=0.8\r\n")
        #expect(page.header("Content-Type") == "text/html; charset=utf-8")
        #expect(page.body.contains("No replica &lt;b&gt;answers&lt;/b&gt;."))
        #expect(try connection.request("/runbooks/a%20b%3F").body == markdown)

        for name in [
            "Nothing", "notes", "notes.txt", "AppDown.md", ".hidden", "Pipe", "Inner", "within%2fInner", "%2e%2e%2fx",
            "..%2f..%2f..%2fetc%2fpasswd", "AppDown%2e", "%3Cscript%3E",
        ] {
            let answer = try connection.request("/runbooks/\(name)")
            #expect(answer.status == 404, "\(name)")
            #expect(answer.body.contains("<a href=\"/runbooks/AppDown\">AppDown</a>"), "\(name)")
            #expect(answer.body.contains("<a href=\"/runbooks/a%20b%3F\">a b?</a>"))
            #expect(!answer.body.contains("<script"))
        }
        #expect(try connection.request("/runbooks").status == 200)
        #expect(try connection.request("/runbooks/../AppDown").status == 404)
    }
}
