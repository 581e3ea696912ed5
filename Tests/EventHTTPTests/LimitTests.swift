import EventHTTP
import TestSupport
import Testing

/// How much a client may make the server hold or do; what belongs to a single request is among the conformance cases.
@Suite struct LimitTests {
    private func serve(
        loops: Int = 1, deadlines: ServerDeadlines = ServerDeadlines(), _ change: (inout ServerLimits) -> Void
    ) throws -> ServedServer {
        var limits = ServerLimits()
        change(&limits)
        return try ServedServer(loops: loops, limits: limits, deadlines: deadlines) { router in
            router.get("/") { _ in .text("here") }
            router.get("/large") { _ in Response(body: .bytes([UInt8](repeating: 7, count: 8 << 20))) }
            router.get("/loop") { request in .text("\(request.loop.index)") }
        }
    }

    @Test func beyondTheConnectionsAllowedOneGets503() async throws {
        let server = try serve { $0.connections = 3 }
        var connections = try (0..<3).map { _ in try server.connect() }
        for connection in connections { #expect(try connection.request("/").status == 200) }
        let refused = try server.connect()
        #expect(try refused.receive().status == 503)
        #expect(refused.isClosedByServer())
        #expect(server.events.current.rejections == [.tooManyConnections])
        for connection in connections { #expect(try connection.request("/").status == 200) }
        connections.removeLast()
        #expect(try await eventually { (try? server.connect().request("/").status) == 200 })
        await server.stop()
    }

    /// Those that are told so stay until they have read it, and so count as well.
    @Test func theFarTooManyAreClosedWithoutAnAnswer() async throws {
        let server = try serve { $0.connections = 1 }
        let kept = try server.connect()
        #expect(try kept.request("/").status == 200)
        let others = try (0..<300).map { _ in try server.connect() }
        #expect(try await eventually { server.closed(.rejected) > 0 })
        let answers = others.count { (try? $0.receive().status) == 503 }
        #expect((256..<300).contains(answers))
        #expect(try kept.request("/").status == 200)
        await server.stop()
    }

    @Test func aLoopCanHaveALimitOfItsOwn() async throws {
        let server = try serve(loops: 2) { $0.connectionsPerLoop = 2 }
        var kept: [RawConnection] = []
        var refused = 0
        while kept.count < 4 || refused == 0 {
            let connection = try server.connect()
            // Refused ones are answered without being asked.
            try? connection.send("GET /loop HTTP/1.1\r\nHost: h\r\n\r\n")
            if try connection.receive().status == 200 { kept.append(connection) } else { refused += 1 }
        }
        #expect(kept.count == 4)
        let perLoop = Dictionary(grouping: try kept.map { try $0.request("/loop").body }) { $0 }.mapValues(\.count)
        #expect(perLoop == ["0": 2, "1": 2])
        await server.stop()
    }

    @Test func aConnectionBringsSoManyRequests() async throws {
        let server = try serve { $0.requestsPerConnection = 3 }
        let connection = try server.connect()
        #expect(try connection.request("/").header("Connection") == nil)
        #expect(try connection.request("/nowhere").header("Connection") == nil)
        #expect(try connection.request("/").header("Connection") == "close")
        #expect(connection.isClosedByServer())
        await server.stop()
    }

    @Test func pipelinedRequestsBeyondTheLimitLetOthersHaveTheirTurn() async throws {
        let server = try serve { $0.pipelinedRequests = 1 }
        let greedy = try server.connect()
        try greedy.send(String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 300))
        let other = try server.connect()
        #expect(try other.request("/").body == "here")
        for _ in 0..<300 { #expect(try greedy.receive().body == "here") }
        #expect(try greedy.request("/").body == "here")
        await server.stop()
    }

    @Test func clientsThatEndTheirSendingGetAllPipelinedAnswers() async throws {
        for depth in [1, 2, 32] {
            let server = try serve { $0.pipelinedRequests = depth }
            for _ in 0..<20 {
                let connection = try server.connect()
                try connection.send(String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 5))
                connection.endSending()
                for _ in 0..<5 { #expect(try connection.receive().body == "here") }
                #expect(connection.isClosedByServer())
            }
            await server.stop()
        }
    }

    @Test func repliesThatNobodyTakesAreBounded() async throws {
        let server = try serve { $0.unsentBytes = 20 << 20 }
        let connections = try (0..<10).map { _ in try server.connect(receiveBuffer: 4096) }
        for connection in connections { try connection.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n") }
        #expect(try await eventually { server.events.current.finished.count == 10 })
        // Two or three of them are whole, the others were ended.
        #expect(try await eventually { server.open < 4 })
        #expect(server.open >= 2)
        #expect(server.unsent <= 20 << 20)
        #expect(try server.connect().request("/").body == "here")
        await server.stop()
    }
}
