import EventHTTP
import Synchronization
import TestSupport
import Testing

/// Content of every size and kind, on its way out.
@Suite struct LargeContentTests {
    enum Kind: String, CaseIterable, Sendable { case string, bytes, pieces, crumbs }

    /// Around what is copied behind the head, and more than any socket takes at once.
    static let sizes = [0, 1, 4096, 65_535, 65_536, 65_537, 300_000, 8 << 20]

    /// Letters, so that it is a string too; they repeat themselves only after 8191, a prime, where nothing is cut.
    private static let letters = {
        let period = (0..<8191).map { UInt8(ascii: "a") + UInt8($0 % 25) }
        var letters: [UInt8] = []
        while letters.count < 8 << 20 { letters += period }
        return Array(letters.prefix(8 << 20))
    }()

    /// How many answers' content hasn't been let go of.
    private final class Owned: Sendable {
        let count = Atomic(0)
    }

    private final class Owner: Sendable {
        private let owned: Owned
        init(_ owned: Owned) {
            self.owned = owned
            owned.count.add(1, ordering: .relaxed)
        }
        deinit { owned.count.subtract(1, ordering: .relaxed) }
    }

    private static func content(_ kind: Kind, _ size: Int, _ owner: Owner? = nil) -> Response.Body {
        let bytes = Array(letters.prefix(size))
        switch kind {
        case .string: return .string(String(decoding: bytes, as: UTF8.self))
        case .bytes: return .bytes(bytes)
        case .pieces:
            var pieces = ContentPieces(owner: owner)
            var rest = bytes[...]
            // Of uneven sizes, none among them.
            for size in [0, 1, 100_000] + Array(repeating: 33_333, count: 300) {
                pieces.append(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            return .pieces(pieces)
        case .crumbs:
            // More than a system call sends at once, though few bytes.
            var pieces = ContentPieces(owner: owner)
            for start in stride(from: 0, to: size, by: 256) {
                pieces.append(Array(bytes[start..<min(start + 256, size)]))
            }
            return .pieces(pieces)
        }
    }

    private func serve(_ owned: Owned = Owned(), grace: Duration = .seconds(8)) throws -> ServedServer {
        try ServedServer(grace: grace) { router in
            router.get("/{kind}/{size}") { request in
                let kind = Kind(rawValue: request.parameters["kind"]!)!
                return Response(body: Self.content(kind, Int(request.parameters["size"]!)!, Owner(owned)))
            }
            router.get("/small") { _ in .text("small") }
        }
    }

    @Test(arguments: Kind.allCases, sizes) func everyByteArrives(kind: Kind, size: Int) async throws {
        let server = try serve()
        let connection = try server.connect()
        for _ in 0..<2 {
            let response = try connection.request("/\(kind)/\(size)")
            #expect(response.header("Content-Length") == "\(size)")
            #expect(response.bytes == Array(Self.letters.prefix(size)))
        }
        #expect(try connection.request("/small").body == "small")
        await server.stop()
        #expect(server.events.current.contentBytes == [size, size, 5])
    }

    @Test(arguments: Kind.allCases) func slowReadersGetEveryByteAndPipelinedRequestsTheirAnswers(kind: Kind)
        async throws
    {
        let server = try serve()
        let connection = try server.connect(receiveBuffer: 4096)
        let sizes = [8 << 20, 5, 300_000, 0, 70_000]
        try connection.send(
            sizes.map { "GET /\(kind)/\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined()
                + "GET /small HTTP/1.1\r\nHost: h\r\n\r\n")
        for size in sizes { #expect(try connection.receive().bytes == Array(Self.letters.prefix(size))) }
        #expect(try connection.receive().body == "small")
        await server.stop()
    }

    @Test(arguments: Kind.allCases) func theConnectionClosesBehindTheLastByte(kind: Kind) async throws {
        let server = try serve()
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send("GET /\(kind)/\(8 << 20) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(try connection.receive().bytes == Self.letters)
        #expect(connection.isClosedByServer())
        await server.stop()
    }

    @Test(arguments: Kind.allCases) func headGetsTheHeadOnly(kind: Kind) async throws {
        let server = try serve()
        let connection = try server.connect()
        for size in Self.sizes {
            let response = try connection.request("/\(kind)/\(size)", method: "HEAD")
            #expect(response.header("Content-Length") == "\(size)")
        }
        #expect(try connection.request("/small").body == "small")
        await server.stop()
    }

    @Test(arguments: Kind.allCases) func clientsThatResetInTheMiddleLeaveNothingBehind(kind: Kind) async throws {
        let owned = Owned()
        let server = try serve(owned)
        for _ in 0..<20 {
            let connection = try server.connect(receiveBuffer: 4096)
            try connection.send(
                "GET /\(kind)/\(8 << 20) HTTP/1.1\r\nHost: h\r\n\r\nGET /small HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try connection.receive(hasBody: false)
            connection.reset()
        }
        #expect(try await eventually { owned.count.load(ordering: .relaxed) == 0 })
        #expect(try server.connect().request("/small").body == "small")
        await server.stop()
    }

    @Test func piecesAreLetGoOfWhenTheyHaveLeftAndNotBefore() async throws {
        let owned = Owned()
        let server = try serve(owned)
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send("GET /pieces/\(8 << 20) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await eventually { server.events.inFlight == 0 && server.events.current.started == 1 })
        #expect(try server.connect().request("/small").body == "small")
        // The end of the content is still to be sent: nobody reads it.
        #expect(owned.count.load(ordering: .relaxed) == 1)
        _ = try connection.receive()
        #expect(try await eventually { owned.count.load(ordering: .relaxed) == 0 })
        await server.stop()
    }

    @Test func piecesAreLetGoOfWhenTheServerEndsFirst() async throws {
        let owned = Owned()
        let server = try serve(owned, grace: .milliseconds(10))
        let connection = try server.connect(receiveBuffer: 4096)
        try connection.send("GET /pieces/\(8 << 20) HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try connection.receive(hasBody: false)
        await server.stop()
        #expect(owned.count.load(ordering: .relaxed) == 0)
    }

    @Test func oneResponseCanBeSentToManyAtOnce() async throws {
        let response = Response(body: Self.content(.pieces, 1 << 20))
        let server = try ServedServer(loops: 3) { router in router.get("/") { _ in response } }
        let connections = try (0..<12).map { _ in try server.connect() }
        for connection in connections { try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
        for connection in connections {
            #expect(try connection.receive().bytes == Array(Self.letters.prefix(1 << 20)))
        }
        await server.stop()
    }

    @Test func textOfSeveralBytesPerCharacterIsCountedInBytes() async throws {
        let text = String(repeating: "ä€😀", count: 10_000)
        let server = try ServedServer { router in router.get("/") { _ in .text(text) } }
        let response = try server.connect().request("/")
        #expect(response.header("Content-Length") == "90000")
        #expect(response.body == text)
        await server.stop()
    }
}
