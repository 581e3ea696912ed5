import EventHTTP
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite struct HTTPClientTests {
    private static let timeout = Duration.seconds(30)

    /// What the client makes of an answer, which comes in one piece, or byte by byte.
    private func answer(
        _ text: String, to method: HTTPMethod = .get, limit: Int = 1000, timeout: Duration = timeout,
        byteByByte: Bool = false, then end: @escaping @Sendable (ScriptedServer.Peer) -> Void = { _ in }
    ) throws -> HTTPClient.Response {
        let server = try ScriptedServer { peer in
            peer.receive(until: "\r\n\r\n")
            if byteByByte {
                for character in text.unicodeScalars where !peer.send(String(character)) { break }
            } else {
                peer.send(text)
            }
            end(peer)
        }
        return try HTTPClient.send(method, "http://127.0.0.1:\(server.port)/", timeout: timeout, limit: limit)
    }

    private func failure(of request: () throws -> HTTPClient.Response) -> HTTPClient.Failure? {
        do {
            _ = try request()
            return nil
        } catch {
            return error as? HTTPClient.Failure
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", 200, "hello"),
        ("HTTP/1.1 201\r\ncontent-length:0\r\n\r\n", 201, ""),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 404, "abc"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A;x=\"y\"\r\n0123456789\r\n0\r\n\r\n",
            200, "abc0123456789"
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 1\r\n\r\n2 \r\nab\r\n0\r\nTrailer: x\r\n\r\n",
            200, "ab"
        ),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end"),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nuntil the end", 200, "until the end"),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, ""),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, ""),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
            200, "a"
        ),
        ("HTTP/1.1 200 OK\nContent-Length: 1\n\na", 200, "a"),
    ])
    func readsEveryFormOfContent(text: String, status: Int, body: String) throws {
        for byteByByte in [false, true] {
            let response = try answer(text, byteByByte: byteByByte)
            #expect(response.status == status)
            #expect(String(decoding: response.body, as: UTF8.self) == body)
        }
    }

    @Test func anAnswerToHeadHasNoContent() throws {
        // The connection stays open: nothing but the head can end the wait.
        let response = try answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", to: .head) { $0.waitForEnd() }
        #expect(response.status == 200)
        #expect(response.body.isEmpty)
    }

    @Test func readsHeaderFieldsInTheirOrder() throws {
        let response = try answer("HTTP/1.1 200 OK\r\nB: 1 2 \r\na:\t3:4\r\nB:\r\nContent-Length: 0\r\n\r\n")
        #expect(response.headers.map(\.name) == ["B", "a", "B", "Content-Length"])
        #expect(response.headers.map(\.value) == ["1 2", "3:4", "", "0"])
    }

    @Test(
        arguments: [
            (
                HTTPMethod.put, "/metrics/job/a?b=c", [(name: "Content-Type", value: "text/plain")], "a 1\n",
                "PUT /metrics/job/a?b=c HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\na 1\n"
            ),
            (.get, "", [], "", "GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n\r\n"),
            (.get, "?q#fragment", [], "", "GET /?q HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\n\r\n"),
            (
                .post, "/", [], "",
                "POST / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            ),
            (
                .delete, "/", [(name: "A", value: "1"), (name: "A", value: "")], "",
                "DELETE / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nConnection: close\r\nA: 1\r\nA: \r\n\r\n"
            ),
        ] as [(HTTPMethod, String, [(name: String, value: String)], String, String)])
    func sendsWhatItIsAskedTo(
        method: HTTPMethod, target: String, headers: [(name: String, value: String)], body: String, expected: String
    ) throws {
        let received = Mutex("")
        let server = try ScriptedServer { peer in
            let head = peer.receive(until: "\r\n\r\n")
            let content = body.isEmpty ? "" : peer.receive(until: body)
            received.withLock { $0 = head + content }
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        _ = try HTTPClient.send(
            method, "http://127.0.0.1:\(server.port)\(target)", headers: headers, body: Array(body.utf8),
            timeout: Self.timeout)
        #expect(received.withLock { $0 } == expected.replacing("PORT", with: "\(server.port)"))
    }

    @Test(arguments: HTTPMethod.allCases) func talksToTheServerOfThisPackage(method: HTTPMethod) async throws {
        let server = try ServedServer(loops: 1) { router in
            for method in HTTPMethod.allCases where method != .head {
                router.on(method, "/echo") { request in
                    Response(status: .accepted, headers: [("X", request.header("x") ?? "")], body: .bytes(request.body))
                }
            }
        }
        // TRACE and HEAD have none (RFC 9110 §9.3.2, §9.3.8), PUT's is more than one read can take.
        let body = [UInt8](repeating: 7, count: [.trace, .head].contains(method) ? 0 : method == .put ? 900_000 : 3)
        let response = try HTTPClient.send(
            method, "http://localhost:\(server.port)/echo", headers: [("X", "y")], body: body, timeout: Self.timeout)
        #expect(response.status == 202)
        #expect(response.headers.contains { $0 == ("X", "y") })
        #expect(response.body == body)
        await server.stop()
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3E9\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n3E8\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n7FFFFFFFFFFFFFFF\r\n",
        "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "a", count: 1001),
    ])
    func readsNoMoreContentThanItMay(text: String) {
        #expect(failure { try answer(text) } == .responseTooLarge(limit: 1000))
    }

    @Test func readsAsMuchContentAsItMay() throws {
        let content = String(repeating: "a", count: 1000)
        for head in ["Content-Length: 1000\r\n\r\n", "\r\n", "Transfer-Encoding: chunked\r\n\r\n3E8\r\n"] {
            let end = head.hasPrefix("T") ? "\r\n0\r\n\r\n" : ""
            #expect(try answer("HTTP/1.1 200 OK\r\n\(head)\(content)\(end)").body == Array(content.utf8))
        }
    }

    @Test(arguments: [
        "", "\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 20\r\n\r\n",
        "HTTP/1.1 +20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n", "HTTP/1.1 200 OK\r\nA : x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: x\r\n folded\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + String(repeating: "x", count: 1024),
        "HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 65536),
        String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 3000),
    ])
    func saysWhenAnAnswerIsMalformed(text: String) throws {
        let failure = failure { try answer(text + "\r\n") }
        guard case .malformedResponse = failure else {
            Issue.record("\(String(describing: failure)) for \(text.prefix(100))")
            return
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
    ])
    func neverTakesAPartOfAnAnswerForTheWhole(text: String) {
        #expect(failure { try answer(text) } == .connectionLost(code: nil))
        #expect(failure { try answer(text, then: { $0.reset() }) } == .connectionLost(code: ECONNRESET))
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "HTTP/1.1 200 OK\r\n\r\nab",
    ])
    func stopsWaitingInTime(text: String) {
        let limit = Duration.milliseconds(50)
        #expect(failure { try answer(text, timeout: limit) { $0.waitForEnd() } } == .noAnswer(within: limit))
    }

    @Test func aServerThatSendsNowAndThenDoesNotMakeTheTimeLonger() {
        let limit = Duration.milliseconds(100)
        let failure = failure {
            try answer("HTTP/1.1 200 OK\r\n\r\n", timeout: limit) { peer in
                // Without the deadline it would take 20 s.
                for _ in 0..<1000 where peer.send("a") { usleep(20_000) }
            }
        }
        #expect(failure == .noAnswer(within: limit))
    }

    @Test func aServerThatDoesNotReadDoesNotMakeTheTimeLonger() throws {
        let limit = Duration.milliseconds(100)
        let isOver = Mutex(false)
        let server = try ScriptedServer { _ in while !isOver.withLock({ $0 }) { usleep(1000) } }
        let failure = failure {
            try HTTPClient.send(
                .post, "http://127.0.0.1:\(server.port)/", body: .init(repeating: 0, count: 50 << 20), timeout: limit)
        }
        isOver.withLock { $0 = true }
        #expect(failure == .noAnswer(within: limit))
    }

    @Test func readsTheAnswerOfAServerThatRefusesTheContent() throws {
        let server = try ScriptedServer { peer in
            peer.receive(until: "\r\n\r\n")
            peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
        }
        let response = try HTTPClient.send(
            .post, "http://127.0.0.1:\(server.port)/", body: .init(repeating: 0, count: 50 << 20),
            timeout: Self.timeout)
        #expect(response.status == 413)
        #expect(response.body == Array("no".utf8))
    }

    @Test func saysWhenNobodyListensOrTheHostIsUnknown() async throws {
        let server = try ServedServer { $0.get("/ok") { _ in .text("fine") } }
        let url = "http://127.0.0.1:\(server.port)/ok"
        #expect(try HTTPClient.get(url, timeout: Self.timeout).body == Array("fine".utf8))
        await server.stop()
        #expect(throws: HTTPClient.Failure.cannotConnect(code: ECONNREFUSED)) {
            try HTTPClient.get(url, timeout: Self.timeout)
        }
        // No label is that long: no name server is asked.
        let failure = failure {
            try HTTPClient.get("http://\(String(repeating: "x", count: 64)).invalid/", timeout: Self.timeout)
        }
        guard case .unknownHost = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test(arguments: [
        "", "h", "/", "ftp://h/", "https://h/", "http://", "http:///a", "http://h:65536/", "http://h:x/",
        "http://user@h/",
        "http://user:password@h/", "http://h/a b", "http://h/\r\nX: y", "http://h/\u{0}", "http://h/ü",
    ])
    func refusesWhatIsNoURL(url: String) {
        #expect(throws: HTTPClient.Failure.invalidURL) { try HTTPClient.get(url, timeout: .seconds(1)) }
    }

    @Test(arguments: [
        ("", "x"), ("a b", "x"), ("a:", "x"), ("A", "x\r\nB: y"), ("A", "x\n"), ("A", "\u{0}"), ("Host", "x"),
        ("content-length", "1"), ("Transfer-Encoding", "chunked"), ("CONNECTION", "keep-alive"),
    ])
    func refusesHeaderFieldsThatCannotBeSent(name: String, value: String) {
        #expect(throws: HTTPClient.Failure.invalidHeader(name: name)) {
            try HTTPClient.send(.get, "http://127.0.0.1:1/", headers: [(name, value)], timeout: .seconds(1))
        }
    }
}
