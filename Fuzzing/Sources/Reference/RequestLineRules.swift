internal import EventHTTP

/// RFC 9112 §3.
enum RequestLineRules {
    static func read(_ text: ArraySlice<UInt8>, _ head: inout Head, _ limits: ServerLimits) -> Set<RejectionReason> {
        let parts = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[1].isEmpty, let version = version(parts[2]) else {
            return [.malformedRequestLine]
        }
        var reasons: Set<RejectionReason> = isToken(parts[0]) ? [] : [.malformedRequestLine]
        switch version {
        case "1.1": head.isHTTP11 = true
        case "1.0": head.isHTTP11 = false
        default: reasons.insert(.unsupportedVersion)
        }
        if let method = HTTPMethod(rawValue: String(decoding: parts[0], as: UTF8.self)) {
            head.method = method
        } else {
            reasons.insert(.unknownMethod)
        }
        if parts[1].count > limits.targetBytes { reasons.insert(.targetTooLong) }
        if let target = target(parts[1], head.method) {
            (head.form, head.path, head.query) = target
            head.target = parts[1].indices
        } else {
            reasons.insert(.malformedTarget)
        }
        return reasons
    }

    /// `HTTP-version`, without its name.
    private static func version(_ bytes: ArraySlice<UInt8>) -> String? {
        let numbers = bytes.dropFirst(5)
        guard bytes.starts(with: "HTTP/".utf8), numbers.count == 3, numbers.dropFirst().first == UInt8(ascii: "."),
            isDigit(numbers.first!), isDigit(numbers.last!)
        else { return nil }
        return String(decoding: numbers, as: UTF8.self)
    }

    /// RFC 9112 §3.2, RFC 3986 §3.
    private static func target(
        _ bytes: ArraySlice<UInt8>, _ method: HTTPMethod
    ) -> (Head.Form, path: Range<Int>, query: Range<Int>?)? {
        if method == .options, Array(bytes) == [UInt8(ascii: "*")] {
            return (.asterisk, bytes.startIndex..<bytes.startIndex, nil)
        }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }) else { return nil }
        var form = Head.Form.origin
        var rest = bytes
        if bytes.first != UInt8(ascii: "/") {
            let start = String(decoding: lowercased(bytes.prefix(8)), as: UTF8.self)
            guard start.hasPrefix("http://") || start.hasPrefix("https://") else { return nil }
            rest = bytes.dropFirst(start.hasPrefix("http://") ? 7 : 8)
            let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            guard !authority.isEmpty, isHost(authority) else { return nil }
            rest = rest.dropFirst(authority.count)
            form = .absolute
        }
        let path = rest.prefix { $0 != UInt8(ascii: "?") }
        guard let decoded = percentDecode(path), !decoded.contains(0) else { return nil }
        let hasQuery = path.endIndex < rest.endIndex
        return (form, path.indices, hasQuery ? (path.endIndex + 1)..<rest.endIndex : nil)
    }
}

/// RFC 3986 §2.1; `nil` where an escape is malformed.
package func percentDecode(_ bytes: some Collection<UInt8>) -> [UInt8]? {
    var rest = Array(bytes)[...]
    var decoded: [UInt8] = []
    while let byte = rest.popFirst() {
        if byte != UInt8(ascii: "%") {
            decoded.append(byte)
            continue
        }
        let digits = rest.prefix(2)
        guard digits.count == 2, digits.allSatisfy(isHexDigit),
            let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return nil }
        decoded.append(value)
        rest = rest.dropFirst(2)
    }
    return decoded
}

/// `uri-host [ ":" port ]`, RFC 9110 §7.2; empty is allowed.
func isHost(_ bytes: ArraySlice<UInt8>) -> Bool {
    if bytes.isEmpty { return true }
    var rest: ArraySlice<UInt8>
    if bytes.first == UInt8(ascii: "[") {
        let inside = bytes.dropFirst().prefix { $0 != UInt8(ascii: "]") }
        guard !inside.isEmpty, inside.endIndex < bytes.endIndex,
            inside.allSatisfy({ $0 == UInt8(ascii: ":") || isNameCharacter($0) })
        else { return false }
        rest = bytes[(inside.endIndex + 1)...]
    } else {
        let name = bytes.prefix { $0 != UInt8(ascii: ":") }
        guard !name.isEmpty, percentDecode(name) != nil,
            name.allSatisfy({ $0 == UInt8(ascii: "%") || isNameCharacter($0) })
        else { return false }
        rest = bytes[name.endIndex...]
    }
    guard let colon = rest.popFirst() else { return true }
    return colon == UInt8(ascii: ":") && rest.count <= 5 && rest.allSatisfy(isDigit)
}

/// unreserved and sub-delims, RFC 3986 §2.2 and §2.3.
private func isNameCharacter(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "-._~!$&'()*+,;=".utf8.contains(byte) }

func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

package func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
}

func isHexDigit(_ byte: UInt8) -> Bool { "0123456789abcdefABCDEF".utf8.contains(byte) }
