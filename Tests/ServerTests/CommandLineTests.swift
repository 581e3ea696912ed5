import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct CommandLineTests {
    private func run(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> (Int32, String) {
        let (status, printed) = try await Program.run(
            ServerProgram.executable, arguments, environment: environment)
        return (status, printed)
    }

    @Test func tellsItsVersion() async throws {
        let (status, printed) = try await run(["--version"])
        #expect(status == 0)
        #expect(printed.wholeMatch(of: #/\d+\.\d+\.\d+\n/#) != nil)
    }

    @Test(arguments: [
        ["--help"], ["serve", "--help"], ["healthcheck", "--help"], ["alert-sink", "--help"], ["load", "--help"],
    ])
    func explainsItself(arguments: [String]) async throws {
        let (status, printed) = try await run(arguments)
        #expect(status == 0)
        #expect(printed.contains("USAGE:"))
        let words = [
            "serve": ["--listen", "127.0.0.1:5000", "--workers", "--work-min", "SERVER_LISTEN", "SERVER_WORK_MAX"],
            "alert-sink": ["--listen", "127.0.0.1:5001", "--keep", "SERVER_RUNBOOKS", "--web-config-file", "--grace"],
            "load": ["--target", "http://127.0.0.1:5000", "--rate", "SERVER_PHASE"],
        ]
        for word in words[arguments[0]] ?? [] { #expect(printed.contains(word)) }
    }

    @Test(
        arguments: [
            (["--nonsense"], [:], "--nonsense"), (["--workers", "0"], [:], "--workers"),
            (["--workers", "many"], [:], "many"), (["--listen", "nowhere"], [:], "'nowhere'"),
            (["--listen", "256.1.1.1:80"], [:], "256.1.1.1:80"), (["--work-min", "3"], [:], "'3'"),
            (["--work-min", "2s", "--work-max", "1s"], [:], "--work-min"),
            ([], ["SERVER_WORKERS": "x"], "SERVER_WORKERS"),
            ([], ["SERVER_WORK_MAX": "fast"], "SERVER_WORK_MAX"), ([], ["SERVER_LISTEN": "nowhere"], "'nowhere'"),
            ([], ["SERVER_LISTEN": ","], "''"), (["alert-sink", "--keep", "0"], [:], "--keep"),
            (["alert-sink", "--keep-bytes", "much"], [:], "much"), (["alert-sink", "--listen", "x"], [:], "'x'"),
            (["alert-sink"], ["SERVER_RUNBOOKS": "/nowhere"], "'/nowhere': No such file"),
            (["load", "--rate", "1001"], [:], "--rate"), (["load", "--error-share", "1.5"], [:], "--error-share"),
            (["load", "--slow-share", "x"], [:], "'x'"), (["load", "--phase", "0s"], [:], "--phase"),
            (["load", "--target", "https://localhost"], [:], "'https://localhost'"),
            (["load"], ["SERVER_TARGET": "http://localhost,"], "''"), (["load", "--concurrency", "0"], [:], "--conc"),
        ] as [([String], [String: String], String)])
    func mistakesEndWithOneLineThatNamesThem(arguments: [String], environment: [String: String], named: String)
        async throws
    {
        let (status, printed) = try await run(arguments, environment)
        #expect(status != 0)
        #expect(printed.contains(named))
        #expect(printed.split(separator: "\n").count == 1)
        #expect(printed.hasPrefix("Server: "))
    }

    @Test func aPortInUseEndsWithOneLine() async throws {
        let server = try await ServerProgram()
        let (status, printed) = try await run(["--listen", "127.0.0.1:\(server.port)"])
        #expect(status == 1)
        #expect(
            printed == "Server: can't listen on 127.0.0.1:\(server.port): the address is in use; "
                + "stop what listens there or choose another port\n")
    }

    @Test func theEnvironmentStandsInForOptionsAndFlagsWin() async throws {
        let server = try await ServerProgram(
            ["--workers", "3"],
            environment: ["SERVER_WORKERS": "1", "SERVER_LISTEN": "nowhere", "SERVER_WORK_MAX": "0s"])
        #expect(server.program.printed.contains("loops=3"))
        for _ in 0..<20 { _ = try RawConnection(port: server.port).request("/") }
        // With the default work none would take less.
        #expect(try #require(try server.metric("app_request_latency_seconds_bucket{le=\"0.1\"}")) > 0)
    }

    @Test func theHealthCheckTellsByItsExitStatus() async throws {
        let server = try await ServerProgram()
        let base = "http://127.0.0.1:\(server.port)"
        #expect(try await run(["healthcheck", "\(base)/healthz"]).0 == 0)
        #expect(try await run(["healthcheck"], ["SERVER_LISTEN": "0.0.0.0:\(server.port)"]).0 == 0)
        #expect(try await run(["healthcheck", "\(base)/error"]) == (1, "Server: \(base)/error answered 500\n"))
        server.program.signal(SIGTERM)
        #expect(try await server.program.exitStatus() == 0)
        let (status, printed) = try await run(["healthcheck", "\(base)/healthz"])
        #expect(status == 1)
        #expect(printed.hasPrefix("Server: \(base)/healthz: "))
        #expect(try await run(["healthcheck", "nonsense"]).0 == 1)
    }
}
