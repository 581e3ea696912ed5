import EventHTTP
import Foundation
import Synchronization
import TestSupport
import Testing

/// Replies that are written piece by piece.
@Suite struct StreamingTests {
    private struct Broken: Error {}

    /// Runs each job on a thread of its own: those that all tests share may be held up by tests that block.
    private final class Elsewhere: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    private final class Tally: Sendable {
        let written = Atomic(0)
        let ended = Atomic(0)
    }

    private func serve(_ tally: Tally = Tally(), deadlines: ServerDeadlines = ServerDeadlines()) throws
        -> ServedServer
    {
        return try ServedServer(deadlines: deadlines) { router in
            router.get("/numbers") { request in
                let loop = request.loop
                return .stream { writer in
                    for number in 1...5 {
                        try await writer.write("\(number)\n")
                        if number == 3 { try await loop.sleep(for: .milliseconds(5)) }
                    }
                }
            }
            router.get("/known") { _ in .stream(length: 10) { try await $0.write("0123456789") } }
            router.get("/empty") { _ in .stream { _ in } }
            router.get("/trailers") { _ in
                .stream { writer in
                    try await writer.write("content")
                    try await writer.addTrailer("Digest", "abc")
                }
            }
            router.get("/bad-trailer") { _ in
                .stream { try await $0.addTrailer("Content-Length", "5") }
            }
            router.get("/short") { _ in .stream(length: 10) { try await $0.write("012345678") } }
            router.get("/long") { _ in .stream(length: 10) { try await $0.write("0123456789A") } }
            router.get("/fails-first") { _ in .stream { _ in throw Broken() } }
            router.get("/fails-later") { _ in
                .stream { writer in
                    try await writer.write("some")
                    throw Broken()
                }
            }
            router.get("/endless") { _ in
                .stream { writer in
                    defer { tally.ended.add(1, ordering: .relaxed) }
                    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 10_000)
                    while true {
                        try await writer.write(piece)
                        tally.written.add(piece.count, ordering: .relaxed)
                    }
                }
            }
            router.get("/waits") { request in
                let loop = request.loop
                return .stream { writer in
                    defer { tally.ended.add(1, ordering: .relaxed) }
                    try await writer.write("first")
                    try await loop.sleep(for: .seconds(3600))
                }
            }
            router.get("/elsewhere") { _ in
                .stream { writer in
                    try await withTaskExecutorPreference(Elsewhere()) {
                        for number in 1...100 { try await writer.write("\(number) ") }
                    }
                }
            }
            router.get("/small") { _ in .text("small") }
        }
    }

    @Test func arrivesInChunksAndKeepsTheConnection() async throws {
        let server = try serve()
        let connection = try server.connect()
        for _ in 0..<2 {
            let response = try connection.request("/numbers")
            #expect(response.header("Transfer-Encoding") == "chunked")
            #expect(response.header("Content-Length") == nil)
            #expect(response.body == "1\n2\n3\n4\n5\n")
        }
        #expect(try connection.request("/empty").body == "")
        #expect(try connection.request("/small").body == "small")
        await server.stop()
        #expect(server.events.current.contentBytes == [10, 10, 0, 5])
        #expect(server.events.current.incomplete == 0)
    }

    @Test func saysItsLengthWhereThatIsKnown() async throws {
        let server = try serve()
        let connection = try server.connect()
        let response = try connection.request("/known")
        #expect(response.header("Content-Length") == "10")
        #expect(response.header("Transfer-Encoding") == nil)
        #expect(response.body == "0123456789")
        #expect(try connection.request("/small").body == "small")
        await server.stop()
    }

    @Test func pipelinedRequestsWaitForTheEndOfAStream() async throws {
        let server = try serve()
        let connection = try server.connect()
        try connection.send(
            ["/numbers", "/small", "/numbers"].map { "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        for body in ["1\n2\n3\n4\n5\n", "small", "1\n2\n3\n4\n5\n"] { #expect(try connection.receive().body == body) }
        await server.stop()
    }

    @Test func trailersFollowTheContent() async throws {
        let server = try serve()
        let connection = try server.connect()
        let response = try connection.request("/trailers")
        #expect(response.body == "content")
        #expect(response.trailers.map { "\($0.name)=\($0.value)" } == ["Digest=abc"])
        #expect(try connection.request("/bad-trailer").status == 500)
        #expect(try connection.request("/small").body == "small")
        await server.stop()
    }

    @Test func headGetsTheHeadOfAStream() async throws {
        let tally = Tally()
        let server = try serve(tally)
        let connection = try server.connect()
        #expect(
            try connection.request("/endless", method: "HEAD").header("Transfer-Encoding") == "chunked")
        #expect(try connection.request("/known", method: "HEAD").header("Content-Length") == "10")
        #expect(try connection.request("/small").body == "small")
        #expect(tally.written.load(ordering: .relaxed) == 0)
        await server.stop()
    }

    @Test func anHTTP10ClientReadsUntilTheEnd() async throws {
        let server = try serve()
        let connection = try server.connect()
        try connection.send("GET /numbers HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let reply = try connection.receiveToEnd()
        #expect(reply.hasSuffix("\r\n\r\n1\n2\n3\n4\n5\n"))
        #expect(reply.contains("\r\nConnection: close\r\n"))
        #expect(!reply.lowercased().contains("transfer-encoding"))
        await server.stop()
    }

    @Test(arguments: ["/fails-first", "/long"]) func aFailureBeforeTheFirstByteIs500(path: String) async throws {
        let server = try serve()
        let connection = try server.connect()
        #expect(try connection.request(path).status == 500)
        #expect(try connection.request("/small").body == "small")
        await server.stop()
        #expect(server.log.all.filter { $0.hasPrefix("error handler failed") }.count == 1)
    }

    @Test(arguments: ["/fails-later", "/short"]) func aFailureInTheMiddleCanBeSeen(path: String) async throws {
        let server = try serve()
        let connection = try server.connect()
        #expect(throws: TestFailure.self) { try connection.request(path) }
        #expect(try await eventually { server.events.inFlight == 0 })
        #expect(server.events.current.incomplete == 1)
        #expect(server.events.current.finished == [200])
        #expect(server.log.all.filter { $0.hasPrefix("error handler failed") }.count == 1)
        await server.stop()
    }

    @Test func aSlowReaderSlowsTheWriterDown() async throws {
        let tally = Tally()
        let server = try serve(tally)
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send("GET /endless HTTP/1.1\r\nHost: h\r\n\r\n")
        func hasStopped() async throws -> Bool {
            let before = tally.written.load(ordering: .relaxed)
            try await Task.sleep(for: .milliseconds(200))
            return before > 0 && tally.written.load(ordering: .relaxed) == before
        }
        #expect(try await eventually { try await hasStopped() })
        // What sockets hold, the 64 KiB, and a piece.
        #expect(tally.written.load(ordering: .relaxed) < 8 << 20)
        let stopped = tally.written.load(ordering: .relaxed)
        try connection.skip(2 << 20)
        #expect(try await eventually { tally.written.load(ordering: .relaxed) > stopped })
        connection.reset()
        #expect(try await eventually { tally.ended.load(ordering: .relaxed) == 1 })
        #expect(try await eventually { server.events.inFlight == 0 })
        await server.stop()
    }

    @Test func clientsThatLeaveEndTheirStreams() async throws {
        let tally = Tally()
        let server = try serve(tally)
        for number in 1...50 {
            let connection = try server.connect()
            try connection.send("GET /waits HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try connection.receive(hasBody: false)
            if number.isMultiple(of: 2) { connection.reset() } else { connection.endSending() }
            #expect(try await eventually { tally.ended.load(ordering: .relaxed) == number })
        }
        #expect(try await eventually { server.events.inFlight == 0 })
        #expect(server.events.current.incomplete == 50)
        #expect(!server.log.all.contains { $0.hasPrefix("error") })
        await server.stop()
    }

    @Test func aReaderThatTakesNothingIsClosedAtItsDeadline() async throws {
        var deadlines = ServerDeadlines()
        deadlines.write = .milliseconds(300)
        let tally = Tally()
        let server = try serve(tally, deadlines: deadlines)
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send("GET /endless HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await eventually { tally.ended.load(ordering: .relaxed) == 1 })
        #expect(try server.connect().request("/small").body == "small")
        await server.stop()
    }

    @Test func aSilentStreamIsNoSlowReader() async throws {
        var deadlines = ServerDeadlines()
        deadlines.write = .milliseconds(100)
        let server = try ServedServer(deadlines: deadlines) { router in
            router.get("/") { request in
                let loop = request.loop
                return .stream { writer in
                    for _ in 0..<3 {
                        try await writer.write("x")
                        try await loop.sleep(for: .milliseconds(250))
                    }
                }
            }
        }
        #expect(try server.connect().request("/").body == "xxx")
        await server.stop()
    }

    @Test func writingWorksFromOtherExecutors() async throws {
        let server = try serve()
        let body = try server.connect().request("/elsewhere").body
        #expect(body == (1...100).map { "\($0) " }.joined())
        await server.stop()
    }

    @Test func streamsInFlightAreEndedByDraining() async throws {
        let tally = Tally()
        let server = try serve(tally)
        let connection = try server.connect()
        try connection.send("GET /waits HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try connection.receive(hasBody: false)
        server.running.end()
        await server.running.waitUntilEnded()
        #expect(server.events.inFlight == 0)
    }
}
