import TestSupport

/// Reads bytes as the case files write them: visible ASCII with escapes and repetition.
struct ByteNotation {
    private var rest: ArraySlice<UInt8>

    private init(_ text: Substring) { rest = Array(text.utf8)[...] }

    /// Reads a line of a request, which ends in CRLF unless it says otherwise.
    ///
    /// - Returns: also whether the client ends its side of the connection behind it.
    static func line(_ text: Substring) throws -> (bytes: [UInt8], endsSending: Bool) {
        guard text.last != " " else { throw TestFailure(#"a blank at the end of a line is written \x20"#) }
        if text.hasSuffix("{end}"), !text.hasSuffix(#"\{end}"#) {
            var notation = ByteNotation(text.dropLast(5))
            return (try notation.bytes(until: nil), true)
        }
        let isContinued = text.reversed().prefix { $0 == "\\" }.count % 2 == 1
        var notation = ByteNotation(isContinued ? text.dropLast() : text)
        return (try notation.bytes(until: nil) + (isContinued ? [] : [0x0D, 0x0A]), false)
    }

    /// Reads `"text"`.
    static func quoted(_ text: Substring) throws -> [UInt8] {
        guard text.first == "\"" else { throw TestFailure("content stands in quotes") }
        var notation = ByteNotation(text.dropFirst())
        let bytes = try notation.bytes(until: UInt8(ascii: "\""))
        guard notation.rest.isEmpty else { throw TestFailure(#"a quote within quotes is written \""#) }
        return bytes
    }

    private mutating func bytes(until end: UInt8?) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == end { return bytes }
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(try escape())
            case UInt8(ascii: "{") where end != UInt8(ascii: "}"): bytes += try repetition()
            case UInt8(ascii: "{"): throw TestFailure("repetitions don't nest")
            case 0x20...0x7E: bytes.append(byte)
            default: throw TestFailure(#"a byte that isn't visible ASCII is written \xNN"#)
            }
        }
        if let end { throw TestFailure("'\(Character(UnicodeScalar(end)))' is missing") }
        return bytes
    }

    /// Reads what follows a backslash.
    private mutating func escape() throws -> UInt8 {
        switch rest.popFirst().map({ Character(UnicodeScalar($0)) }) {
        case "r": return 0x0D
        case "n": return 0x0A
        case "t": return 0x09
        case "0": return 0x00
        case "\\": return UInt8(ascii: "\\")
        case "\"": return UInt8(ascii: "\"")
        case "{": return UInt8(ascii: "{")
        case "}": return UInt8(ascii: "}")
        case "x":
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.count == 2, digits.allSatisfy(\.isHexDigit), let byte = UInt8(digits, radix: 16) else {
                throw TestFailure(#"'\x\#(digits)' isn't \x and two hex digits"#)
            }
            rest = rest.dropFirst(2)
            return byte
        case let character:
            throw TestFailure(#"'\\#(character.map(String.init) ?? "")' is no escape"#)
        }
    }

    /// Reads what follows an opening brace: `1000*text}`.
    private mutating func repetition() throws -> [UInt8] {
        let digits = rest.prefix { $0 != UInt8(ascii: "*") }
        guard digits.count < rest.count, let count = Int(String(decoding: digits, as: UTF8.self)),
            (2...100_000).contains(count)
        else { throw TestFailure(#"'{' begins neither a repetition, such as {10*a}, nor {end} behind a line; see \{"#) }
        rest = rest.dropFirst(digits.count + 1)
        let repeated = try bytes(until: UInt8(ascii: "}"))
        guard !repeated.isEmpty else { throw TestFailure("a repetition of nothing") }
        return Array(repeatElement(repeated, count: count).joined())
    }
}

/// Bytes as the case files would write them, cut where they are many.
func notation(_ bytes: some Collection<UInt8>) -> String {
    let text = bytes.prefix(400).map { byte in
        switch byte {
        case 0x0D: #"\r"#
        case 0x0A: #"\n"#
        case 0x20...0x7E: String(UnicodeScalar(byte))
        default: #"\x"# + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }.joined()
    return bytes.count > 400 ? "\(text)… (\(bytes.count) bytes)" : text
}
