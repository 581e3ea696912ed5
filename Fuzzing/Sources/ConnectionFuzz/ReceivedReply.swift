import FuzzSupport

/// A reply as a strict client reads it (RFC 9112 §4, §6, §7).
struct ReceivedReply {
    var status = 0
    /// Status line and fields, without Date.
    var lines: [String] = []
    var content: [UInt8] = []
    var trailers: [String] = []
    /// Interim responses before it.
    var interim = 0
    /// Whether it has been received to its end, and where that is.
    var end: Int?
}

struct ReplyReader {
    private let bytes: [UInt8]
    private var position: Int
    private let hasEnded: Bool

    /// - Parameter hasEnded: whether nothing follows these bytes.
    init(_ bytes: [UInt8], from position: Int, hasEnded: Bool) {
        self.bytes = bytes
        self.position = position
        self.hasEnded = hasEnded
    }

    /// Reads a reply, or what there is of one.
    mutating func read(toHead isHead: Bool) -> ReceivedReply {
        var reply = ReceivedReply()
        while let lines = readLines() {
            let statusLine = lines[0].utf8
            guard lines[0].hasPrefix("HTTP/1.1 "), let status = Int(lines[0].dropFirst(9).prefix(3)),
                statusLine.dropFirst(12).first == UInt8(ascii: " ")
            else { finding("not a status line: \(visible(Array(statusLine)))") }
            if status == 100 {
                check(lines.count == 1, "an interim response with fields: \(lines)")
                reply.interim += 1
                continue
            }
            let dates = lines.filter { $0.hasPrefix("Date: ") }
            check(dates.count == 1 && dates[0].utf8.count == 35, "not one date: \(lines)")
            reply.status = status
            reply.lines = lines.filter { !$0.hasPrefix("Date: ") }
            readContent(of: &reply, isHead)
            return reply
        }
        return reply
    }

    private mutating func readContent(of reply: inout ReceivedReply, _ isHead: Bool) {
        func values(_ name: String) -> [String] {
            reply.lines.filter { $0.lowercased().hasPrefix(name + ":") }.map { String($0.dropFirst(name.count + 2)) }
        }
        let (lengths, codings) = (values("content-length"), values("transfer-encoding"))
        check(lengths.count + codings.count <= 1, "the length is said more than once: \(reply.lines)")
        if isHead || reply.status == 204 || reply.status == 304 {
            reply.end = position
        } else if let text = lengths.first {
            guard let length = Int(text) else { finding("not a length: \(text)") }
            reply.content = take(length)
            if reply.content.count == length { reply.end = position }
        } else if !codings.isEmpty {
            readChunks(of: &reply)
        } else {
            reply.content = take(.max)
            if hasEnded { reply.end = position }
        }
    }

    private mutating func readChunks(of reply: inout ReceivedReply) {
        while let line = readLine() {
            guard let size = Int(line, radix: 16), !line.hasPrefix("+") else { finding("not a chunk's size: \(line)") }
            if size == 0 {
                guard let trailers = readLines() else { return }
                reply.trailers = trailers
                reply.end = position
                return
            }
            let piece = take(size)
            reply.content += piece
            guard piece.count == size, let end = readLine() else { return }
            check(end.isEmpty, "a chunk is longer than it says: \(end)")
        }
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        let piece = bytes[position...].prefix(count)
        position += piece.count
        return Array(piece)
    }

    /// Lines up to an empty one, which is left out.
    private mutating func readLines() -> [String]? {
        let start = position
        var lines: [String] = []
        while let line = readLine() {
            if line.isEmpty { return lines }
            lines.append(line)
        }
        position = start
        return nil
    }

    private mutating func readLine() -> String? {
        guard let feed = bytes[position...].firstIndex(of: 0x0A) else { return nil }
        let line = bytes[position..<feed]
        check(line.last == 0x0D && !line.dropLast().contains(0x0D), "a line's end: \(visible(line))")
        position = feed + 1
        return String(decoding: line.dropLast(), as: UTF8.self)
    }
}
