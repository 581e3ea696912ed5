extension ByteWriter {
    /// The most bytes that a number takes.
    static let maximumNumber = 32

    /// Writes a sample's value: the shortest digits that read back as the same double; `NaN`, `+Inf` and `-Inf` as
    /// Prometheus spells them; whole numbers below 2^53 without a point.
    mutating func write(number value: Double) {
        let magnitude = value.magnitude
        guard magnitude < 0x1p53 else { return write(shortest: value, exponentFrom: 21) }
        let whole = UInt64(magnitude)
        guard Double(whole) == magnitude else { return write(shortest: value, exponentFrom: 21) }
        if value.sign == .minus { write(UInt8(ascii: "-")) }
        write(decimal: whole)
    }

    /// Writes a bucket's bound or a quantile: as a sample's value, but whole numbers have a point (`1.0`), as
    /// OpenMetrics asks for, and from 10^6 on an exponent (`1e+06`), as Go prints. Every format writes them alike, so
    /// that a series has the same labels whatever the format and the server's version.
    mutating func write(bound value: Double) {
        write(shortest: value, exponentFrom: 6)
        if value.magnitude < 1_000_000, value.rounded() == value { write(".0") }
    }

    private mutating func write(shortest value: Double, exponentFrom limit: Int) {
        if value.isNaN { return write("NaN") }
        if value.isInfinite { return value < 0 ? write("-Inf") : write("+Inf") }
        if value.sign == .minus { write(UInt8(ascii: "-")) }
        var decimal = ShortestDecimal()
        value.magnitude.write(to: &decimal)
        decimal.parse()
        let zero = UInt8(ascii: "0")
        let exponent = decimal.exponent
        if exponent < -4 || exponent >= limit {
            write(decimal[0])
            if decimal.count > 1 {
                write(UInt8(ascii: "."))
                for index in 1..<decimal.count { write(decimal[index]) }
            }
            exponent < 0 ? write("e-") : write("e+")
            if abs(exponent) < 10 { write(zero) }
            write(decimal: UInt64(abs(exponent)))
        } else if exponent < 0 {
            write("0.")
            for _ in 0..<(-exponent - 1) { write(zero) }
            for index in 0..<decimal.count { write(decimal[index]) }
        } else {
            for index in 0..<decimal.count {
                if index == exponent + 1 { write(UInt8(ascii: ".")) }
                write(decimal[index])
            }
            for _ in 0..<max(0, exponent + 1 - decimal.count) { write(zero) }
        }
    }
}

/// Takes in what Swift prints for a double that isn't negative (the shortest digits, in its own layout: 0.001, 12.5,
/// 100000.0, 1e-05, 1.5e+16) without making a string of it.
private struct ShortestDecimal: TextOutputStream {
    private var text = InlineArray<32, UInt8>(repeating: 0)
    /// How many significant digits there are.
    private(set) var count = 0
    /// The power of ten of the first digit.
    private(set) var exponent = 0
    private var length = 0

    subscript(_ index: Int) -> UInt8 { text[index] }

    mutating func write(_ string: String) {
        for byte in string.utf8 { append(byte) }
    }

    // The standard library's own way past the string.
    mutating func _writeASCII(_ bytes: UnsafeBufferPointer<UInt8>) {
        for byte in bytes { append(byte) }
    }

    private mutating func append(_ byte: UInt8) {
        guard length < 32 else { return }
        text[length] = byte
        length += 1
    }

    /// Leaves the significant digits at the front of `text`.
    mutating func parse() {
        var digits = 0
        var pointAt: Int?
        var index = 0
        var shift = 0
        while index < length {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: ".") {
                pointAt = digits
            } else if byte == UInt8(ascii: "e") {
                var power = 0
                let isNegative = text[index] == UInt8(ascii: "-")
                for place in (index + 1)..<length { power = 10 * power + Int(text[place] - UInt8(ascii: "0")) }
                shift = isNegative ? -power : power
                break
            } else {
                text[digits] = byte
                digits += 1
            }
        }
        exponent = (pointAt ?? digits) - 1 + shift
        var leading = 0
        while leading < digits - 1, text[leading] == UInt8(ascii: "0") { leading += 1 }
        if leading > 0 {
            for place in leading..<digits { text[place - leading] = text[place] }
            digits -= leading
            exponent -= leading
        }
        while digits > 1, text[digits - 1] == UInt8(ascii: "0") { digits -= 1 }
        count = digits
        if digits == 1, text[0] == UInt8(ascii: "0") { exponent = 0 }
    }
}
