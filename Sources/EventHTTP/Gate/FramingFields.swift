/// The header fields that say where a request ends and what becomes of its connection, as they are met.
struct FramingFields {
    private var hasHost = false
    private var contentLength: Int?
    private var hasTransferEncoding = false
    private var codings = TransferCodings()
    private var hasUnknownExpectation = false

    fileprivate struct TransferCodings {
        var count = 0
        var chunked = 0
        var lastIsChunked = false
        var isMalformed = false
    }

    /// Takes a field's name and trimmed value.
    mutating func read(
        name: Range<Int>, value: Range<Int>, of bytes: Octets, _ head: inout RequestHead
    ) -> RejectionReason? {
        switch name.count {
        case 4 where bytes.matches("host", in: name):
            guard !hasHost else { return .repeatedHost }
            hasHost = true
            return bytes.isHost(in: value) ? nil : .malformedHost
        case 6 where bytes.matches("expect", in: name):
            if bytes.matches("100-continue", in: value) {
                head.expectsContinue = true
            } else {
                hasUnknownExpectation = true
            }
            return nil
        case 10 where bytes.matches("connection", in: name):
            bytes.forEachElement(of: value) { option in
                if bytes.matches("close", in: option) { head.closes = true }
                if bytes.matches("keep-alive", in: option) { head.keepsAlive = true }
            }
            return nil
        case 14 where bytes.matches("content-length", in: name):
            guard contentLength == nil else { return .repeatedContentLength }
            guard (1...18).contains(value.count), bytes[value].allSatisfy(\.isDigit) else {
                return .malformedContentLength
            }
            contentLength = bytes[value].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            return nil
        case 17 where bytes.matches("transfer-encoding", in: name):
            hasTransferEncoding = true
            bytes.forEachElement(of: value) { codings.add($0, of: bytes) }
            return nil
        default:
            return nil
        }
    }

    /// Draws the conclusions when the head is complete.
    func settle(_ head: inout RequestHead, _ limits: ServerLimits) -> RejectionReason? {
        if head.isHTTP11, !hasHost { return .missingHost }
        if hasTransferEncoding {
            guard head.isHTTP11 else { return .transferEncodingInHTTP10 }
            guard contentLength == nil else { return .contentLengthWithTransferEncoding }
            if let reason = codings.reason { return reason }
            head.content = .chunked
        } else {
            head.content = .length(contentLength ?? 0)
        }
        if !head.content.isEmpty, head.method == .head || head.method == .trace { return .unexpectedContent }
        if let contentLength, contentLength > limits.bodyBytes { return .contentTooLarge }
        guard head.isHTTP11 else {
            head.expectsContinue = false
            return nil
        }
        return hasUnknownExpectation ? .unknownExpectation : nil
    }
}

extension FramingFields.TransferCodings {
    /// `transfer-coding = token *( OWS ";" OWS transfer-parameter )` (RFC 9112 §7).
    fileprivate mutating func add(_ element: Range<Int>, of bytes: Octets) {
        var end = element.lowerBound
        while end < element.upperBound, bytes[end].isTokenCharacter { end += 1 }
        let rest = bytes.trimmed(end..<element.upperBound)
        if end == element.lowerBound || !bytes.areParameters(in: rest) { isMalformed = true }
        lastIsChunked = bytes.matches("chunked", in: element.lowerBound..<end)
        if lastIsChunked {
            chunked += 1
            // It takes no parameters.
            if !rest.isEmpty { isMalformed = true }
        }
        count += 1
    }

    fileprivate var reason: RejectionReason? {
        if isMalformed { return .malformedTransferEncoding }
        if count == 1 { return lastIsChunked ? nil : .unsupportedTransferCoding }
        return lastIsChunked && chunked == 1 ? .unsupportedTransferCoding : .malformedTransferEncoding
    }
}

extension Octets {
    /// `*( OWS ";" OWS token BWS "=" BWS ( token / quoted-string ) )` (RFC 9112 §7), the values not looked at closely.
    fileprivate func areParameters(in range: Range<Int>) -> Bool {
        var rest = range
        while !rest.isEmpty {
            guard self[rest.lowerBound] == UInt8(ascii: ";") else { return false }
            let next = self[(rest.lowerBound + 1)..<rest.upperBound].firstIndex(of: UInt8(ascii: ";"))
            let parameter = trimmed((rest.lowerBound + 1)..<(next ?? rest.upperBound))
            guard let equals = self[parameter].firstIndex(of: UInt8(ascii: "=")) else { return false }
            let name = trimmed(parameter.lowerBound..<equals)
            guard !name.isEmpty, self[name].allSatisfy(\.isTokenCharacter), equals + 1 < parameter.upperBound else {
                return false
            }
            rest = (next ?? rest.upperBound)..<rest.upperBound
        }
        return true
    }
}
