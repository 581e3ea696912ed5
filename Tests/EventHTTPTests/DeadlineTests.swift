import EventHTTP
import Glibc
import TestSupport
import Testing

/// How long a client may take.
@Suite struct DeadlineTests {
    private func serve(_ change: (inout ServerDeadlines) -> Void) throws -> ServedServer {
        var deadlines = ServerDeadlines()
        change(&deadlines)
        return try ServedServer(deadlines: deadlines) { router in
            router.get("/") { _ in .text("here") }
            router.get("/slow") { request in
                try await request.loop.sleep(for: .milliseconds(600))
                return .text("slow")
            }
            router.on(.post, "/") { request in .text("\(request.body.count)") }
            router.get("/large") { _ in Response(body: .bytes([UInt8](repeating: 7, count: 8 << 20))) }
        }
    }

    /// Sends a byte now and then until the server answers.
    private func trickle(_ text: String, to connection: RawConnection) throws -> Int {
        // Sound: one end sends, the other receives.
        nonisolated(unsafe) let sender = connection
        let sending = RacingThreads(1) { _, round in
            guard round < text.utf8.count else { return }
            try? sender.send(String(text[text.utf8.index(text.startIndex, offsetBy: round)]))
            usleep(50_000)
        }
        defer { sending.stop() }
        return try connection.receive().status
    }

    @Test func aHeadThatTricklesInGets408() async throws {
        let server = try serve { $0.header = .milliseconds(300) }
        let connection = try server.connect()
        #expect(try connection.request("/").status == 200)
        let head = "GET / HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "x", count: 1000)
        #expect(try trickle(head, to: connection) == 408)
        #expect(connection.isClosedByServer())
        #expect(server.events.current.rejections == [.headerTimeout])
        #expect(server.events.inFlight == 0)
        await server.stop()
    }

    @Test func contentThatTricklesInGets408() async throws {
        let server = try serve { $0.request = .milliseconds(300) }
        for head in ["Content-Length: 1000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3e8\r\n"] {
            let connection = try server.connect()
            try connection.send("POST / HTTP/1.1\r\nHost: h\r\n" + head)
            #expect(try trickle(String(repeating: "x", count: 999), to: connection) == 408)
            #expect(connection.isClosedByServer())
        }
        #expect(server.events.current.rejections == [.requestTimeout, .requestTimeout])
        // Nobody was asked to answer.
        #expect(server.events.current.started == 0)
        await server.stop()
    }

    @Test func aSilentConnectionIsClosedWithoutAWord() async throws {
        let server = try serve { $0.header = .milliseconds(200) }
        let connection = try server.connect()
        #expect(try connection.receiveToEnd() == "")
        #expect(server.events.current.rejections == [])
        #expect(server.closed(.idleTimeout) == 1)
        await server.stop()
    }

    @Test func anIdleConnectionIsClosedWithoutAWord() async throws {
        let server = try serve { $0.idle = .milliseconds(200) }
        let connection = try server.connect()
        for _ in 0..<3 { #expect(try connection.request("/").status == 200) }
        #expect(try connection.receiveToEnd() == "")
        #expect(server.closed(.idleTimeout) == 1)
        await server.stop()
    }

    @Test func handlersHaveNoDeadline() async throws {
        let server = try serve { deadlines in
            deadlines.header = .milliseconds(100)
            deadlines.request = .milliseconds(100)
            deadlines.idle = .milliseconds(100)
            deadlines.write = .milliseconds(100)
        }
        #expect(try server.connect().request("/slow").body == "slow")
        let connection = try server.connect()
        try connection.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        #expect(try connection.receive().body == "3")
        await server.stop()
    }

    @Test func aClientThatTakesNothingIsClosed() async throws {
        let server = try serve { $0.write = .milliseconds(300) }
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await eventually { server.closed(.writeTimeout) == 1 })
        #expect(server.unsent == 0)
        await server.stop()
    }

    @Test func aClientThatTakesItsTimeGetsEverything() async throws {
        let server = try serve { deadlines in
            // Shorter than the whole takes, longer than a test waits for its thread.
            deadlines.write = .seconds(2)
            deadlines.minimumBytesPerSecond = 1000
        }
        let connection = try server.connect(receiveBuffer: 65536)
        try connection.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try connection.receive(hasBody: false)
        for _ in 0..<16 {
            try connection.skip(512 << 10)
            try await Task.sleep(for: .milliseconds(150))
        }
        #expect(server.closed(.writeTimeout) == 0)
        await server.stop()
    }

    @Test func refusedClientsGetTimeToReadAndNoMore() async throws {
        let server = try serve { _ in }
        let connection = try server.connect()
        // More than is read before the refusal.
        try connection.send("BAD\r\n" + String(repeating: "x", count: 300_000))
        let reply = try connection.receiveToEnd()
        #expect(reply.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(try await eventually { server.open == 0 })
        await server.stop()
    }
}
