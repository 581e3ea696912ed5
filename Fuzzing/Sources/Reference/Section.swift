package import EventHTTP

/// Reads requests as the grammar of RFC 9112 and RFC 9110 has them, with the decisions that ``RejectionReason`` describes
/// where the grammar leaves a choice.
///
/// Slow and obvious on purpose, and without a line in common with the server's reader: what the two disagree on is a
/// finding.
package enum Reference {
    /// Reads a head: empty line, request line, fields, empty line.
    package static func head(_ bytes: [UInt8], _ limits: ServerLimits) -> Reading<(head: Head, fields: [Field])> {
        var head = Head()
        switch section(bytes, limits, head: &head) {
        case .incomplete: return .incomplete
        case .refused(let reasons): return .refused(reasons)
        case .whole(let fields, let end):
            let reasons = FieldRules.settle(fields, &head, limits)
            return reasons.isEmpty ? .whole((head, fields), end: end) : .refused(reasons)
        }
    }

    /// Reads trailer fields and the empty line behind them (RFC 9112 §7.1.2).
    package static func trailers(_ bytes: [UInt8], _ limits: ServerLimits) -> Reading<[Field]> {
        var none: Head?
        return section(bytes, limits, head: &none)
    }

    /// Whether the request line has come and says HEAD, if with a wrong target: whatever else follows, the answer has no
    /// content.
    package static func asksForHead(_ bytes: [UInt8], _ limits: ServerLimits) -> Bool {
        let bytes = bytes.starts(with: [0x0D, 0x0A]) ? bytes[2...] : bytes[...]
        guard let feed = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return false }
        let line = bytes[..<feed]
        var head = Head()
        guard line.last == 0x0D, !line.dropLast().contains(0x0D), line.count + 1 <= limits.headerBytes,
            line.count - 1 <= limits.targetBytes + 32
        else { return false }
        return RequestLineRules.read(line.dropLast(), &head, limits).isSubset(of: [.targetTooLong, .malformedTarget])
            && head.method == .head
    }

    private static func section(_ bytes: [UInt8], _ limits: ServerLimits, head: inout Head) -> Reading<[Field]> {
        var wanted: Head? = head
        defer { head = wanted! }
        return section(bytes, limits, head: &wanted)
    }

    /// - Parameter head: gets what the request line says; `nil` where there is none.
    private static func section(_ bytes: [UInt8], _ limits: ServerLimits, head: inout Head?) -> Reading<[Field]> {
        var fields: [Field] = []
        var awaitsRequestLine = head != nil
        var position = 0

        func excess(lineEnd: Int, next: Int) -> Set<RejectionReason> {
            let start = head?.start ?? 0
            var reasons: Set<RejectionReason> = []
            if next - start > limits.headerBytes { reasons.insert(.headerTooLarge) }
            // With the longest method, the version and two blanks, and something to spare.
            if awaitsRequestLine, lineEnd - start > limits.targetBytes + 32 { reasons.insert(.targetTooLong) }
            return reasons
        }

        while true {
            guard let feed = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
                // One byte more is the least that can end the line.
                let reasons = excess(lineEnd: bytes.count - 1, next: bytes.count + 1)
                return reasons.isEmpty ? .incomplete : .refused(reasons)
            }
            let next = feed + 1
            var text = bytes[position..<feed]
            let hasReturn = text.last == 0x0D
            if hasReturn { text = text.dropLast() }
            var reasons = excess(lineEnd: text.endIndex, next: next)
            if !hasReturn || text.contains(0x0D) { reasons.insert(.malformedLineEnd) }
            if awaitsRequestLine {
                if text.isEmpty, position == 0, reasons.isEmpty {
                    // RFC 9112 §2.2: one empty line before the request line is ignored.
                    head!.start = next
                } else {
                    reasons.formUnion(RequestLineRules.read(text, &head!, limits))
                    head!.fields = next..<next
                    awaitsRequestLine = false
                }
            } else if text.isEmpty {
                return reasons.isEmpty ? .whole(fields, end: next) : .refused(reasons)
            } else {
                if fields.count == limits.headerFields { reasons.insert(.tooManyFields) }
                if let field = FieldRules.field(text) {
                    if head != nil { reasons.formUnion(FieldRules.reasons(against: field, after: fields)) }
                    fields.append(field)
                } else {
                    reasons.insert(.malformedField)
                }
                if let start = head?.fields.lowerBound { head!.fields = start..<next }
            }
            if !reasons.isEmpty { return .refused(reasons) }
            position = next
        }
    }
}
