import Foundation
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct ServiceTests {
    @Test func simulatesWorkForAsLongAsItWasTold() async throws {
        let server = try await ServerProgram(["--work-min", "100ms", "--work-max", "120ms"])
        let connection = try RawConnection(port: server.port)
        for _ in 0..<5 {
            let start = ContinuousClock.now
            let response = try connection.request("/")
            let passed = ContinuousClock.now - start
            #expect(response.body == "Hello Monitoring!")
            #expect(passed >= .milliseconds(100))
            // What it took, for clients that want to know what was added.
            let timing = try #require(response.header("Server-Timing")?.split(separator: "=", maxSplits: 1))
            let milliseconds = try #require(Double(timing[1]))
            #expect(timing[0] == "work;dur")
            #expect((100...120).contains(milliseconds) && milliseconds <= passed / .milliseconds(1))
        }
    }

    @Test func answersEveryRoute() async throws {
        let server = try await ServerProgram(["--work-max", "0s"])
        let connection = try RawConnection(port: server.port)
        let answer = try connection.request("/")
        #expect(answer.body == "Hello Monitoring!")
        #expect(answer.header("Server-Timing") == nil)
        let error = try connection.request("/error")
        #expect(error.status == 500)
        #expect(error.body == "Error")
        let start = ContinuousClock.now
        #expect(try connection.request("/slow").body == "Slow")
        #expect(ContinuousClock.now - start >= .seconds(1))
        #expect(try connection.request("/healthz").status == 200)
        #expect(try connection.request("/readyz").status == 200)
        #expect(try connection.request("/nowhere").status == 404)
        #expect(try await eventually { server.program.printed.contains("error") })
    }

    @Test func everyKnownSeriesIsThereBeforeTheFirstRequest() async throws {
        let server = try await ServerProgram()
        let exposition = try RawConnection(port: server.port).request("/metrics").body
        let routes = [
            ("/", 200), ("/error", 500), ("/slow", 200), ("/metrics", 200), ("/healthz", 200), ("/readyz", 503),
        ]
        let known =
            [
                "app_request_count_total", "app_error_count_total", "app_request_latency_seconds_count",
                "app_request_latency_seconds_bucket{le=\"0.3\"}", "app_request_latency_seconds_bucket{le=\"1.2\"}",
            ]
            + routes.map { route, status in
                "http_server_request_duration_seconds_count{http_request_method=\"GET\","
                    + "http_response_status_code=\"\(status)\",http_route=\"\(route)\"}"
            }
        for series in known { #expect(exposition.contains("\n\(series) 0\n"), "\(series)") }
        #expect(exposition.contains(#/\napp_build_info{.*} 1\n/#))
        #expect(try #require(try server.metric("process_start_time_seconds")) > 1e9)
    }

    @Test func onlyApplicationRoutesCountAsTheApplications() async throws {
        let server = try await ServerProgram(["--work-max", "0s"])
        let connection = try RawConnection(port: server.port)
        for path in ["/", "/", "/error", "/slow", "/healthz", "/readyz", "/metrics", "/nowhere"] {
            _ = try connection.request(path)
        }
        #expect(try server.metric("app_request_count_total") == 4)
        #expect(try server.metric("app_error_count_total") == 1)
        #expect(try server.metric("app_request_latency_seconds_count") == 4)
        #expect(try server.metric("app_request_latency_seconds_bucket{le=\"0.75\"}") == 3)
    }

    @Test func promtoolFindsNothingToSay() async throws {
        let server = try await ServerProgram(["--work-max", "0s"])
        for path in ["/", "/error", "/nowhere"] { _ = try RawConnection(port: server.port).request(path) }
        let exposition = try RawConnection(port: server.port).request("/metrics").body
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("metrics-\(UUID().uuidString)")
        try exposition.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let promtool = try Program.tool("promtool").path
        let (status, printed) = try await Program.run(
            URL(fileURLWithPath: "/bin/sh"), ["-c", "'\(promtool)' check metrics <'\(file.path)' && echo fine"])
        #expect(status == 0)
        #expect(printed == "fine\n")
    }

    @Test(arguments: [SIGTERM, SIGINT]) func everyRequestIsAnsweredWhenASignalComesUnderLoad(signal: Int32) async throws
    {
        let server = try await ServerProgram(["--work-min", "20ms", "--work-max", "80ms", "--workers", "2"])
        let answered = Atomic(0)
        let failures = Mutex<[String]>([])
        // Threads of their own, because the clients block.
        let clients = try (0..<50).map { _ in
            let connection = try RawConnection(port: server.port)
            // Whether it was accepted shows only in an answer.
            _ = try connection.request("/healthz")
            nonisolated(unsafe) let client = connection
            return Thread {
                while true {
                    do {
                        let response = try client.request("/")
                        if response.status != 200 { failures.withLock { $0.append("status \(response.status)") } }
                        answered.wrappingAdd(1, ordering: .relaxed)
                        if response.header("Connection") == "close" { return }
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                        return
                    }
                }
            }
        }
        for client in clients { client.start() }
        #expect(try await eventually { answered.load(ordering: .relaxed) > 200 })
        server.program.signal(signal)
        #expect(try await server.program.exitStatus() == 0)
        #expect(try await eventually { clients.allSatisfy(\.isFinished) })
        #expect(failures.withLock { $0 } == [])
        #expect(server.program.printed.contains("stopped"))
    }

    @Test func aSignalThatComesAsSoonAsTheServerIsUpEndsItInOrder() async throws {
        for _ in 0..<10 {
            let server = try await ServerProgram()
            server.program.signal(SIGTERM)
            #expect(try await server.program.exitStatus() == 0)
        }
    }

    @Test func runningOutOfDescriptorsPausesAcceptingWithoutSpinning() async throws {
        let server = try await ServerProgram(["--workers", "1", "--work-max", "0s"], descriptors: 40)
        let (program, port) = (server.program, server.port)
        let first = try RawConnection(port: port)
        #expect(try first.request("/").status == 200)
        var others = try (0..<60).map { _ in try RawConnection(port: port, timeout: 30) }
        #expect(try await eventually { program.printed.contains("accepting pauses") })
        let before = try program.cpuSeconds()
        try await Task.sleep(for: .seconds(1))
        #expect(try program.cpuSeconds() - before < 0.5)
        #expect(try first.request("/").status == 200)
        let last = others.removeLast()
        others.removeAll()
        #expect(try last.request("/").status == 200)
        #expect(program.printed.components(separatedBy: "accepting pauses").count < 10)
        program.signal(SIGTERM)
        #expect(try await program.exitStatus() == 0)
    }

    @Test func twoHundredClientsThatLeaveEarlyLeaveNothingBehind() async throws {
        let server = try await ServerProgram(["--work-min", "60s", "--work-max", "60s"])
        // The scrapes' own connection stays.
        let scraper = try RawConnection(port: server.port)
        func value(_ series: String) throws -> Double {
            let exposition = try scraper.request("/metrics").body
            return try #require(sample(series, in: exposition))
        }
        let active = "http_server_active_requests{http_request_method=\"GET\"}"
        let files = try value("process_open_fds")
        for _ in 0..<4 {
            let clients = try (0..<50).map { _ in try RawConnection(port: server.port) }
            for client in clients { try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
            #expect(try await eventually { try value(active) == 51 })
            for client in clients { client.reset() }
            #expect(try await eventually { try value(active) == 1 })
        }
        #expect(try await eventually { try value("process_open_fds") <= files })
        #expect(
            try value(
                "http_server_request_duration_seconds_count{http_request_method=\"GET\","
                    + "http_response_status_code=\"499\",http_route=\"/\"}") == 200)
        server.program.signal(SIGTERM)
        #expect(try await server.program.exitStatus() == 0)
    }
}
