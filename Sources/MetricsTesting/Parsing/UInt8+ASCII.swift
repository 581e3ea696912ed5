extension UInt8 {
    var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    /// Whether the byte can stand in the name of a metric that needs no quotes.
    var isNameCharacter: Bool { isLetter || isDigit || self == UInt8(ascii: "_") || self == UInt8(ascii: ":") }
}
