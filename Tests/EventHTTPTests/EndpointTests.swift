import EventHTTP
import Foundation
import Glibc
import Logging
import Synchronization
import TestSupport
import Testing

/// Where a server listens, who may ask there, and what every reply says.
@Suite struct EndpointTests {
    private func router(_ text: String) -> Router {
        var router = Router()
        router.get("/") { request in .text("\(text) \(request.routeIndex) \(request.remoteAddress.isEmpty)") }
        router.on(.post, "/") { request in .text("\(request.body.count)") }
        return router
    }

    private func temporaryPath() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("s\(UUID().uuidString.prefix(8))").path
    }

    @Test func listensOnUNIXSockets() async throws {
        let path = temporaryPath()
        let server = try HTTPServer(router("unix"), listen: ["unix:\(path)"], loops: 3).start()
        #expect(server.addresses == [.unix(path: path)])
        for _ in 0..<10 { #expect(try RawConnection(path: path).request("/").body == "unix 0 true") }
        #expect(throws: ServerError.self) {
            try HTTPServer(Router(), listen: ["unix:\(path)"], loops: 1).start()
        }
        #expect(try RawConnection(path: path).request("/").status == 200)
        server.drain()
        await server.waitUntilEnded()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// More than the socket holds, both ways.
    @Test func muchGoesThroughUNIXSockets() async throws {
        let path = temporaryPath()
        let content = String(repeating: "0123456789abcde\n", count: 50_000)
        var router = Router()
        router.on(.post, "/") { request in Response(body: .bytes(request.body)) }
        let server = try HTTPServer(router, listen: ["unix:\(path)"], loops: 1).start()
        let connection = try RawConnection(path: path)
        for _ in 0..<3 {
            try connection.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(content.utf8.count)\r\n\r\n" + content)
            #expect(try connection.receive().body == content)
        }
        server.drain()
        await server.waitUntilEnded()
    }

    @Test func leavesNothingOnceItHasEnded() async throws {
        let path = temporaryPath()
        for round in UInt32(0)..<400 {
            let server = try HTTPServer(Router(), listen: ["unix:\(path)"], loops: 3).start()
            server.end()
            // To begin waiting at another moment of the end each time, before it, in it, and after.
            usleep(round)
            await server.waitUntilEnded()
            #expect(access(path, F_OK) == -1)
        }
    }

    @Test func replacesTheSocketOfAServerThatCrashed() async throws {
        let path = temporaryPath()
        let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(left, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(left)
        let server = try HTTPServer(router("new"), listen: ["unix:\(path)"], loops: 1).start()
        #expect(try RawConnection(path: path).request("/").status == 200)
        server.drain()
        await server.waitUntilEnded()
    }

    @Test func doesNotTouchAFileThatIsNoSocket() throws {
        let path = temporaryPath()
        try Data("kept".utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: ServerError.self) { try HTTPServer(Router(), listen: ["unix:\(path)"], loops: 1).start() }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "kept")
    }

    @Test func takesOverSocketsAndLeavesTheirQueueToOthers() async throws {
        // As a supervisor would make one.
        let (descriptor, port) = try listenOnLoopback(backlog: 64)
        let kept = dup(descriptor)
        defer { close(kept) }
        let first = try HTTPServer(router("first"), listen: ["fd:\(descriptor)"], loops: 2).start()
        #expect(first.addresses == [.tcp(host: "127.0.0.1", port: port)])
        for _ in 0..<10 { #expect(try RawConnection(port: port).request("/").status == 200) }
        first.drain()
        await first.waitUntilEnded()
        // Nobody accepts, but the queue is there.
        let waiting = try RawConnection(port: port)
        try waiting.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let second = try HTTPServer(router("second"), listen: ["fd:\(dup(kept))"], loops: 2).start()
        #expect(try waiting.receive().body.hasPrefix("second"))
        second.drain()
        await second.waitUntilEnded()
    }

    @Test(arguments: ["fd:999", "fd:0"]) func refusesDescriptorsThatDoNotListen(address: String) {
        #expect {
            try HTTPServer(Router(), listen: [address], loops: 1).start()
        } throws: { "\($0)".hasPrefix("can't listen on \(address): ") }
    }

    @Test func furtherAddressesHaveTheirOwnRoutes() async throws {
        var metrics = Router()
        metrics.get("/metrics") { request in .text("\(request.routeIndex) \(request.routeTemplate ?? "")") }
        let routes = Mutex<[Route]>([])
        final class Watcher: ServerObserver {
            let seen: @Sendable ([Route]) -> Void
            init(_ seen: @escaping @Sendable ([Route]) -> Void) { self.seen = seen }
            func serverWillStart(routes: [Route], loops: [EventLoop]) { seen(routes) }
        }
        let server = try HTTPServer(router("main"), listen: ["127.0.0.1:0"], loops: 2)
            .listening(on: ["127.0.0.1:0"], serving: metrics)
            .observed(by: Watcher { seen in routes.withLock { $0 = seen } })
            .start()
        let main = try RawConnection(port: server.addresses[0].port)
        let other = try RawConnection(port: server.addresses[1].port)
        #expect(try main.request("/").status == 200)
        #expect(try main.request("/metrics").status == 404)
        #expect(try other.request("/metrics").body == "2 /metrics")
        #expect(try other.request("/").status == 404)
        #expect(routes.withLock { $0.map(\.template) } == ["/", "/", "/metrics", nil])
        server.drain()
        await server.waitUntilEnded()
    }

    /// Wants a field `Pass`, and thinks about it if it says so.
    private struct Doorkeeper: RequestGuard {
        func decide(_ request: Request) -> GuardDecision {
            switch request.header("Pass") {
            case "yes": return .admit
            case "later":
                let loop = request.loop
                return .wait {
                    try await loop.sleep(for: .milliseconds(20))
                    return nil
                }
            case "no, later":
                return .wait { .text("thought about it", status: .forbidden) }
            case "broken":
                return .wait { throw TestFailure("broken") }
            case "forever":
                let loop = request.loop
                return .wait {
                    try await loop.sleep(for: .seconds(3600))
                    return nil
                }
            default: return .refuse(.text("no", status: .unauthorized))
            }
        }
    }

    @Test func aGuardDecidesAboutEveryRequest() async throws {
        let server = try ServedServer(guard: Doorkeeper()) { router in
            router.get("/") { _ in .text("in") }
            router.on(.post, "/") { request in .text("\(request.body.count)") }
        }
        let connection = try server.connect()
        for (pass, status) in [("yes", 200), ("later", 200), ("no, later", 403), ("broken", 500), ("?", 401)] {
            #expect(try connection.request("/", headers: "Pass: \(pass)\r\n").status == status)
        }
        // Strangers can't tell which paths there are.
        #expect(try connection.request("/nowhere").status == 401)
        #expect(try connection.request("/nowhere", headers: "Pass: later\r\n").status == 404)
        for pass in ["yes", "later"] {
            try connection.send(
                "POST / HTTP/1.1\r\nHost: h\r\nPass: \(pass)\r\nContent-Length: 5\r\n\r\nhello"
                    + "GET / HTTP/1.1\r\nHost: h\r\nPass: \(pass)\r\n\r\n")
            #expect(try connection.receive().body == "5")
            #expect(try connection.receive().body == "in")
        }
        // The content of one that isn't admitted is never read, least of all as a request.
        let smuggled = "GET / HTTP/1.1\r\nHost: h\r\nPass: yes\r\n\r\n"
        for (pass, status) in [("?", 401), ("no, later", 403), ("broken", 500)] {
            let connection = try server.connect()
            try connection.send(
                "POST / HTTP/1.1\r\nHost: h\r\nPass: \(pass)\r\nContent-Length: 1000\r\n\r\n" + smuggled)
            let refused = try connection.receive()
            #expect(refused.status == status)
            #expect(refused.header("Connection") == "close")
            #expect(connection.isClosedByServer())
        }
        await server.stop()
        #expect(server.events.inFlight == 0)
    }

    @Test func clientsThatLeaveWhileAGuardThinksLeaveNothingBehind() async throws {
        let server = try ServedServer(guard: Doorkeeper()) { $0.get("/") { _ in .text("in") } }
        for number in 0..<20 {
            let connection = try server.connect()
            try connection.send("GET / HTTP/1.1\r\nHost: h\r\nPass: forever\r\n\r\n")
            #expect(try await eventually { server.open == 1 })
            if number.isMultiple(of: 2) { connection.reset() } else { connection.endSending() }
            #expect(try await eventually { server.open == 0 })
        }
        #expect(server.events.current.started == 0)
        await server.stop()
    }

    @Test func everyReplyGetsTheServersFields() async throws {
        let server = try HTTPServer(router(""), listen: ["127.0.0.1:0"], loops: 1)
            .responding(with: [("X-One", "1"), ("X-Two", "2")])
            .start()
        for request in ["GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n", "BAD\r\n\r\n"]
        {
            let connection = try RawConnection(port: server.addresses[0].port)
            try connection.send(request)
            let response = try connection.receive()
            #expect(response.header("X-One") == "1")
            #expect(response.header("X-Two") == "2")
            #expect(response.header("Server") == nil)
        }
        server.drain()
        await server.waitUntilEnded()
        #expect(throws: ServerError.self) {
            try HTTPServer(Router(), listen: [], loops: 1).responding(with: [("X", "a\r\nY: b")]).start()
        }
    }

    @Test func beforeDrainingBeginsEverythingGoesOn() async throws {
        let server = try HTTPServer(
            router(""), listen: ["127.0.0.1:0"], loops: 2, draining: .init(delay: .milliseconds(500))
        ).start()
        let port = server.addresses[0].port
        let kept = try RawConnection(port: port)
        #expect(try kept.request("/").status == 200)
        server.drain()
        #expect(try kept.request("/").header("Connection") == nil)
        #expect(try RawConnection(port: port).request("/").header("Connection") == nil)
        await server.waitUntilEnded()
        #expect(throws: TestFailure.self) { try RawConnection(port: port) }
    }
}
