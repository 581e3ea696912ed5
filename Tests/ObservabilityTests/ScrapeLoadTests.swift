import EventHTTP
import Observability
import PrometheusMetrics
import Synchronization
import TestSupport
import Testing

/// Large scrapes, many scrapes, and scrapes that nobody waits for.
@Suite(.serialized) struct ScrapeLoadTests {
    private func registry(_ collector: LargeCollector) throws -> MetricsRegistry {
        let registry = MetricsRegistry()
        try registry.register(collector)
        return registry
    }

    @Test(arguments: [1, 3]) func beyondTheLimitScrapesGet503AndTheOthersFinish(limit: Int) async throws {
        let server = try ServedEndpoint(registry(.huge), maximumConcurrentScrapes: limit)
        // Nobody reads, so that none of the answers can have left.
        let accepted = try (0..<limit).map { _ in
            let connection = try server.connect(receiveBuffer: 4096)
            try connection.sendScrape()
            return connection
        }
        #expect(try await eventually { server.inFlight == Double(limit) })
        for _ in 0..<3 {
            let response = try server.scrape()
            #expect(response.status == 503)
            #expect(response.body == "Busy: \(limit) scrapes are being answered already.\n")
        }
        #expect(server.inFlight == Double(limit))
        for connection in accepted {
            let response = try connection.receive()
            #expect(response.status == 200)
            #expect(response.bytes.count > LargeCollector.huge.bytes)
        }
        #expect(try await eventually { server.inFlight == 0 })
        #expect(try server.scrape().status == 200)
        #expect(server.answered(200) == Double(limit + 1))
        #expect(server.answered(503) == 3)
        await server.stop()
    }

    @Test func thereIsAlwaysAPlaceForOneScrape() async throws {
        let server = try ServedEndpoint(MetricsRegistry(), maximumConcurrentScrapes: 0)
        #expect(try server.scrape().status == 200)
        await server.stop()
    }

    @Test(arguments: ["", "Accept-Encoding: gzip\r\n"]) func aScrapeGivesUpWhenPrometheusDoes(coding: String)
        async throws
    {
        let server = try ServedEndpoint(registry(.large))
        let connection = try server.connect()
        let response = try connection.request(
            "/metrics", headers: coding + "X-Prometheus-Scrape-Timeout-Seconds: 0.000001\r\n")
        #expect(response.status == 503)
        #expect(response.body == "The scrape took longer than its timeout.\n")
        #expect(response.header("Content-Encoding") == nil)
        #expect(server.inFlight == 0)
        #expect(server.answered(503) == 1)
        #expect(try connection.request("/metrics", headers: coding).status == 200)
        await server.stop()
    }

    @Test(arguments: ["10", "0.5e3", "0", "-1", "nan", "inf", "-inf", "1e400", "soon", "1s", "1 2", ""])
    func timeoutsThatAreLongOrMeaninglessChangeNothing(timeout: String) async throws {
        let server = try ServedEndpoint(registry(.large))
        let response = try server.scrape(headers: "X-Prometheus-Scrape-Timeout-Seconds: \(timeout)\r\n")
        #expect(response.status == 200)
        #expect(response.bytes.count > LargeCollector.large.bytes)
        await server.stop()
    }

    @Test func theLoopAnswersOthersWhileALargeRegistryIsRead() async throws {
        let gate = Gate()
        defer { gate.open() }
        let registry = try registry(.large)
        try registry.gauge("gate", help: "Gate.") {
            gate.pass()
            return 1
        }
        let server = try ServedEndpoint(registry)
        let scrape = try server.connect()
        try scrape.sendScrape()
        #expect(try await eventually { gate.isReached })
        let other = try server.connect()
        for _ in 0..<10 { #expect(try other.request("/").body == "hello") }
        #expect(server.inFlight == 1)
        gate.open()
        #expect(try scrape.receive().status == 200)
        await server.stop()
    }

    /// Counts the loop's turns by a task that yields in each; a slice of a scrape takes one.
    @Test(arguments: ["", "Accept-Encoding: gzip\r\n"]) func theLoopTakesManyTurnsWhileALargeAnswerIsMade(
        coding: String
    ) async throws {
        let turns = Turns()
        let registry = try registry(.large)
        try registry.gauge("read", help: "Read.") {
            turns.mark()
            return 1
        }
        let server = try ServedEndpoint(registry, observer: turns) { router in
            router.get("/count") { request in
                try await turns.count(on: request.loop)
                return .text("")
            }
        }
        let counting = try server.connect()
        try counting.send("GET /count HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(try await eventually { turns.isCounting })
        #expect(try server.scrape(headers: coding).status == 200)
        _ = try counting.receive()
        // Slices of less than 64 KiB.
        #expect(turns.sinceMark >= LargeCollector.large.bytes / (64 << 10))
        await server.stop()
    }

    private final class Turns: ServerObserver {
        private let current = Atomic(0)
        private let marked = Atomic(0)
        private let ended = Atomic(-1)

        var isCounting: Bool { current.load(ordering: .relaxed) > 0 }
        var sinceMark: Int { ended.load(ordering: .relaxed) - marked.load(ordering: .relaxed) }

        func mark() { marked.store(current.load(ordering: .relaxed), ordering: .relaxed) }

        func count(on loop: EventLoop) async throws {
            while ended.load(ordering: .relaxed) < 0 {
                try await loop.yield()
                current.add(1, ordering: .relaxed)
            }
        }

        func requestFinished(_ request: Request, _ outcome: RequestOutcome) {
            if request.path == "/metrics" { ended.store(current.load(ordering: .relaxed), ordering: .relaxed) }
        }
    }

    @Test func aClientThatLeavesWhileItsAnswerIsMadeTakesTheScrapeAlong() async throws {
        let gate = Gate()
        defer { gate.open() }
        let registry = try registry(.large)
        try registry.gauge("gate", help: "Gate.") {
            gate.pass()
            return 1
        }
        let server = try ServedEndpoint(registry)
        let leaving = try server.connect()
        try leaving.sendScrape()
        #expect(try await eventually { gate.isReached })
        leaving.reset()
        // The loop sees the reset first.
        #expect(try server.connect().request("/").body == "hello")
        #expect(server.inFlight == 1)
        gate.open()
        #expect(try await eventually { server.inFlight == 0 })
        #expect(server.answered(200) == 0)
        await server.stop()
    }

    @Test(arguments: ["", "Accept-Encoding: gzip\r\n"]) func clientsThatResetAtAnyMomentHoldNoPlace(coding: String)
        async throws
    {
        let server = try ServedEndpoint(registry(.huge), maximumConcurrentScrapes: 4)
        for round in 0..<12 {
            let leaving = try server.connect(receiveBuffer: 4096)
            try leaving.sendScrape(headers: coding)
            switch round % 3 {
            case 0: break
            case 1: #expect(try server.connect().request("/").body == "hello")
            default: _ = try leaving.receive(hasBody: false)
            }
            leaving.reset()
            if round % 3 == 2 { #expect(try await eventually { server.inFlight == 0 }) }
        }
        #expect(try await eventually { server.inFlight == 0 })
        #expect(try server.scrape(headers: coding).status == 200)
        await server.stop()
    }
}
