/// The rules for a Pushgateway's URL: `http://HOST[:PORT][/PREFIX]`, or https.
enum GatewayURL {
    /// The URL without slashes at its end, for a path to be appended.
    static func base(_ url: String) throws(PushError) -> String {
        guard let separator = url.firstRange(of: "://"),
            ["http", "https"].contains(url[..<separator.lowerBound].lowercased())
        else { throw .invalidURL(url, reason: "it begins with http:// or https://") }
        var rest = url[separator.upperBound...]
        while rest.utf8.last == UInt8(ascii: "/") { rest = Substring(rest.utf8.dropLast()) }
        let authority = rest.prefix { $0 != "/" }
        if let at = authority.lastIndex(of: "@") {
            // An error ends up in a log: don't let the password do so.
            throw .invalidURL(
                "\(url[..<separator.upperBound])…\(url[at...])", reason: "credentials are the transport's to send")
        }
        if rest.contains(where: { "?#".contains($0) }) {
            throw .invalidURL(url, reason: "it has neither a query nor a fragment")
        }
        guard isHostAndPort(authority) else {
            throw .invalidURL(url, reason: "'\(authority)' isn't HOST, HOST:PORT or [IPv6]:PORT")
        }
        guard isPath(rest[authority.endIndex...]) else {
            throw .invalidURL(url, reason: "characters that RFC 3986 doesn't allow in a path are percent-encoded")
        }
        return String(url[..<rest.endIndex])
    }

    private static func isHostAndPort(_ authority: Substring) -> Bool {
        let bracket = authority.lastIndex(of: "]")
        let colon = authority[(bracket ?? authority.startIndex)...].firstIndex(of: ":")
        if let colon {
            let port = authority[authority.index(after: colon)...]
            guard port.utf8.allSatisfy(isDigit), let number = UInt16(port), number > 0 else { return false }
        }
        let host = authority[..<(colon ?? authority.endIndex)]
        guard bracket != nil else {
            return !host.isEmpty
                && host.utf8.allSatisfy { isLetter($0) || isDigit($0) || "-._~".utf8.contains($0) }
        }
        return host.first == "[" && host.last == "]" && host.count > 2
            && host.dropFirst().dropLast().utf8.allSatisfy { isHex($0) || ":.".utf8.contains($0) }
    }

    private static func isPath(_ path: Substring) -> Bool {
        var bytes = path.utf8
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard let high = bytes.popFirst(), let low = bytes.popFirst(), isHex(high), isHex(low) else {
                    return false
                }
            } else if !isLetter(byte) && !isDigit(byte) && !"/-._~!$&'()*+,;=:@".utf8.contains(byte) {
                return false
            }
        }
        return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
