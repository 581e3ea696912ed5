import EventHTTP
import Reference

/// A route, and what it is expected to answer.
struct Page: Sendable {
    let method: HTTPMethod
    let template: String
    let handler: Handler
    let answer: @Sendable (SentRequest) -> Answer

    static func sync(
        _ method: HTTPMethod, _ template: String, _ respond: @escaping @Sendable (Request) throws -> Response,
        _ answer: @escaping @Sendable (SentRequest) -> Answer
    ) -> Page {
        Page(method: method, template: template, handler: .synchronous(respond), answer: answer)
    }

    static func async(
        _ method: HTTPMethod, _ template: String, _ respond: @escaping @Sendable (Request) async throws -> Response,
        _ answer: @escaping @Sendable (SentRequest) -> Answer
    ) -> Page {
        Page(method: method, template: template, handler: .asynchronous(respond), answer: answer)
    }

    struct Failure: Error {}

    static let barrier = Barrier()
    static let largeText = String(repeating: "0123456789abcdef", count: 20_000)
    private static let largeAnswer = Answer.text(largeText).large
    static let floodPiece = [UInt8](repeating: UInt8(ascii: "f"), count: 16 << 10)
    static let floodPieces = 24
    private static let floodContent = [UInt8](repeatElement(floodPiece, count: floodPieces).joined())

    static let all = plain + waiting + streams

    private static let plain: [Page] = [
        .sync(.get, "/sync", { .text(describe($0)) }, { .text($0.description) }),
        .sync(.options, "/sync", { .text(describe($0)) }, { .text($0.description) }),
        .sync(.get, "/", { .text(describe($0)) }, { .text($0.description) }),
        .sync(.get, "/items/{id}", { .text(describe($0)) }, { .text($0.description) }),
        .sync(.get, "/items/{id}/x", { .text(describe($0)) }, { .text($0.description) }),
        .sync(.delete, "/items/new", { .text(describe($0)) }, { .text($0.description) }),
        .sync(.post, "/echo", { Response(body: .bytes($0.body)) }, { Answer(content: .whole($0.content)) }),
        .sync(.put, "/items/{id}", { .text(describe($0)) }, { .text($0.description) }),
        .sync(.get, "/throws", { _ in throw Failure() }, { _ in .failed }),
        .sync(.get, "/empty", { _ in Response(status: .noContent) }, { _ in Answer(status: 204) }),
        .sync(.get, "/unmodified", { _ in .text("x", status: .notModified) }, { _ in .text("x", status: 304) }),
        .sync(.get, "/split") {
            Response(headers: [("X", $0.queryValues("v").first ?? "")])
        } _: {
            let value = $0.queryValues("v").first ?? ""
            return value.utf8.allSatisfy(isFieldByte) ? Answer(fields: [("X", value)]) : .failed
        },
        .sync(.get, "/large", { _ in .text(largeText) }, { _ in largeAnswer }),
        .sync(.get, "/pieces") { _ in
            var pieces = ContentPieces()
            for _ in 0..<floodPieces { pieces.append(floodPiece) }
            return Response(body: .pieces(pieces))
        } _: { _ in
            Answer(content: .whole(floodContent)).large
        },
    ]

    private static let waiting: [Page] = [
        .async(.get, "/async") {
            await Task.yield()
            return .text(describe($0))
        } _: {
            .text($0.description)
        },
        .async(.post, "/async") {
            await Task.yield()
            return Response(body: .bytes($0.body))
        } _: {
            Answer(content: .whole($0.content))
        },
        .async(.get, "/throws-later") { _ in
            await Task.yield()
            throw Failure()
        } _: { _ in
            .failed
        },
        .async(.get, "/wait") {
            try await barrier.wait()
            return .text(describe($0))
        } _: {
            Answer.text($0.description).cancellable
        },
        .async(.post, "/wait") {
            try await barrier.wait()
            return Response(body: .bytes($0.body))
        } _: {
            Answer(content: .whole($0.content)).cancellable
        },
        .async(.get, "/stubborn") {
            try? await barrier.wait()
            return .text(describe($0))
        } _: {
            .text($0.description)
        },
        .async(.get, "/sleep") {
            try await $0.loop.sleep(for: .microseconds(1))
            return .text(describe($0))
        } _: {
            Answer.text($0.description).cancellable
        },
        .async(.get, "/yield") {
            try await $0.loop.yield()
            return .text(describe($0))
        } _: {
            Answer.text($0.description).cancellable
        },
    ]

    private static let streams: [Page] = [
        .sync(.get, "/stream/{id}") {
            let count = Int($0.parameters["id"]!.utf8.first! % 8)
            return .stream { writer in
                for _ in 0..<count {
                    try await writer.write("piece\n")
                    await Task.yield()
                }
            }
        } _: {
            .stream(String(repeating: "piece\n", count: Int($0.parameters["id"]!.utf8.first! % 8)))
        },
        .async(.get, "/exact") { _ in
            await Task.yield()
            return .stream(length: 10) {
                try await $0.write("hello")
                try await barrier.wait()
                try await $0.write("hello")
            }
        } _: { _ in
            .stream("hellohello", length: 10)
        },
        .sync(.get, "/short") { _ in
            .stream(length: 10) { try await $0.write("hello") }
        } _: { _ in
            Answer.stream("hello", length: 10).broken
        },
        .sync(.get, "/long") { _ in
            .stream(length: 5) {
                try await $0.write("hello")
                try? await $0.write("hello")
            }
        } _: { _ in
            .stream("hello", length: 5)
        },
        .sync(.get, "/breaks") { _ in
            .stream {
                try await $0.write("hello")
                throw Failure()
            }
        } _: { _ in
            Answer.stream("hello").broken
        },
        .sync(.get, "/early", { _ in .stream { _ in throw Failure() } }, { _ in Answer.failed }),
        .sync(.get, "/silent", { _ in .stream { _ in } }, { _ in Answer.stream("") }),
        .sync(.get, "/trailer") {
            let (name, value) = trailer($0.queryValues)
            return .stream {
                try await $0.write("hello")
                do {
                    try await $0.addTrailer(name, value)
                } catch is ResponseWriterError {
                    try await $0.write("refused")
                }
            }
        } _: {
            let (name, value) = trailer($0.queryValues)
            guard isToken(name.utf8), value.utf8.allSatisfy(isFieldByte), !isHeaderOnly(name) else {
                return .stream("hellorefused")
            }
            var answer = Answer.stream("hello")
            answer.trailers = [(name, value)]
            return answer
        },
        .sync(.get, "/flood") { _ in
            .stream { for _ in 0..<floodPieces { try await $0.write(floodPiece) } }
        } _: { _ in
            Answer(content: .stream(floodContent, length: nil), isCancellable: true).large
        },
    ]

    private static func trailer(_ values: (String) -> [String]) -> (String, String) {
        (values("n").first ?? "X", values("v").first ?? "")
    }

    /// RFC 9110 §6.5.1.
    private static func isHeaderOnly(_ name: String) -> Bool {
        [
            "connection", "content-encoding", "content-length", "content-range", "content-type", "host", "set-cookie",
            "trailer", "transfer-encoding",
        ].contains(name.lowercased())
    }
}
