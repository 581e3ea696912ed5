import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct LoadTests {
    private func start(_ arguments: [String]) throws -> Program {
        try Program(ServerProgram.executable, ["load"] + arguments)
    }

    /// What it counted when it ended.
    private func counts(_ program: Program) throws -> [String: Int] {
        let line = try #require(program.printed.split(separator: "\n").last { $0.contains("ended") })
        return Dictionary(uniqueKeysWithValues: line.matches(of: #/(\w+)=(\d+)/#).map { (String($0.1), Int($0.2)!) })
    }

    private func requests(_ route: String, _ status: Int, at server: ServerProgram) throws -> Int? {
        try server.metric(
            "http_server_request_duration_seconds_count{http_request_method=\"GET\","
                + "http_response_status_code=\"\(status)\",http_route=\"\(route)\"}"
        ).map { Int($0) }
    }

    @Test func sendsWhatTheScheduleSays() async throws {
        let server = try await ServerProgram(["--work-max", "0s"])
        let load = try start([
            "--target", "http://127.0.0.1:\(server.port)", "--rate", "50", "--phase", "1s", "--duration", "5s",
            "--error-share", "0.5", "--slow-share", "0.2", "--concurrency", "10000",
        ])
        #expect(try await load.exitStatus(within: .seconds(60)) == 0)
        let counts = try counts(load)
        // Only what was more than a second late on a busy machine.
        let skipped = try #require(counts["skipped"])
        #expect(counts["answered"] == 250 - skipped)
        #expect(counts["failed"] == 0)
        #expect(counts["in_flight"] == 0)
        let errors = try #require(try requests("/error", 500, at: server))
        let slow = try #require(try requests("/slow", 200, at: server))
        #expect(counts["errors"] == errors)
        #expect((25 - skipped...25).contains(errors))
        #expect((10 - skipped...10).contains(slow))
        #expect(try requests("/", 200, at: server) == 250 - skipped - errors - slow)
        let phases = load.printed.matches(of: #/phase: (\w+)/#).map { String($0.1) }
        #expect(phases == ["calm", "errors", "calm", "slow", "calm"])
    }

    @Test func targetsTakeTurns() async throws {
        let servers = [try await ServerProgram(["--work-max", "0s"]), try await ServerProgram(["--work-max", "0s"])]
        let targets = servers.map { "http://127.0.0.1:\($0.port)/" }.joined(separator: ",")
        let load = try Program(
            ServerProgram.executable, ["load", "--rate", "100", "--duration", "2s", "--concurrency", "10000"],
            environment: ["SERVER_TARGET": targets])
        #expect(try await load.exitStatus(within: .seconds(60)) == 0)
        let skipped = try #require(try counts(load)["skipped"])
        for server in servers {
            let answered = try #require(try requests("/", 200, at: server))
            #expect((100 - skipped...100).contains(answered))
        }
    }

    /// A server that answers nothing gets no more than may be in flight, and a signal doesn't wait for it.
    @Test(arguments: [SIGTERM, SIGINT]) func whatIsInFlightIsBoundedAndASignalEndsIt(signal: Int32) async throws {
        let server = try await ServerProgram(["--work-min", "60s", "--work-max", "60s"])
        let load = try start([
            "--target", "http://127.0.0.1:\(server.port)", "--rate", "200", "--concurrency", "7", "--phase", "100ms",
            "--error-share", "0", "--slow-share", "0",
        ])
        #expect(try await eventually { load.printed.contains(#/in_flight=7 skipped=[1-9]/#) })
        // The scrape is one as well.
        let active = "http_server_active_requests{http_request_method=\"GET\"}"
        #expect(try await eventually { try server.metric(active) == 8 })
        load.signal(signal)
        #expect(try await load.exitStatus() == 0)
        #expect(load.printed.matches(of: #/in_flight=(\d+)/#).allSatisfy { Int($0.1)! <= 7 })
    }

    @Test func goesOnWhileItsTargetIsAway() async throws {
        let (listener, port) = try listenOnLoopback(backlog: 1)
        close(listener)
        let load = try start(["--target", "http://127.0.0.1:\(port)", "--rate", "100", "--phase", "100ms"])
        #expect(try await eventually { load.printed.contains(#/failed=[1-9]\d/#) })
        let server = try await ServerProgram(["--work-max", "0s"], port: port)
        #expect(try await eventually { try server.metric("app_request_count_total") ?? 0 > 10 })
        #expect(try await eventually(within: .seconds(60)) { load.printed.contains("answers again") })
        load.signal(SIGTERM)
        #expect(try await load.exitStatus() == 0)
        #expect(load.printed.matches(of: #/doesn't answer/#).count == 1)
        #expect(try #require(try counts(load)["failed"]) >= 10)
    }

    @Test func aSignalThatComesAtOnceEndsIt() async throws {
        for _ in 0..<5 {
            let load = try start(["--target", "http://127.0.0.1:1"])
            #expect(try await eventually { load.printed.contains("phase: calm") })
            load.signal(SIGTERM)
            #expect(try await load.exitStatus() == 0)
        }
    }
}
