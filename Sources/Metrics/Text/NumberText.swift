extension [UInt8] {
    /// Appends a whole number in decimal digits.
    mutating func append(decimal value: UInt64) { append(contentsOf: String(value).utf8) }

    /// Appends a sample's value: the shortest digits that read back as the same double; `NaN`, `+Inf` and `-Inf` as
    /// Prometheus spells them; whole numbers below 2^53 without a point.
    mutating func append(number value: Double) {
        if let whole = UInt64(exactly: value.magnitude), whole < 1 << 53 {
            if value.sign == .minus && whole != 0 { append(UInt8(ascii: "-")) }
            append(decimal: whole)
        } else {
            append(shortest: value, exponentFrom: 21)
        }
    }

    /// Appends a bucket's bound or a quantile: as a sample's value, but whole numbers have a point (`1.0`), as
    /// OpenMetrics asks for, and from 10^6 on an exponent (`1e+06`), as Go prints. Every format writes them alike, so
    /// that a series has the same labels whatever the format and the server's version.
    mutating func append(bound value: Double) {
        append(shortest: value, exponentFrom: 6)
        if value.magnitude < 1_000_000, value.rounded() == value { append(contentsOf: ".0".utf8) }
    }

    private mutating func append(shortest value: Double, exponentFrom limit: Int) {
        if value.isNaN { return append(contentsOf: "NaN".utf8) }
        if value.isInfinite { return append(contentsOf: value < 0 ? "-Inf".utf8 : "+Inf".utf8) }
        let (digits, exponent) = Self.digits(of: value.magnitude)
        if value.sign == .minus { append(UInt8(ascii: "-")) }
        let zero = UInt8(ascii: "0")
        if exponent < -4 || exponent >= limit {
            append(digits[0])
            if digits.count > 1 {
                append(UInt8(ascii: "."))
                append(contentsOf: digits[1...])
            }
            append(contentsOf: exponent < 0 ? "e-".utf8 : "e+".utf8)
            if abs(exponent) < 10 { append(zero) }
            append(decimal: UInt64(abs(exponent)))
        } else if exponent < 0 {
            append(contentsOf: "0.".utf8)
            append(contentsOf: repeatElement(zero, count: -exponent - 1))
            append(contentsOf: digits)
        } else {
            append(contentsOf: digits.prefix(exponent + 1))
            append(contentsOf: repeatElement(zero, count: Swift.max(0, exponent + 1 - digits.count)))
            if digits.count > exponent + 1 {
                append(UInt8(ascii: "."))
                append(contentsOf: digits[(exponent + 1)...])
            }
        }
    }

    /// The significant digits of a number that isn't negative, and the power of ten of the first.
    private static func digits(of value: Double) -> (digits: [UInt8], exponent: Int) {
        // Swift prints the shortest digits too, only in its own layout: 0.001, 12.5, 100000.0, 1e-05, 1.5e+16.
        let parts = value.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        var digits = mantissa.flatMap { Array($0.utf8) }
        var exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + mantissa[0].utf8.count - 1
        while digits.count > 1, digits[0] == UInt8(ascii: "0") {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, digits == [UInt8(ascii: "0")] ? 0 : exponent)
    }
}
