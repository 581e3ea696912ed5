import EventHTTP
import TestSupport
import Testing

@Suite struct ServingTests {
    private struct Broken: Error {}

    private func serve() throws -> ServedServer {
        try ServedServer { router in
            router.get("/sync") { _ in .text("sync") }
            router.get("/async") { request in
                await Task.yield()
                return .text("async")
            }
            router.get("/slow") { request in
                try await request.loop.sleep(for: .milliseconds(300))
                return .text("slow")
            }
            router.get("/users/{id}") { request in .text("user \(request.parameters["id"]!) \(request.query ?? "-")") }
            router.get("/throws") { _ throws in throw Broken() }
            router.get("/throws-later") { request async throws in
                try await request.loop.sleep(for: .milliseconds(1))
                throw Broken()
            }
            router.get("/nothing") { _ in Response(status: .noContent) }
            router.get("/split") { request in
                Response(headers: [("X-Echo", request.parameters["none"] ?? "a\r\nSet-Cookie: b")])
            }
            router.get("/header") { request in
                Response(contentType: nil, headers: [("X-Echo", request.header("x-ASK") ?? "none")])
            }
            router.on(.post, "/echo") { request in
                .text("\(request.headers.count) \(String(decoding: request.body, as: UTF8.self))")
            }
        }
    }

    @Test(arguments: ["/sync", "/async", "/slow"]) func answers(path: String) async throws {
        let server = try serve()
        let response = try server.connect().request(path)
        #expect(response.status == 200)
        #expect(response.body == path.dropFirst())
        #expect(response.header("Content-Type") == "text/plain; charset=utf-8")
        #expect(response.header("Date")?.wholeMatch(of: #/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/#) != nil)
        #expect(response.header("Connection") == nil)
        await server.stop()
        #expect(server.events.current.finished == [200])
    }

    @Test func keepsAConnectionForManyRequests() async throws {
        let server = try serve()
        let connection = try server.connect()
        for path in ["/sync", "/async", "/nowhere", "/throws", "/sync"] { _ = try connection.request(path) }
        await server.stop()
        #expect(server.events.current.finished == [200, 200, 404, 500, 200])
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        let server = try serve()
        let connection = try server.connect()
        let paths = ["/slow", "/sync", "/async", "/slow", "/users/1", "/sync"]
        try connection.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        for path in paths {
            let body = try connection.receive().body
            #expect(body == (path == "/users/1" ? "user 1 -" : String(path.dropFirst())))
        }
        await server.stop()
    }

    @Test func givesHandlersTheirRequest() async throws {
        let server = try serve()
        let connection = try server.connect()
        #expect(try connection.request("/users/a%20b?c=d").body == "user a b c=d")
        #expect(try connection.request("http://host/users/1?x").body == "user 1 x")
        #expect(try connection.request("/header", headers: "X-Ask: yes\r\n").header("X-Echo") == "yes")
        try connection.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
        #expect(try connection.receive().body == "2 hello")
        try connection.send(
            "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")
        #expect(try connection.receive().body == "2 hello")
        #expect(try connection.request("/sync").body == "sync")
        await server.stop()
    }

    @Test func answersHeadAsGetWithoutTheBody() async throws {
        let server = try serve()
        let connection = try server.connect()
        for _ in 0..<2 {
            let response = try connection.request("/sync", method: "HEAD")
            #expect(response.status == 200)
            #expect(response.header("Content-Length") == "4")
        }
        #expect(try connection.request("/sync").body == "sync")
        await server.stop()
        #expect(server.events.current.contentBytes == [0, 0, 4])
    }

    @Test func refusesUnknownPathsAndWrongMethods() async throws {
        let server = try serve()
        let connection = try server.connect()
        #expect(try connection.request("/nowhere").status == 404)
        let response = try connection.request("/sync", method: "DELETE")
        #expect(response.status == 405)
        #expect(response.header("Allow") == "GET, HEAD")
        #expect(try connection.request("/users/%zz").status == 400)
        #expect(try server.connect().request("/sync", method: "BREW").status == 501)
        #expect(try server.connect().request("host:80", method: "CONNECT").status == 501)
        await server.stop()
    }

    @Test(arguments: ["/throws", "/throws-later", "/split"]) func aFailingHandlerGives500AndOneLogLine(path: String)
        async throws
    {
        let server = try serve()
        let connection = try server.connect()
        let response = try connection.request(path)
        #expect(response.status == 500)
        #expect(!response.head.contains("Set-Cookie"))
        #expect(try connection.request("/sync").status == 200)
        await server.stop()
        #expect(server.log.all.filter { $0.hasPrefix("error handler failed") && $0.contains(path) }.count == 1)
    }

    @Test func sends204WithoutContentAndWithoutLength() async throws {
        let server = try serve()
        let connection = try server.connect()
        let response = try connection.request("/nothing")
        #expect(response.status == 204)
        #expect(response.header("Content-Length") == nil)
        #expect(try connection.request("/sync").body == "sync")
        await server.stop()
    }

    @Test(
        arguments: [
            ("HTTP/1.1", "", false, nil), ("HTTP/1.1", "Connection: close\r\n", true, "close"),
            ("HTTP/1.1", "Connection: x, Close\r\n", true, "close"),
            ("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n", true, "close"),
            ("HTTP/1.0", "", true, "close"),
            ("HTTP/1.0", "Connection: keep-alive\r\n", false, "keep-alive"),
        ] as [(String, String, Bool, String?)])
    func closesWhenTheClientWantsIt(version: String, headers: String, closes: Bool, said: String?) async throws {
        let server = try serve()
        let connection = try server.connect(timeout: 1)
        for path in ["/sync", "/async"] where path == "/sync" || !closes {
            try connection.send("GET \(path) \(version)\r\nHost: h\r\n\(headers)\r\n")
            #expect(try connection.receive().header("Connection") == said)
        }
        #expect(connection.isClosedByServer() == closes)
        await server.stop()
    }

    @Test func manyLoopsShareAPort() async throws {
        let server = try ServedServer(loops: 4) { router in
            router.get("/") { request in .text("\(request.loop.index)") }
        }
        var loops: Set<String> = []
        for _ in 0..<200 where loops.count < 4 { loops.insert(try server.connect().request("/").body) }
        #expect(loops == ["0", "1", "2", "3"])
        await server.stop()
    }

    @Test func observersSeeTheRoutesAndTheUnmatchedOneLast() async throws {
        let server = try serve()
        let routes = server.events.current.routes
        #expect(routes.first?.template == "/sync")
        #expect(routes.last?.template == nil)
        await server.stop()
    }
}
