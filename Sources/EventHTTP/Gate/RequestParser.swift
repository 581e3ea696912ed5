/// Reads the head of a request, or the trailer fields behind chunked content, in one pass, and refuses what two
/// implementations could understand differently (RFC 9112 §2 to §6).
///
/// It is given what has arrived so far, again and again, and goes on where it stopped: each byte is looked at once,
/// however the bytes come, and the verdict doesn't depend on how they come.
struct RequestParser {
    enum Progress: Equatable {
        /// More bytes are needed.
        case incomplete
        /// The head, or the trailer section, ends before this index.
        case complete(end: Int)
        case rejected(RejectionReason)
    }

    private enum Section { case requestLine, fields, trailers }

    private(set) var head = RequestHead()
    /// Where the request line begins: behind the empty line that may precede it.
    private(set) var start = 0
    private var section = Section.requestLine
    /// Where the line begins that is read, and how far its end was looked for.
    private var line = 0
    private var searched = 0
    private var fieldCount = 0
    private var framing = FramingFields()

    /// A parser of trailer fields (RFC 9112 §7.1.2).
    static var ofTrailers: RequestParser {
        var parser = RequestParser()
        parser.section = .trailers
        return parser
    }

    /// Whether HEAD is asked for, as far as that is known: its answer has no content, whatever it is.
    var asksForHead: Bool { head.method == .head }

    /// - Parameter bytes: everything from the first byte of the request on, or of the trailer section.
    mutating func parse(_ bytes: Octets, _ limits: ServerLimits) -> Progress {
        while true {
            guard let end = bytes.first(UInt8(ascii: "\n"), from: searched) else {
                searched = bytes.count
                // Nothing that may follow makes a line fit that doesn't fit without its end.
                if let reason = excess(lineEnd: bytes.count - 1, next: bytes.count + 1, limits) {
                    return .rejected(reason)
                }
                return .incomplete
            }
            let hasReturn = end > line && bytes[end - 1] == UInt8(ascii: "\r")
            let text = line..<(hasReturn ? end - 1 : end)
            if let reason = excess(lineEnd: text.upperBound, next: end + 1, limits) { return .rejected(reason) }
            guard hasReturn, !bytes.contains(UInt8(ascii: "\r"), in: text) else { return .rejected(.malformedLineEnd) }
            let reason = read(text, of: bytes, limits)
            line = end + 1
            searched = line
            if let reason { return .rejected(reason) }
            if text.isEmpty, section != .requestLine { return .complete(end: line) }
        }
    }

    /// Whether a line is too long, or the section with it.
    ///
    /// - Parameters:
    ///   - lineEnd: where the line's text ends, or where it can't end before.
    ///   - next: where the following line begins, or where it can't begin before.
    private func excess(lineEnd: Int, next: Int, _ limits: ServerLimits) -> RejectionReason? {
        let isTooLarge = next - start > limits.headerBytes
        guard section == .requestLine else { return isTooLarge ? .headerTooLarge : nil }
        let longest = limits.targetBytes + Self.roomBesideTarget
        // Both can be exceeded, the lower one first.
        if longest + 2 > limits.headerBytes, isTooLarge { return .headerTooLarge }
        if lineEnd - start > longest { return .targetTooLong }
        return isTooLarge ? .headerTooLarge : nil
    }

    /// For the method, the version and two blanks.
    private static let roomBesideTarget = 32

    private mutating func read(_ text: Range<Int>, of bytes: Octets, _ limits: ServerLimits) -> RejectionReason? {
        switch section {
        case .requestLine:
            if text.isEmpty {
                // One empty line is ignored (RFC 9112 §2.2).
                guard start == 0 else { return .malformedRequestLine }
                start = text.upperBound + 2
                return nil
            }
            if let reason = head.readRequestLine(text, of: bytes, limits) { return reason }
            section = .fields
            head.fields = (text.upperBound + 2)..<(text.upperBound + 2)
            return nil
        case .fields:
            if text.isEmpty { return framing.settle(&head, limits) }
            if let reason = readField(text, of: bytes, limits, isTrailer: false) { return reason }
            head.fields = head.fields.lowerBound..<(text.upperBound + 2)
            return nil
        case .trailers:
            return text.isEmpty ? nil : readField(text, of: bytes, limits, isTrailer: true)
        }
    }

    private mutating func readField(
        _ text: Range<Int>, of bytes: Octets, _ limits: ServerLimits, isTrailer: Bool
    ) -> RejectionReason? {
        fieldCount += 1
        guard fieldCount <= limits.headerFields else { return .tooManyFields }
        var colon = text.lowerBound
        while colon < text.upperBound, bytes[colon].isTokenCharacter { colon += 1 }
        // A blank at the beginning would fold the line to the one before, one before the colon would hide the name.
        guard colon > text.lowerBound, colon < text.upperBound, bytes[colon] == UInt8(ascii: ":") else {
            return .malformedField
        }
        guard bytes.areFieldCharacters(in: (colon + 1)..<text.upperBound) else { return .malformedField }
        if isTrailer { return nil }
        return framing.read(
            name: text.lowerBound..<colon, value: bytes.trimmed((colon + 1)..<text.upperBound), of: bytes, &head)
    }
}

extension Octets {
    func contains(_ byte: UInt8, in range: Range<Int>) -> Bool {
        Octets(rebasing: self[range]).first(byte, from: 0) != nil
    }

    /// Eight at a time, as long as none of them can be a control character.
    func areFieldCharacters(in range: Range<Int>) -> Bool {
        var index = range.lowerBound
        while index + 8 <= range.upperBound {
            let word = UnsafeRawPointer(baseAddress! + index).loadUnaligned(as: UInt64.self)
            let ones: UInt64 = 0x0101_0101_0101_0101
            let tops: UInt64 = 0x8080_8080_8080_8080
            let deletes = word ^ (ones &* 0x7F)
            // The high bit of a byte below 0x20, and of one that is 0x7F.
            let suspicious = (word &- ones &* 0x20) & ~word | (deletes &- ones) & ~deletes
            if suspicious & tops != 0 {
                for byte in self[index..<(index + 8)] where !byte.isFieldCharacter { return false }
            }
            index += 8
        }
        return self[index..<range.upperBound].allSatisfy(\.isFieldCharacter)
    }
}
