/// The fields of a query, `name=value&…` (application/x-www-form-urlencoded).
enum FormFields {
    /// The decoded values of the fields of this name, in order; malformed fields are left out.
    static func values(of name: String, in query: Octets) -> [String] {
        query.split(separator: UInt8(ascii: "&")).compactMap { field in
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.compactMap { part in
                percentDecoded(part.lazy.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 })
            }
            guard decoded.count == parts.count, decoded[0].elementsEqual(name.utf8) else { return nil }
            return String(decoding: decoded.count > 1 ? decoded[1] : [], as: UTF8.self)
        }
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
        guard let high = iterator.next()?.hexValue, let low = iterator.next()?.hexValue, high | low != 0 else {
            return nil
        }
        decoded.append(high << 4 | low)
    }
    return decoded
}
