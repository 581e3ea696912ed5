package import EventHTTP

extension Reference {
    /// Reads content, trailer fields included.
    package static func content(
        _ bytes: [UInt8], _ framing: Head.Content, _ limits: ServerLimits
    ) -> Reading<[UInt8]> {
        switch framing {
        case .length(let count):
            return bytes.count < count ? .incomplete : .whole(Array(bytes.prefix(count)), end: count)
        case .chunked:
            var chunks = Chunks(bytes: bytes, limits: limits)
            do throws(Chunks.Stop) { try chunks.read() } catch {
                switch error {
                case .end: return .incomplete
                case .reason(let reason): return .refused([reason])
                }
            }
            switch trailers(Array(bytes[chunks.position...]), limits) {
            case .incomplete: return .incomplete
            case .refused(let reasons): return .refused(reasons)
            case .whole(_, let end): return .whole(chunks.content, end: chunks.position + end)
            }
        }
    }
}

/// `*chunk last-chunk` (RFC 9112 §7.1), read from left to right.
private struct Chunks {
    enum Stop: Error {
        case end
        case reason(RejectionReason)
    }

    let bytes: [UInt8]
    let limits: ServerLimits
    var position = 0
    var content: [UInt8] = []
    /// Of the line that is read, and of all lines beyond what a size needs.
    private var lineLength = 0
    private var overhead = 0

    init(bytes: [UInt8], limits: ServerLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func read() throws(Stop) {
        while case let size = try readSizeLine(), size > 0 {
            let data = bytes[position...].prefix(size)
            content += data
            position += data.count
            if data.count < size { throw .end }
            for byte in [0x0D, 0x0A] as [UInt8] {
                guard try next() == byte else { throw .reason(.malformedChunk) }
            }
        }
    }

    /// `chunk-size [ chunk-ext ] CRLF`
    private mutating func readSizeLine() throws(Stop) -> Int {
        lineLength = 0
        var digits = ""
        var size = 0
        var byte = try nextOfLine()
        while isHexDigit(byte) {
            digits.append(Character(UnicodeScalar(byte)))
            if digits.count > 16 { throw .reason(.malformedChunk) }
            size = Int(digits, radix: 16) ?? .max
            if size > limits.bodyBytes - content.count { throw .reason(.contentTooLarge) }
            byte = try nextOfLine()
        }
        if digits.isEmpty { throw .reason(.malformedChunk) }
        let hasBlanks = byte == 0x20 || byte == 0x09
        while byte == 0x20 || byte == 0x09 { byte = try nextOfLine() }
        if byte == UInt8(ascii: ";") {
            repeat { byte = try nextOfLine() } while isFieldByte(byte)
        } else if hasBlanks {
            throw .reason(.malformedChunk)
        }
        guard byte == 0x0D, try nextOfLine() == 0x0A else { throw .reason(.malformedChunk) }
        return size
    }

    private mutating func nextOfLine() throws(Stop) -> UInt8 {
        let byte = try next()
        lineLength += 1
        if lineLength > 8 { overhead += 1 }
        guard lineLength <= 256, overhead <= limits.headerBytes else { throw .reason(.malformedChunk) }
        return byte
    }

    private mutating func next() throws(Stop) -> UInt8 {
        guard position < bytes.count else { throw .end }
        defer { position += 1 }
        return bytes[position]
    }
}
