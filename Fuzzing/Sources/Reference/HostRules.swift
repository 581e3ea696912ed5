/// `uri-host [ ":" port ]`, RFC 9110 §7.2; empty is allowed.
func isHost(_ bytes: ArraySlice<UInt8>) -> Bool {
    if bytes.isEmpty { return true }
    var rest: ArraySlice<UInt8>
    if bytes.first == UInt8(ascii: "[") {
        let inside = bytes.dropFirst().prefix { $0 != UInt8(ascii: "]") }
        guard inside.endIndex < bytes.endIndex, isIPv6(inside) || isIPFuture(inside) else { return false }
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

/// `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`
private func isIPFuture(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first, "vV".utf8.contains(first) else { return false }
    let version = bytes.dropFirst().prefix { $0 != UInt8(ascii: ".") }
    let address = bytes[version.endIndex...].dropFirst()
    return !version.isEmpty && version.allSatisfy(isHexDigit) && !address.isEmpty
        && address.allSatisfy { $0 == UInt8(ascii: ":") || isNameCharacter($0) }
}

/// Eight groups, the last two of which may be an IPv4 address, or fewer with `::` for the others.
private func isIPv6(_ bytes: ArraySlice<UInt8>) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return false }
    var count = 0
    for (index, half) in halves.enumerated() where !half.isEmpty || halves.count == 1 {
        let groups = half.split(separator: ":", omittingEmptySubsequences: false)
        for (place, group) in groups.enumerated() {
            let isLast = index == halves.count - 1 && place == groups.count - 1
            if isLast, isIPv4(group) {
                count += 2
            } else if (1...4).contains(group.utf8.count), group.utf8.allSatisfy(isHexDigit) {
                count += 1
            } else {
                return false
            }
        }
    }
    return halves.count == 2 ? count < 8 : count == 8
}

private func isIPv4(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
        && parts.allSatisfy { part in
            part.utf8.allSatisfy(isDigit) && UInt8(part) != nil && (part.utf8.count == 1 || part.utf8.first != 0x30)
        }
}
