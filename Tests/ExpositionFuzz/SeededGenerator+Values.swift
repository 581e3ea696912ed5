import TestSupport

// What names, texts and numbers are made of: much that is ordinary, and all that has ever been hard.
extension SeededGenerator {
    mutating func below(_ bound: Int) -> Int { Int(next(upperBound: UInt64(bound))) }

    /// True once in `times`.
    mutating func once(in times: Int) -> Bool { below(times) == 0 }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    private static let words = ["a", "request", "Total", "x", "sum", "bucket", "count", "0", "2xx", "_", "__", "le"]
    private static let pieces: [String] = [
        "\"", "\\", "\n", "\r", "\r\n", "\t", " ", "  ", "\u{0}", "\\n", "\\\"", "\\\\", "{", "}", "=", ",", "#",
        " # {",
        "# EOF", "\u{301}", "e\u{301}", "é", "ü", "日本", "🧪", "👩‍👩‍👧‍👦", "🇩🇪", "\u{202E}", "\u{85}", "\u{A0}", "\u{2028}",
        "\u{FEFF}", "\u{FFFD}", "\u{FFFF}", "\u{10FFFF}", "\u{1C}", "\u{1F}", "\u{7F}", "\u{1B}[0m", "NaN", "+Inf", "1",
        "'", "%00", ".", ":", "-", "/", "\u{D7FF}", "\u{E000}", "\u{80}", "ſ", "İ",
    ]

    /// Any text.
    mutating func text() -> String {
        switch below(12) {
        case 0: return ""
        case 1...5: return pick(Self.words)
        case 6 where once(in: 40): return repeated(upTo: once(in: 20) ? 40_000 : 2_000)
        default: return (0...below(5)).reduce(into: "") { text, _ in text += once(in: 2) ? pick(Self.words) : piece() }
        }
    }

    private mutating func piece() -> String {
        once(in: 4) ? String(scalar()) : pick(Self.pieces)
    }

    private mutating func scalar() -> Unicode.Scalar {
        while true {
            if let scalar = Unicode.Scalar(UInt32(below(once(in: 2) ? 0x300 : 0x110000))) { return scalar }
        }
    }

    private mutating func repeated(upTo length: Int) -> String {
        let piece = piece()
        return String(repeating: piece, count: 1 + below(length / piece.utf8.count))
    }

    /// `[a-zA-Z][a-zA-Z0-9_]*`, and with colons if asked.
    mutating func legacyName(colons: Bool = false) -> String {
        let first = Array("abcxyzABCXYZ")
        let more = Array("abcxyzABC019__")
        var name = String(pick(first))
        for _ in 0..<below(8) { name.append(colons && once(in: 12) ? ":" : pick(more)) }
        return name
    }

    /// Any number, NaN among them.
    mutating func number() -> Double {
        switch below(10) {
        case 0: pick([.nan, .infinity, -.infinity, -0.0, 0, .greatestFiniteMagnitude, -.greatestFiniteMagnitude])
        case 1: pick([.leastNonzeroMagnitude, .leastNormalMagnitude, .leastNormalMagnitude.nextDown, 0.1, 1 / 3])
        case 2: Double(bitPattern: next() & 0x800F_FFFF_FFFF_FFFF)
        case 3: nearPowerOfTen()
        case 4: nearPowerOfTwo()
        case 5: Double(below(1000)) / 100
        case 6: Double(below(2_000_000)) - 1_000_000
        default: Double(bitPattern: next())
        }
    }

    mutating func nonnegative() -> Double {
        while true {
            let number = number().magnitude
            if number.isFinite { return number }
        }
    }

    private mutating func nearPowerOfTen() -> Double {
        let number = Double("1e\(below(45) - 22)") ?? 1
        return pick([number, number.nextUp, number.nextDown, -number, number * 9.999])
    }

    private mutating func nearPowerOfTwo() -> Double {
        let number = Double(sign: once(in: 2) ? .plus : .minus, exponent: below(140) - 70, significand: 1)
        return pick([number, number.nextUp, number.nextDown, number + 1, number * 1.5])
    }

    /// A count of observations, small as a rule.
    mutating func count() -> UInt64 {
        switch below(30) {
        case 0...4: 0
        case 5...8: next() >> UInt64(below(60))
        case 9: pick([.max, .max - 1, 1 << 63, 1 << 53, 1 << 53 + 1])
        default: UInt64(below(50))
        }
    }
}
