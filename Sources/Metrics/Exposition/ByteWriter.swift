/// Writes into a piece of memory of fixed size; the caller has made sure that there is room.
struct ByteWriter {
    private let start: UnsafeMutablePointer<UInt8>
    private let end: UnsafeMutablePointer<UInt8>
    private var next: UnsafeMutablePointer<UInt8>

    init(_ memory: UnsafeMutableBufferPointer<UInt8>) {
        start = memory.baseAddress!
        next = start
        end = start + memory.count
    }

    /// How many bytes are written.
    var count: Int { next - start }
    /// How many more there is room for.
    var room: Int { end - next }

    mutating func write(_ byte: UInt8) {
        next.pointee = byte
        next += 1
    }

    mutating func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        next.update(from: source, count: bytes.count)
        next += bytes.count
    }

    mutating func write(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { write($0) } }

    mutating func write(_ text: StaticString) {
        write(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes again what was written before.
    mutating func rewrite(from offset: Int, count: Int) {
        write(UnsafeBufferPointer(start: start + offset, count: count))
    }

    mutating func overwrite(_ offset: Int, _ byte: UInt8) { start[offset] = byte }

    /// Goes to another place; what lies behind it stays.
    mutating func rewind(to offset: Int) { next = start + offset }

    /// Moves what was written from `offset` on.
    mutating func moveOn(from offset: Int, by distance: Int) {
        (start + offset + distance).update(from: start + offset, count: count - offset)
        next += distance
    }

    /// Writes a label's value with backslash, line feed and double quotes escaped; takes twice its size at most.
    mutating func write(escaped string: String) {
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): write(#"\\"#)
            case UInt8(ascii: "\n"): write(#"\n"#)
            case UInt8(ascii: "\""): write(#"\""#)
            default: write(byte)
            }
        }
    }

    /// Writes a whole number in decimal digits, at most 20.
    mutating func write(decimal value: UInt64) {
        if value < 10 { return write(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)) }
        let count = Self.digitCount(value)
        let pairs = Self.pairs.utf8Start
        var rest = value
        var place = next + count
        while rest >= 100 {
            let quotient = rest / 100
            let pair = Int(truncatingIfNeeded: rest &- 100 &* quotient)
            place -= 2
            place[0] = pairs[2 * pair]
            place[1] = pairs[2 * pair + 1]
            rest = quotient
        }
        let pair = Int(truncatingIfNeeded: rest)
        if pair >= 10 {
            place[-2] = pairs[2 * pair]
            place[-1] = pairs[2 * pair + 1]
        } else {
            place[-1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: pair)
        }
        next += count
    }

    /// The numbers from 00 to 99.
    private static let pairs: StaticString = """
        00010203040506070809101112131415161718192021222324252627282930313233343536373839\
        40414243444546474849505152535455565758596061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899
        """

    private static func digitCount(_ value: UInt64) -> Int {
        var count = 2
        var rest = value
        while rest >= 10_000 {
            rest /= 10_000
            count += 4
        }
        if rest >= 1000 { return count + 2 }
        if rest >= 100 { return count + 1 }
        return rest >= 10 ? count : count - 1
    }
}
