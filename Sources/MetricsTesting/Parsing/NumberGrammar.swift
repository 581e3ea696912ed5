/// Numbers as both formats write them: digits with an optional sign, fraction and exponent, or `Inf`, `Infinity` and
/// `NaN` in any case. Neither takes what Swift's own reading adds, such as hexadecimal digits.
enum NumberGrammar {
    /// The value of a number, or nil for anything else, a number beyond the range of a double included.
    static func value(of text: String) -> Double? {
        let bytes = Array(text.utf8)
        return value(of: bytes, in: 0..<bytes.count)
    }

    static func value(of bytes: [UInt8], in range: Range<Int>) -> Double? {
        var position = range.lowerBound
        var isNegative = false
        if position < range.upperBound, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
            isNegative = bytes[position] == UInt8(ascii: "-")
            position += 1
        }
        let start = position
        var whole: UInt64 = 0
        var digits = skipDigits(bytes, &position, range.upperBound, &whole)
        if position == range.upperBound, digits > 0, digits <= 15 {
            return isNegative ? -Double(whole) : Double(whole)
        }
        if position < range.upperBound, bytes[position] == UInt8(ascii: ".") {
            position += 1
            digits += skipDigits(bytes, &position, range.upperBound, &whole)
        }
        guard digits > 0 else { return word(bytes, start..<range.upperBound, isSigned: start > range.lowerBound) }
        if position < range.upperBound, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < range.upperBound, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+")
            {
                position += 1
            }
            guard skipDigits(bytes, &position, range.upperBound, &whole) > 0 else { return nil }
        }
        guard position == range.upperBound,
            let value = Double(String(decoding: bytes[range], as: UTF8.self)), value.isFinite
        else { return nil }
        return value
    }

    /// The text of a bound or a quantile that OpenMetrics calls canonical: the shortest digits, with a point or an
    /// exponent in any case, and the exponent from 10^6 on and below 10^-4.
    static func canonical(_ value: Double) -> String {
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let sign = value.sign == .minus ? "-" : ""
        // Swift prints the shortest digits too, but has an exponent from 2^54 on only.
        let parts = value.magnitude.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        var digits = Substring(mantissa.joined())
        var exponent = mantissa[0].count - 1 + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.count > 1, digits.first == "0" {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        if digits == "0" { return sign + "0.0" }
        if exponent < -4 || exponent >= 6 {
            let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
            let fraction = digits.count > 1 ? ".\(digits.dropFirst())" : ""
            return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(power)"
        }
        if exponent < 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent - 1))\(digits)" }
        let whole = digits.prefix(exponent + 1)
        let zeros = String(repeating: "0", count: exponent + 1 - whole.count)
        let fraction = digits.dropFirst(exponent + 1)
        return "\(sign)\(whole)\(zeros).\(fraction.isEmpty ? "0" : fraction)"
    }

    /// Skips digits, and adds up their value for as long as it can't overflow.
    private static func skipDigits(
        _ bytes: [UInt8], _ position: inout Int, _ end: Int, _ value: inout UInt64
    ) -> Int {
        let start = position
        while position < end, bytes[position].isDigit {
            value = value &* 10 &+ UInt64(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        return position - start
    }

    private static func word(_ bytes: [UInt8], _ range: Range<Int>, isSigned: Bool) -> Double? {
        guard range.count <= 8 else { return nil }
        switch String(decoding: bytes[range], as: UTF8.self).lowercased() {
        case "nan": return isSigned ? nil : .nan
        case "inf", "infinity":
            return isSigned && bytes[range.lowerBound - 1] == UInt8(ascii: "-") ? -.infinity : .infinity
        default: return nil
        }
    }
}
