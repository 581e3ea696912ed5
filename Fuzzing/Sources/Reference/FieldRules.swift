internal import EventHTTP

/// RFC 9112 §5 and §6.
enum FieldRules {
    /// `field-name ":" OWS field-value OWS`.
    static func field(_ text: ArraySlice<UInt8>) -> Field? {
        let name = text.prefix { $0 != UInt8(ascii: ":") }
        guard name.endIndex < text.endIndex, isToken(name) else { return nil }
        let value = text[(name.endIndex + 1)...]
        guard value.allSatisfy(isFieldByte) else { return nil }
        return Field(name: Array(name), value: Array(trim(value)))
    }

    /// What is wrong with a field, given those before it.
    static func reasons(against field: Field, after earlier: [Field]) -> Set<RejectionReason> {
        var reasons: Set<RejectionReason> = []
        if field.isNamed("host") {
            if earlier.contains(where: { $0.isNamed("host") }) { reasons.insert(.repeatedHost) }
            if !isHost(field.value[...]) { reasons.insert(.malformedHost) }
        }
        if field.isNamed("content-length") {
            if earlier.contains(where: { $0.isNamed("content-length") }) { reasons.insert(.repeatedContentLength) }
            if number(field.value) == nil { reasons.insert(.malformedContentLength) }
        }
        return reasons
    }

    /// What is wrong with the fields taken together, and what they say.
    static func settle(_ fields: [Field], _ head: inout Head, _ limits: ServerLimits) -> Set<RejectionReason> {
        var reasons: Set<RejectionReason> = []
        let options = list("connection", in: fields)
        head.closes = options.contains { lowercased($0) == Array("close".utf8) }
        head.keepsAlive = options.contains { lowercased($0) == Array("keep-alive".utf8) }

        if head.isHTTP11, !fields.contains(where: { $0.isNamed("host") }) { reasons.insert(.missingHost) }
        let length = fields.first { $0.isNamed("content-length") }.flatMap { number($0.value) }
        head.content = .length(length ?? 0)
        if fields.contains(where: { $0.isNamed("transfer-encoding") }) {
            head.content = .chunked
            if !head.isHTTP11 { reasons.insert(.transferEncodingInHTTP10) }
            if length != nil { reasons.insert(.contentLengthWithTransferEncoding) }
            reasons.formUnion(codingReasons(list("transfer-encoding", in: fields)))
        }
        if !head.content.isEmpty, [.head, .trace].contains(head.method) { reasons.insert(.unexpectedContent) }
        if let length, length > limits.bodyBytes { reasons.insert(.contentTooLarge) }

        let expectations = fields.filter { $0.isNamed("expect") }.map { lowercased($0.value) }
        if head.isHTTP11 {
            let known = Array("100-continue".utf8)
            head.expectsContinue = expectations.contains(known)
            if expectations.contains(where: { $0 != known }) { reasons.insert(.unknownExpectation) }
        }
        return reasons
    }

    /// `1#transfer-coding`, of which the last has to be `chunked`, once and without parameters (RFC 9112 §6.1, §7).
    private static func codingReasons(_ codings: [ArraySlice<UInt8>]) -> Set<RejectionReason> {
        let chunked = Array("chunked".utf8)
        if codings.map(lowercased) == [chunked] { return [] }
        var names: [[UInt8]] = []
        for coding in codings {
            let parts = coding.split(separator: UInt8(ascii: ";"), maxSplits: 1, omittingEmptySubsequences: false)
            let name = lowercased(trim(parts[0]))
            guard isToken(name[...]), name != chunked || parts.count == 1 else { return [.malformedTransferEncoding] }
            names.append(name)
        }
        // A single other coding is called unsupported, although no length can be told either.
        if names.count == 1 { return [.unsupportedTransferCoding] }
        let isWellOrdered = names.firstIndex(of: chunked) == names.count - 1
        return [isWellOrdered ? .unsupportedTransferCoding : .malformedTransferEncoding]
    }

    /// The elements of all fields of a name; empty ones stay.
    private static func list(_ name: String, in fields: [Field]) -> [ArraySlice<UInt8>] {
        fields.filter { $0.isNamed(name) }
            .flatMap { $0.value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) }.map(trim)
    }

    /// `1*DIGIT`; no more of them than any length needs.
    private static func number(_ bytes: [UInt8]) -> Int? {
        guard bytes.allSatisfy(isDigit), bytes.count <= 18 else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self))
    }
}

/// RFC 9110 §5.6.2.
package func isToken(_ bytes: some Collection<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy { isAlphanumeric($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }
}

/// RFC 9110 §5.5.
package func isFieldByte(_ byte: UInt8) -> Bool { byte == 0x09 || byte >= 0x20 && byte != 0x7F }

/// Without blanks and tabs at both ends.
func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return bytes.suffix(0) }
    return bytes[first...last]
}
