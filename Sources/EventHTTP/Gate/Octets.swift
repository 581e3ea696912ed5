internal import Glibc

/// Bytes as they were received.
typealias Octets = UnsafeBufferPointer<UInt8>

extension Octets {
    /// The first place of `byte` at or after `start`.
    func first(_ byte: UInt8, from start: Int) -> Int? {
        guard start < count, let base = baseAddress, let found = memchr(base + start, Int32(byte), count - start) else {
            return nil
        }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// Whether the bytes in `range` are `text`, letters in any case. `text` is lower-case letters, digits and `-`.
    func matches(_ text: StaticString, in range: Range<Int>) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return (0..<range.count).allSatisfy { self[range.lowerBound + $0] | 0x20 == text.utf8Start[$0] }
    }

    /// `range` without the blanks and tabs at both ends (RFC 9110 §5.6.3, OWS).
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while start < end, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }

    /// The elements of a comma-separated list (RFC 9110 §5.6.1), empty ones included.
    func forEachElement(of range: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = range.lowerBound
        for index in range where self[index] == UInt8(ascii: ",") {
            body(trimmed(start..<index))
            start = index + 1
        }
        body(trimmed(start..<range.upperBound))
    }
}

extension UInt8 {
    /// A character of a token (RFC 9110 §5.6.2).
    var isTokenCharacter: Bool { Classes.has(self, Classes.token) }
    /// What a field value may hold: HTAB, and all that is no control character (RFC 9110 §5.5).
    var isFieldCharacter: Bool { self >= 0x20 && self != 0x7F || self == 0x09 }
    /// unreserved and sub-delims (RFC 3986 §2.2, §2.3), which names of hosts consist of.
    var isHostCharacter: Bool { Classes.has(self, Classes.host) }
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }

    var hexValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Sets of ASCII characters, a bit for each: a look-up needs no memory.
    private enum Classes {
        typealias Set = (low: UInt64, high: UInt64)

        /// Letters, digits and ``!#$%&'*+-.^_`|~``.
        static var token: Set { (0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE) }
        /// Letters, digits and `-._~!$&'()*+,;=`.
        static var host: Set { (0x2BFF_7FD2_0000_0000, 0x47FF_FFFE_87FF_FFFE) }

        static func has(_ byte: UInt8, _ set: Set) -> Bool {
            byte < 0x80 && (byte < 64 ? set.low : set.high) >> UInt64(byte & 63) & 1 == 1
        }
    }
}
