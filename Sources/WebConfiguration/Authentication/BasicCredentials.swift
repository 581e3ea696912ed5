/// A user name and a password as a client sends them (RFC 7617 §2).
struct BasicCredentials: Equatable {
    let user: [UInt8]
    let password: [UInt8]

    /// - Parameter authorization: the value of the field. `nil` comes of another scheme than Basic, of what isn't
    ///   base64 (RFC 4648 §4, padded), and of credentials without a colon or with a control character.
    init?(authorization: String) {
        let value = Array(authorization.utf8)
        let scheme = "basic"
        guard value.prefix(scheme.utf8.count).map({ $0 | 0x20 }) == Array(scheme.utf8) else { return nil }
        let parameter = value.dropFirst(scheme.utf8.count)
        guard parameter.first == UInt8(ascii: " "),
            let decoded = Self.decodingBase64(parameter.drop { $0 == UInt8(ascii: " ") }),
            !decoded.contains(where: { $0 < 0x20 || $0 == 0x7F }),
            let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        user = Array(decoded[..<colon])
        password = Array(decoded[(colon + 1)...])
    }

    private static func decodingBase64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard text.count.isMultiple(of: 4) else { return nil }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var bitCount = 0
        for character in text.dropLast(padding) {
            guard let value = value(ofDigit: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                decoded.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
        }
        return decoded
    }

    private static func value(ofDigit character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
