import FuzzSupport
import Reference

@testable import EventHTTP

/// The gate, over what arrives on one connection.
///
/// The input is four bytes of limits, four of how the bytes are cut, and the bytes, ready-made pieces in them.
@main enum GateFuzz {
    static func main() { fuzz(run) }

    private static func run(_ input: Input) {
        var settings = Settings(input)
        var limits = ServerLimits()
        limits.headerBytes = 32 + 8 * settings.next()
        limits.targetBytes = 1 + settings.next()
        limits.headerFields = 1 + settings.next() % 16
        limits.bodyBytes = 4 * settings.next()
        let lengths = [1 + settings.next() % 8, 1 + settings.next() % 32, 1 + settings.next(), 1 + 4 * settings.next()]
        pieces.expand(settings.bytes).withUnsafeBufferPointer { run($0, limits, cutBy: lengths) }
    }

    private static func run(_ bytes: Octets, _ limits: ServerLimits, cutBy lengths: [Int]) {
        var whole = GateReader(limits)
        whole.advance(bytes)
        let read = whole.read

        var single = GateReader(limits)
        for count in 0...bytes.count { single.advance(Octets(rebasing: bytes[..<count])) }
        checkEqual(single.read, read, "byte by byte, it is read differently than as a whole")

        var cut = GateReader(limits)
        var count = 0
        var index = 0
        while count < bytes.count {
            count = min(count + lengths[index % lengths.count], bytes.count)
            index += 1
            // In memory of its own, as long as it is.
            Array(bytes[..<count]).withUnsafeBufferPointer { cut.advance($0) }
        }
        checkEqual(cut.read, read, "cut by \(lengths), it is read differently than as a whole")

        for request in read.requests { checkIsSafe(request, bytes, limits) }
        compare(read, Array(bytes), limits)
    }

    /// Compares with what the reference reads.
    private static func compare(_ read: ReadRequests, _ bytes: [UInt8], _ limits: ServerLimits) {
        var offset = 0
        var requests: [ReadRequest] = []
        var reasons: Set<RejectionReason> = []
        reading: while offset < bytes.count {
            let head: Head
            let start = offset
            switch Reference.head(Array(bytes[offset...]), limits) {
            case .incomplete: break reading
            case .refused(let set):
                reasons = set
                break reading
            case .whole(let whole, let end):
                head = whole.head
                offset += end
            }
            switch Reference.content(Array(bytes[offset...]), head.content, limits) {
            case .incomplete: break reading
            case .refused(let set):
                reasons = set
                break reading
            case .whole(let content, let end):
                offset += end
                requests.append(ReadRequest(start: start, end: offset, head: head, content: content))
            }
        }
        checkEqual(read.requests, requests, "the requests that were read from \(visible(bytes))")
        if let reason = read.rejection {
            check(reasons.contains(reason), "refused as \(reason), expected \(reasons): \(visible(bytes))")
        } else {
            check(reasons.isEmpty, "not refused, expected \(reasons): \(visible(bytes))")
        }
    }

    /// What no accepted request may have, however it is read: said once more, so that reference and gate can't be wrong
    /// together.
    private static func checkIsSafe(_ request: ReadRequest, _ bytes: Octets, _ limits: ServerLimits) {
        let head = request.head
        let lines = Array(bytes[(request.start + head.start)..<(request.start + head.fields.upperBound)])
        let text = lines.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        func occurrences(_ name: String) -> Int {
            let wanted = Array("\n\(name)".utf8)
            guard text.count >= wanted.count else { return 0 }
            return (0...(text.count - wanted.count)).count { text[$0...].starts(with: wanted) }
        }
        func require(_ condition: Bool, _ rule: String) {
            check(condition, "accepted although \(rule): \(visible(lines))")
        }
        require(occurrences("host:") <= 1, "Host is repeated")
        require(occurrences("host:") == 1 || !head.isHTTP11, "Host is missing")
        require(occurrences("content-length:") <= 1, "Content-Length is repeated")
        require(
            occurrences("content-length:") == 0 || occurrences("transfer-encoding:") == 0,
            "both Content-Length and Transfer-Encoding are there")
        require(
            (head.content == .chunked) == (occurrences("transfer-encoding:") > 0), "Transfer-Encoding isn't heeded")
        require(occurrences(" ") + occurrences("\t") == 0, "a line is folded")
        for (index, byte) in lines.enumerated() {
            switch byte {
            case 0x0D: require(index + 1 < lines.count && lines[index + 1] == 0x0A, "a CR stands alone")
            case 0x0A: require(index > 0 && lines[index - 1] == 0x0D, "a LF stands alone")
            case 0x09: break
            default: require(byte >= 0x20 && byte != 0x7F, "there is a control character")
            }
        }
        for line in lines.split(separator: 0x0A).dropFirst() {
            require(isToken(line.prefix { $0 != 0x3A }), "a name isn't a token")
        }
        let fieldCount = lines.count { $0 == 0x0A } - 1
        require(fieldCount <= limits.headerFields, "there are too many fields")
        require(head.target.count <= limits.targetBytes, "the target is too long")
        require(lines.count + 2 <= limits.headerBytes, "the head is too long")
        require(request.content.count <= limits.bodyBytes, "the content is too long")
    }
}
