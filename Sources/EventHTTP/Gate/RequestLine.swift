internal import Glibc

extension RequestHead {
    /// Reads `method target version`, each separated by one blank (RFC 9112 §3).
    mutating func readRequestLine(_ line: Range<Int>, of bytes: Octets, _ limits: ServerLimits) -> RejectionReason? {
        let blank = UInt8(ascii: " ")
        guard let first = bytes.first(blank, from: line.lowerBound), first < line.upperBound,
            let second = bytes.first(blank, from: first + 1), second < line.upperBound, second > first + 1,
            let isHTTP11 = readVersion((second + 1)..<line.upperBound, of: bytes)
        else { return .malformedRequestLine }
        switch isHTTP11 {
        case .http11: self.isHTTP11 = true
        case .http10: self.isHTTP11 = false
        case .other: return .unsupportedVersion
        }
        let name = line.lowerBound..<first
        guard !name.isEmpty, bytes[name].allSatisfy(\.isTokenCharacter) else { return .malformedRequestLine }
        guard let method = HTTPMethod(Octets(rebasing: bytes[name])) else { return .unknownMethod }
        self.method = method
        guard second - first - 1 <= limits.targetBytes else { return .targetTooLong }
        return readTarget((first + 1)..<second, of: bytes) ? nil : .malformedTarget
    }

    private enum Version { case http10, http11, other }

    /// `HTTP/` and two digits (RFC 9112 §2.3).
    private func readVersion(_ range: Range<Int>, of bytes: Octets) -> Version? {
        let start = range.lowerBound
        guard range.count == 8, memcmp(bytes.baseAddress! + start, "HTTP/", 5) == 0, bytes[start + 5].isDigit,
            bytes[start + 6] == UInt8(ascii: "."), bytes[start + 7].isDigit
        else { return nil }
        guard bytes[start + 5] == UInt8(ascii: "1") else { return .other }
        switch bytes[start + 7] {
        case UInt8(ascii: "1"): return .http11
        case UInt8(ascii: "0"): return .http10
        default: return .other
        }
    }

    /// Finds path and query in the forms of RFC 9112 §3.2.
    private mutating func readTarget(_ target: Range<Int>, of bytes: Octets) -> Bool {
        self.target = target
        var start = target.lowerBound
        if bytes[start] == UInt8(ascii: "/") {
            form = .origin
        } else if method == .options, target.count == 1, bytes[start] == UInt8(ascii: "*") {
            form = .asterisk
            path = start..<start
            return true
        } else {
            guard let end = authorityEnd(of: target, bytes) else { return false }
            form = .absolute
            start = end
        }
        var end = start
        while end < target.upperBound, bytes[end] != UInt8(ascii: "?") {
            let byte = bytes[end]
            guard byte > 0x20, byte != 0x7F, byte != UInt8(ascii: "#") else { return false }
            if byte == UInt8(ascii: "%") {
                // Only a whole escape, and none that would end the path in C.
                guard end + 2 < target.upperBound, let high = bytes[end + 1].hexValue,
                    let low = bytes[end + 2].hexValue, high | low != 0
                else { return false }
            }
            end += 1
        }
        path = start..<end
        guard end < target.upperBound else { return true }
        query = (end + 1)..<target.upperBound
        return bytes[(end + 1)..<target.upperBound].allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }
    }

    /// Where the path of `http://authority/path` begins.
    private func authorityEnd(of target: Range<Int>, _ bytes: Octets) -> Int? {
        for scheme in ["http" as StaticString, "https"] {
            let colon = target.lowerBound + scheme.utf8CodeUnitCount
            guard colon + 3 < target.upperBound, bytes.matches(scheme, in: target.lowerBound..<colon),
                bytes[colon] == UInt8(ascii: ":"), bytes[colon + 1] == UInt8(ascii: "/"),
                bytes[colon + 2] == UInt8(ascii: "/")
            else { continue }
            let authority = colon + 3
            let end =
                bytes[authority..<target.upperBound].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
                ?? target.upperBound
            return !(authority..<end).isEmpty && bytes.isHost(in: authority..<end) ? end : nil
        }
        return nil
    }
}

extension Octets {
    /// Whether the range holds `uri-host [ ":" port ]` (RFC 9110 §7.2, RFC 3986 §3.2.2).
    func isHost(in range: Range<Int>) -> Bool {
        var index = range.lowerBound
        if index < range.upperBound, self[index] == UInt8(ascii: "[") {
            guard let end = self[range].firstIndex(of: UInt8(ascii: "]")), isIPLiteral(in: (index + 1)..<end) else {
                return false
            }
            index = end + 1
        } else {
            while index < range.upperBound, self[index] != UInt8(ascii: ":") {
                if self[index] == UInt8(ascii: "%") {
                    guard index + 2 < range.upperBound, self[index + 1].hexValue != nil,
                        self[index + 2].hexValue != nil
                    else { return false }
                } else if !self[index].isHostCharacter {
                    return false
                }
                index += 1
            }
            // A port needs a host.
            if index == range.lowerBound, !range.isEmpty { return false }
        }
        guard index < range.upperBound else { return true }
        let port = self[(index + 1)..<range.upperBound]
        return self[index] == UInt8(ascii: ":") && port.count <= 5 && port.allSatisfy(\.isDigit)
    }

    /// IPv6address or IPvFuture (RFC 3986 §3.2.2).
    private func isIPLiteral(in range: Range<Int>) -> Bool {
        if let first = self[range].first, first | 0x20 == UInt8(ascii: "v") {
            guard let dot = self[range].firstIndex(of: UInt8(ascii: ".")) else { return false }
            let version = self[(range.lowerBound + 1)..<dot]
            let address = self[(dot + 1)..<range.upperBound]
            return !version.isEmpty && version.allSatisfy { $0.hexValue != nil }
                && !address.isEmpty && address.allSatisfy { $0 == UInt8(ascii: ":") || $0.isHostCharacter }
        }
        // The longest has 45 characters; without NUL behind it, C would read on.
        guard range.count <= 45, !self[range].contains(0) else { return false }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { text in
            for (offset, byte) in self[range].enumerated() { text[offset] = CChar(bitPattern: byte) }
            text[range.count] = 0
            var address = in6_addr()
            return inet_pton(AF_INET6, text.baseAddress!, &address) == 1
        }
    }
}
