import TestSupport

/// An answer as it was received.
struct ReceivedAnswer {
    let status: Int
    let fields: [(name: String, value: String)]
    let content: [UInt8]

    func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    func says(_ option: String) -> Bool { values("Connection").contains(option) }
}

/// Cuts what a server sends into answers, and takes nothing that a strict client wouldn't.
struct AnswerReader {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ more: some Sequence<UInt8>) { bytes += more }

    /// - Parameter hasContent: whether content follows the head, as far as the request decides that.
    /// - Returns: `nil` while the next answer isn't whole.
    mutating func next(hasContent: Bool) throws -> ReceivedAnswer? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = bytes[..<end.lowerBound]
        let lines = head.split(separator: [0x0D, 0x0A], omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        // Never LF alone, which would be in a line now.
        guard let statusLine = lines[0].wholeMatch(of: #/HTTP\/1\.1 ([1-5]\d\d) [ -~]*/#) else {
            throw TestFailure("received what is no answer: \(notation(bytes))")
        }
        let fields = try lines.dropFirst().map { line -> (name: String, value: String) in
            guard let field = line.wholeMatch(of: #/([A-Za-z-]+): ([ -~]*)/#) else {
                throw TestFailure("received a malformed field: \(notation(Array(line.utf8)))")
            }
            return (String(field.1), String(field.2))
        }
        let status = Int(statusLine.1)!
        let length = try Self.length(ReceivedAnswer(status: status, fields: fields, content: []))
        let contentEnd = end.upperBound + (hasContent ? length : 0)
        guard bytes.count >= contentEnd else { return nil }
        defer { bytes.removeFirst(contentEnd) }
        return ReceivedAnswer(status: status, fields: fields, content: Array(bytes[end.upperBound..<contentEnd]))
    }

    /// RFC 9112 §6.3, of which the server needs no more than Content-Length.
    private static func length(_ answer: ReceivedAnswer) throws -> Int {
        let lengths = answer.values("Content-Length")
        guard answer.status >= 200, answer.status != 204 else {
            guard lengths.isEmpty else { throw TestFailure("received \(answer.status) with Content-Length") }
            return 0
        }
        guard lengths.count == 1, let length = Int(lengths[0]), answer.values("Transfer-Encoding").isEmpty else {
            throw TestFailure("received \(answer.status) with Content-Length \(lengths)")
        }
        return length
    }
}
