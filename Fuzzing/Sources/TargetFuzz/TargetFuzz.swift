import FuzzSupport
import Reference

@testable import EventHTTP

/// Request targets, their parts, and what becomes of percent-encoding.
///
/// The input is a byte for the method, one for the longest target, and the target. What follows a line feed in it is the
/// name of a form field that is looked for.
@main enum TargetFuzz {
    static func main() { fuzz(run) }

    private static func run(_ input: Input) {
        var settings = Settings(input)
        let method = settings.next(of: HTTPMethod.allCases)
        var limits = ServerLimits()
        limits.targetBytes = 1 + 2 * settings.next()
        let parts = settings.bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        let target = parts.first.map { Array($0) } ?? []
        let name = String(decoding: parts.count > 1 ? Array(parts[1]) : Array("name".utf8), as: UTF8.self)

        checkPercentDecoding(target)
        checkReading(method, target, name, limits)
    }

    private static func checkPercentDecoding(_ bytes: [UInt8]) {
        let decoded = percentDecoded(bytes)
        let expected = percentDecode(bytes)
        // Raw ones are for the gate to refuse.
        let escapesNUL = (expected?.count { $0 == 0 } ?? 0) > bytes.count { $0 == 0 }
        checkEqual(decoded, escapesNUL ? nil : expected, "decoding \(visible(bytes))")
    }

    private static func checkReading(_ method: HTTPMethod, _ target: [UInt8], _ name: String, _ limits: ServerLimits) {
        let bytes = Array("\(method.rawValue) ".utf8) + target + Array(" HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        var parser = RequestParser()
        let progress = bytes.withUnsafeBufferPointer { parser.parse($0, limits) }
        let head = parser.head
        switch (Reference.head(bytes, limits), progress) {
        case (.whole(let expected, _), .complete(let end)):
            checkEqual(end, bytes.count, "the head's end")
            checkEqual(head.target, expected.head.target, "the target in \(visible(bytes))")
            checkEqual(head.path, expected.head.path, "the path in \(visible(bytes))")
            checkEqual(head.query, expected.head.query, "the query in \(visible(bytes))")
            checkEqual(head.form == .absolute, expected.head.form == .absolute, "the form in \(visible(bytes))")
        case (.refused(let reasons), .rejected(let reason)):
            return check(reasons.contains(reason), "refused as \(reason), expected \(reasons): \(visible(bytes))")
        case (let expected, _):
            finding("read as \(progress), expected \(expected): \(visible(bytes))")
        }

        checkEqual(Array(bytes[head.target]), target, "the target")
        check(
            head.target.contains(head.path.lowerBound) && head.path.upperBound <= head.target.upperBound
                || head.path.isEmpty, "the path isn't in the target: \(visible(target))")
        let path = bytes[head.path]
        check(path.first == UInt8(ascii: "/") || path.isEmpty && head.form != .origin, "path: \(visible(path))")
        guard let decoded = percentDecoded(path) else { finding("the path can't be decoded: \(visible(path))") }
        check(!decoded.contains(0), "there is a NUL in the path: \(visible(path))")
        guard let query = head.query else { return }
        checkEqual(query.upperBound, head.target.upperBound, "the query's end in \(visible(target))")
        let values = bytes.withUnsafeBufferPointer { FormFields.values(of: name, in: Octets(rebasing: $0[query])) }
        let expected = Reference.formValues(of: Array(name.utf8), in: bytes[query])
            .map { String(decoding: $0, as: UTF8.self) }
        checkEqual(values, expected, "the values of \(name.debugDescription) in \(visible(bytes[query]))")
        check(!values.contains { $0.utf8.contains(0) }, "there is a NUL in a value: \(visible(bytes[query]))")
    }
}
