/// Takes chunked content apart (RFC 9112 §7.1), up to the trailer section, which ``RequestParser`` reads.
///
/// Extensions are checked and ignored. What a client may spend on the lines between the data is limited.
struct ChunkedDecoder {
    enum Progress: Equatable {
        /// More bytes are needed.
        case incomplete
        /// The last chunk has been read.
        case complete
        case rejected(RejectionReason)
    }

    private enum State { case sizeStart, size, blankBeforeExtension, extensions, sizeEnd, data, dataReturn, dataEnd }

    private var state = State.sizeStart
    /// Bytes of the chunk, while its size is read; those that are still to come, while its data is.
    private var size = 0
    private var digits = 0
    private var lineLength = 0
    /// Bytes of all size lines beyond what sizes need.
    private var overhead = 0

    private static let longestLine = 256
    private static let freeLineLength = 8

    /// - Parameters:
    ///   - bytes: those that follow what was consumed before.
    ///   - content: what the chunks hold is added here.
    /// - Returns: how far it came, and how many bytes it consumed.
    mutating func decode(
        _ bytes: Octets, into content: inout [UInt8], _ limits: ServerLimits
    ) -> (progress: Progress, consumed: Int) {
        var index = 0
        while index < bytes.count {
            if state == .data {
                let count = min(size, bytes.count - index)
                content.append(contentsOf: bytes[index..<(index + count)])
                index += count
                size -= count
                if size == 0 { state = .dataReturn }
                continue
            }
            let byte = bytes[index]
            index += 1
            switch state {
            case .dataReturn where byte == UInt8(ascii: "\r"): state = .dataEnd
            case .dataEnd where byte == UInt8(ascii: "\n"): state = .sizeStart
            case .data, .dataReturn, .dataEnd: return (.rejected(.malformedChunk), index)
            default:
                guard let hasEnded = readLine(byte, limits) else { return (.rejected(.malformedChunk), index) }
                guard hasEnded else { continue }
                if size == 0 { return (.complete, index) }
                if size > limits.bodyBytes - content.count { return (.rejected(.contentTooLarge), index) }
                state = .data
            }
        }
        return (.incomplete, index)
    }

    /// Reads on in a chunk's first line.
    ///
    /// - Returns: whether the line has ended; `nil` where it is malformed.
    private mutating func readLine(_ byte: UInt8, _ limits: ServerLimits) -> Bool? {
        if state == .sizeStart { (size, digits, lineLength) = (0, 0, 0) }
        lineLength += 1
        if lineLength > Self.freeLineLength { overhead += 1 }
        guard lineLength <= Self.longestLine, overhead <= limits.headerBytes else { return nil }
        switch (state, byte) {
        case (.sizeStart, _) where byte.hexValue != nil, (.size, _) where byte.hexValue != nil:
            guard let value = byte.hexValue, digits < 16 else { return nil }
            digits += 1
            // Beyond any limit, the rest doesn't matter.
            size = size > Int.max >> 4 ? Int.max : size << 4 | Int(value)
            state = .size
        case (.size, UInt8(ascii: "\r")), (.extensions, UInt8(ascii: "\r")): state = .sizeEnd
        case (.size, UInt8(ascii: ";")), (.blankBeforeExtension, UInt8(ascii: ";")): state = .extensions
        case (.size, UInt8(ascii: " ")), (.size, UInt8(ascii: "\t")): state = .blankBeforeExtension
        case (.blankBeforeExtension, UInt8(ascii: " ")), (.blankBeforeExtension, UInt8(ascii: "\t")): break
        case (.extensions, _) where byte.isFieldCharacter: break
        case (.sizeEnd, UInt8(ascii: "\n")): return true
        default: return nil
        }
        return false
    }
}
