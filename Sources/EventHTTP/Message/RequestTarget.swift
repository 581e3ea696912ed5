/// The parts of a request target (RFC 9112 §3.2), found in the bytes as they were sent.
enum RequestTarget {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    /// The path; empty where the target has none (`OPTIONS *`, an authority).
    static func path(of target: Bytes) -> Bytes {
        let start = pathStart(of: target)
        let end = target[start...].firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? target.count
        return Bytes(rebasing: target[start..<end])
    }

    static func query(of target: Bytes) -> Bytes? {
        let end = target.firstIndex(of: UInt8(ascii: "#")) ?? target.count
        guard let mark = target[..<end].firstIndex(of: UInt8(ascii: "?")) else { return nil }
        return Bytes(rebasing: target[(mark + 1)..<end])
    }

    /// The decoded values of a form-encoded query's fields of this name, in order; malformed fields are left out.
    static func values(of name: String, in query: Bytes) -> [String] {
        query.split(separator: UInt8(ascii: "&")).compactMap { field in
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.compactMap { part in
                percentDecoded(part.lazy.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 })
            }
            guard decoded.count == parts.count, decoded[0].elementsEqual(name.utf8) else { return nil }
            return String(decoding: decoded.count > 1 ? decoded[1] : [], as: UTF8.self)
        }
    }

    /// Skips scheme and authority of an absolute-form target (`http://host/path`), which RFC 9112 §3.2.2 has every
    /// server accept.
    private static func pathStart(of target: Bytes) -> Int {
        if target.first == UInt8(ascii: "/") { return 0 }
        guard let colon = target.firstIndex(of: UInt8(ascii: ":")), target.count >= colon + 3,
            target[colon + 1] == UInt8(ascii: "/"), target[colon + 2] == UInt8(ascii: "/")
        else { return target.count }
        return target[(colon + 3)...].firstIndex(of: UInt8(ascii: "/")) ?? target.count
    }
}

/// Decodes `%41` to `A` (RFC 3986 §2.1); `nil` when an escape is malformed or stands for NUL.
func percentDecoded(_ bytes: some Collection<UInt8>) -> [UInt8]? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var iterator = bytes.makeIterator()
    while let byte = iterator.next() {
        guard byte == UInt8(ascii: "%") else {
            decoded.append(byte)
            continue
        }
        guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else {
            return nil
        }
        guard high << 4 | low != 0 else { return nil }
        decoded.append(high << 4 | low)
    }
    return decoded
}

private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
