import EventHTTP
import Glibc
import Synchronization
import TestSupport
import Testing

/// What happens while handlers wait.
@Suite(.serialized) struct WaitingTests {
    private final class Tally: Sendable {
        let cancelled = Atomic(0)
        let completed = Atomic(0)
    }

    private func serve(_ tally: Tally, grace: Duration = .seconds(8)) throws -> ServedServer {
        try ServedServer(grace: grace) { router in
            router.get("/wait/{milliseconds}") { request in
                do {
                    try await request.loop.sleep(for: .milliseconds(Int(request.parameters["milliseconds"]!)!))
                } catch {
                    tally.cancelled.wrappingAdd(1, ordering: .relaxed)
                    throw error
                }
                tally.completed.wrappingAdd(1, ordering: .relaxed)
                return .text("waited")
            }
            router.get("/") { _ in .text("now") }
        }
    }

    private func serveAndFindLoop() throws -> (ServedServer, EventLoop) {
        let loop = Mutex<EventLoop?>(nil)
        let server = try ServedServer { router in
            router.get("/") { request in
                loop.withLock { $0 = request.loop }
                return .text("")
            }
        }
        _ = try server.connect().request("/")
        let found = try #require(loop.withLock { $0 })
        return (server, found)
    }

    @Test func waitingNeverBlocksTheLoop() async throws {
        let server = try serve(Tally())
        let waiting = try (0..<50).map { _ in try server.connect() }
        for connection in waiting { try connection.send("GET /wait/700 HTTP/1.1\r\nHost: h\r\n\r\n") }
        let start = ContinuousClock.now
        for connection in waiting { #expect(try connection.receive().body == "waited") }
        #expect(ContinuousClock.now - start < .milliseconds(50 * 700), "they waited one after the other")
        await server.stop()
    }

    @Test func aSleepNeverEndsEarly() async throws {
        let server = try ServedServer { router in
            router.get("/") { request in
                let start = ContinuousClock.now
                for milliseconds in 1...20 { try await request.loop.sleep(for: .milliseconds(milliseconds)) }
                return .text("\(ContinuousClock.now - start >= .milliseconds(210))")
            }
        }
        for _ in 0..<5 { #expect(try server.connect().request("/").body == "true") }
        await server.stop()
    }

    @Test func sleepingWorksFromOtherExecutorsAndHeedsTheirCancellation() async throws {
        let (server, found) = try serveAndFindLoop()
        try await found.sleep(for: .milliseconds(5))
        try await found.sleep(for: .zero)
        let sleeping = Task { try await found.sleep(for: .seconds(3600)) }
        let endless = Task { try await found.sleep(for: .seconds(1 << 60)) }
        sleeping.cancel()
        await #expect(throws: CancellationError.self) { try await sleeping.value }
        await server.stop()
        // The loop's end ends its sleepers, and sleeping on an ended loop fails at once.
        await #expect(throws: CancellationError.self) { try await endless.value }
        await #expect(throws: CancellationError.self) { try await found.sleep(for: .seconds(1)) }
    }

    @Test func aClientThatLeavesCancelsItsHandlerAndNothingStays() async throws {
        let tally = Tally()
        let server = try serve(tally)
        for number in 1...200 {
            let connection = try server.connect()
            try connection.send("GET /wait/60000 HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await eventually { server.events.current.started == number })
            connection.reset()
        }
        #expect(try await eventually { server.events.inFlight == 0 })
        #expect(tally.cancelled.load(ordering: .relaxed) == 200)
        #expect(server.events.current.finished.filter { $0 == nil }.count == 200)
        #expect(try server.connect().request("/").body == "now")
        await server.stop()
    }

    @Test func pipelinedBytesDuringAWaitAreKept() async throws {
        let server = try serve(Tally())
        let connection = try server.connect()
        try connection.send("GET /wait/200 HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await eventually { server.events.inFlight == 1 })
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try connection.receive().body == "waited")
        #expect(try connection.receive().body == "now")
        await server.stop()
    }

    /// Very many small ones, and few that are so large that two of them fill what may be sent ahead.
    @Test(arguments: [(0, 6000), (10_000, 40)])
    func whatWasSentFarAheadIsTakenWhenThereIsRoom(padding: Int, count: Int) async throws {
        let server = try serve(Tally())
        let connection = try server.connect()
        let field = "Padding: \(String(repeating: "p", count: padding))\r\n"
        try connection.send(
            "GET /wait/100 HTTP/1.1\r\nHost: h\r\n\r\n"
                + String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\(field)\r\n", count: count))
        connection.endSending()
        #expect(try connection.receive().body == "waited")
        for _ in 0..<count { #expect(try connection.receive().body == "now") }
        #expect(connection.isClosedByServer())
        await server.stop()
    }

    @Test func drainingAnswersWhatIsInFlightAndAcceptsNoMore() async throws {
        let server = try serve(Tally())
        let idle = try server.connect()
        _ = try idle.request("/")
        let busy = try (0..<20).map { _ in try server.connect() }
        for connection in busy { try connection.send("GET /wait/400 HTTP/1.1\r\nHost: h\r\n\r\n") }
        #expect(try await eventually { server.events.inFlight == 20 })
        server.running.drain()
        server.running.drain()
        // A request that was on its way when draining began is still answered.
        #expect(try idle.request("/").header("Connection") == "close")
        for connection in busy {
            let response = try connection.receive()
            #expect(response.status == 200)
            #expect(response.header("Connection") == "close")
            #expect(connection.isClosedByServer())
        }
        await server.running.waitUntilEnded()
        #expect(throws: TestFailure.self) { try server.connect() }
        #expect(server.events.current.drains == 1)
        #expect(server.events.inFlight == 0)
    }

    /// While a handler keeps the loop, connections gather in the listener's queue; draining then finds all at once.
    @Test func drainingAnswersConnectionsThatNobodyHasAcceptedYet() async throws {
        let blocked = Atomic(false)
        let server = try ServedServer { router in
            router.get("/block") { _ in
                blocked.store(true, ordering: .relaxed)
                usleep(300_000)
                return .text("")
            }
            router.get("/") { _ in .text("now") }
        }
        let blocking = try server.connect()
        // Closed with its reply, so that no connection is left that draining would wait for.
        try blocking.send("GET /block HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(try await eventually { blocked.load(ordering: .relaxed) })
        let waiting = try (0..<20).map { _ in try server.connect() }
        for connection in waiting { try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
        server.running.drain()
        for connection in waiting { #expect(try connection.receive().body == "now") }
        await server.running.waitUntilEnded()
    }

    @Test func drainingWaitsForARequestThatIsStillArriving() async throws {
        let server = try ServedServer { router in
            router.on(.post, "/") { request in .text(String(decoding: request.body, as: UTF8.self)) }
            router.get("/") { _ in .text("") }
        }
        let connection = try server.connect()
        try connection.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello")
        // Longer than an idle connection is kept.
        try await Task.sleep(for: .milliseconds(600))
        server.running.drain()
        try await Task.sleep(for: .milliseconds(100))
        try connection.send("world")
        #expect(try connection.receive().body == "helloworld")
        await server.running.waitUntilEnded()
    }

    @Test func aHandlerThatNeverStopsYieldingHoldsNothingUp() async throws {
        let isDone = Atomic(false)
        let server = try ServedServer(grace: .milliseconds(50)) { router in
            router.get("/spin") { _ in
                while !isDone.load(ordering: .relaxed) { await Task.yield() }
                return .text("")
            }
            router.get("/") { _ in .text("now") }
        }
        let spinning = try server.connect()
        try spinning.send("GET /spin HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await eventually { server.events.inFlight == 1 })
        #expect(try server.connect().request("/").body == "now")
        server.running.drain()
        await server.running.waitUntilEnded()
        isDone.store(true, ordering: .relaxed)
    }

    @Test func sleepingOnALoopThatEndsAlwaysEnds() async throws {
        let (server, found) = try serveAndFindLoop()
        let sleeps = Atomic(0)
        let stubborn = Task(executorPreference: found) {
            while sleeps.load(ordering: .relaxed) < 5 {
                try? await found.sleep(for: .seconds(3600))
                sleeps.wrappingAdd(1, ordering: .relaxed)
            }
        }
        await server.stop()
        await stubborn.value
    }

    @Test func handlersThatOutliveTheGraceAreCancelledAndAnsweredWith503() async throws {
        let tally = Tally()
        let server = try serve(tally, grace: .milliseconds(100))
        let connection = try server.connect()
        try connection.send("GET /wait/3600000 HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await eventually { server.events.inFlight == 1 })
        server.running.drain()
        #expect(try connection.receive().status == 503)
        await server.running.waitUntilEnded()
        #expect(tally.cancelled.load(ordering: .relaxed) == 1)
    }

    @Test func handlersThatIgnoreCancellationAreLeftBehind() async throws {
        let gate = Mutex<CheckedContinuation<Void, Never>?>(nil)
        let server = try ServedServer(grace: .milliseconds(50)) { router in
            router.get("/") { request in
                await withCheckedContinuation { continuation in gate.withLock { $0 = continuation } }
                return .text(request.target)
            }
        }
        let connection = try server.connect()
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await eventually { gate.withLock { $0 != nil } })
        server.running.drain()
        await server.running.waitUntilEnded()
        #expect(server.events.current.finished == [nil])
        #expect(server.log.all.contains { $0.hasPrefix("warning ended with requests unanswered") })
        // Its end comes after everything that it belonged to; it must do no harm.
        gate.withLock { $0 }?.resume()
    }
}
