extension ParsedExposition {
    /// The bytes with a line feed at the end, where every token can be looked for.
    static func terminated(_ bytes: [UInt8]) throws(ExpositionError) -> [UInt8] {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let index = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
            throw ExpositionError(line: index + 1, reason: "not valid UTF-8")
        }
        return bytes.last == UInt8(ascii: "\n") ? bytes : bytes + [UInt8(ascii: "\n")]
    }
}
