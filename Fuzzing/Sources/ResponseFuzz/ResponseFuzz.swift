import FuzzSupport
import Reference

@testable import EventHTTP

/// Responses, as they are sent.
///
/// The input is four bytes of settings, then texts, separated by the byte 0xFF: the media type, the content, and names
/// and values of fields in turn.
@main enum ResponseFuzz {
    private struct Case {
        var response = Response()
        var framing = ResponseEncoder.Framing.untilClose
        var omitsContent = false
        var persistence = ResponseEncoder.Persistence.implied
        var content: [UInt8] = []
    }

    // Sound: libFuzzer calls from one thread. One encoder, as a loop has: nothing of a response may stay for the next.
    nonisolated(unsafe) private static var encoder = ResponseEncoder()

    static func main() { fuzz(run) }

    private static func run(_ input: Input) {
        let made = makeCase(input)
        let names = made.response.headers.map(\.name)
        let values = made.response.headers.map(\.value) + [made.response.contentType ?? ""]
        let hasMistake =
            !names.allSatisfy { isToken($0.utf8) } || !values.allSatisfy { $0.utf8.allSatisfy(isFieldByte) }
        checkEqual(made.response.unsendableField != nil, hasMistake, "whether \(made.response) can't be sent")
        if !hasMistake { checkEncoding(of: made) }
    }

    private static func makeCase(_ input: Input) -> Case {
        var settings = Settings(input)
        var made = Case()
        made.response.status = HTTPStatus(150 + 2 * settings.next())
        let bodyKind = settings.next()
        made.omitsContent = settings.next() % 4 == 3
        made.persistence = settings.next(of: [.implied, .keepAlive, .close])
        var texts = settings.bytes.split(separator: 0xFF, omittingEmptySubsequences: false).map { Array($0) }[...]
        made.response.contentType = texts.popFirst().flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) }
        made.content = texts.popFirst() ?? []
        while let name = texts.popFirst() {
            made.response.headers.append(
                (String(decoding: name, as: UTF8.self), String(decoding: texts.popFirst() ?? [], as: UTF8.self)))
        }
        switch bodyKind % 16 {
        case 0: made.response.body = .bytes(made.content)
        case 1:
            let text = String(decoding: made.content, as: UTF8.self)
            made.response.body = .string(text)
            made.content = Array(text.utf8)
        case 2...6:
            var pieces = ContentPieces()
            for start in stride(from: 0, to: made.content.count, by: 1 + bodyKind / 16) {
                pieces.append(Array(made.content[start...].prefix(1 + bodyKind / 16)))
            }
            made.response.body = .pieces(pieces)
        case 7...14:
            made.response.body = .stream(StreamedContent { _ in })
            made.framing = bodyKind % 2 == 0 ? .chunked : .untilClose
            made.content = []
        default:
            // Too large to be copied.
            made.content = Array(repeatElement(made.content, count: 65_537 / max(1, made.content.count) + 1).joined())
            made.response.body = .bytes(made.content)
        }
        if let count = made.response.body.count { made.framing = .length(count) }
        return made
    }

    private static func checkEncoding(of made: Case) {
        let server = [("Server", "s")]
        let rest = encoder.encode(
            made.response, made.framing, omitsContent: made.omitsContent, persistence: made.persistence,
            headers: Array("Server: s\r\n".utf8))
        let response = made.response
        var expected: [(String, String)] = []
        if let contentType = response.contentType { expected.append(("Content-Type", contentType)) }
        expected += response.headers + server
        let hasContent = ![204, 304].contains(response.status.code)
        switch made.framing {
        case .length(let count) where hasContent: expected.append(("Content-Length", "\(count)"))
        case .chunked where hasContent: expected.append(("Transfer-Encoding", "chunked"))
        default: break
        }
        switch made.persistence {
        case .implied: break
        case .keepAlive: expected.append(("Connection", "keep-alive"))
        case .close: expected.append(("Connection", "close"))
        }

        let (lines, content) = parse(Array(encoder.bytes))
        checkEqual(
            String(decoding: lines[0], as: UTF8.self), "HTTP/1.1 \(response.status.code) \(response.status.reason)",
            "the status line")
        check(lines[1].starts(with: "Date: ".utf8) && lines[1].count == 35, "the date: \(visible(lines[1]))")
        checkEqual(lines.dropFirst(2).map(Array.init), expected.map { Array("\($0): \($1)".utf8) }, "the fields")

        let isWhole = if case .empty = rest { true } else { false }
        check(isWhole || content.isEmpty, "content both behind the head and left to be sent")
        if made.omitsContent || !hasContent {
            check(isWhole && content.isEmpty, "content where there mustn't be any")
        } else if isWhole {
            checkEqual(Array(content), made.content, "the content")
        }
    }

    /// Takes lines apart at CRLF and nowhere else; other CRs and LFs are findings.
    private static func parse(_ bytes: [UInt8]) -> (lines: [ArraySlice<UInt8>], content: ArraySlice<UInt8>) {
        var lines: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while let feed = rest.firstIndex(of: 0x0A) {
            let line = rest[..<feed]
            check(line.last == 0x0D && !line.dropLast().contains(0x0D), "a line's end: \(visible(bytes))")
            rest = rest[(feed + 1)...]
            if line.count == 1 { return (lines, rest) }
            lines.append(line.dropLast())
        }
        finding("the head has no end: \(visible(bytes))")
    }
}
