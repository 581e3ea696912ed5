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
        if value < 10 { return write(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)) }
        let count = Self.digitCount(value)
        var rest = value
        var place = next + count
        while rest >= 100 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            place -= 2
            Self.writePair(Int(pair), at: place)
            rest = quotient
        }
        if rest >= 10 {
            Self.writePair(Int(rest), at: place - 2)
        } else {
            (place - 1).pointee = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest)
        }
        next += count
    }

    private static func writePair(_ pair: Int, at place: UnsafeMutablePointer<UInt8>) {
        let (tens, ones) = pair.quotientAndRemainder(dividingBy: 10)
        place[0] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: tens)
        place[1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: ones)
    }

    private static func digitCount(_ value: UInt64) -> Int {
        // 1233 / 4096 is a little more than the logarithm of 2.
        let guess = ((UInt64.bitWidth - value.leadingZeroBitCount) * 1233) >> 12
        return guess + (value < powersOfTen[guess] ? 0 : 1)
    }

    private static let powersOfTen: [20 of UInt64] = {
        var powers = InlineArray<20, UInt64>(repeating: 1)
        for index in 1..<20 { powers[index] = 10 * powers[index - 1] }
        return powers
    }()
}
