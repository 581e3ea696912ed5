import Reference

@testable import EventHTTP

/// Leads what arrives through the gate, as a connection does.
struct GateReader {
    private enum Part { case head, content, trailers }

    let limits: ServerLimits
    private(set) var read = ReadRequests()
    /// What has arrived and wasn't consumed yet begins here.
    private var offset = 0
    private var part = Part.head
    private var parser = RequestParser()
    private var decoder = ChunkedDecoder()
    private var request = ReadRequest(start: 0, end: 0, head: Head(), content: [])

    init(_ limits: ServerLimits) { self.limits = limits }

    /// Goes as far as the bytes allow.
    ///
    /// - Parameter arrived: everything from the connection's first byte on.
    mutating func advance(_ arrived: Octets) {
        while read.rejection == nil, goOn(Octets(rebasing: arrived[offset...])) {}
        read.end = offset
    }

    /// - Returns: whether a part was read to its end.
    private mutating func goOn(_ bytes: Octets) -> Bool {
        guard !bytes.isEmpty else { return false }
        switch part {
        case .head:
            guard let end = parse(bytes) else { return false }
            request = ReadRequest(
                start: offset, end: offset + end, head: Head(parser.head, start: parser.start), content: [])
            offset += end
            if request.head.content.isEmpty { return finish() }
            part = .content
            decoder = ChunkedDecoder()
            return true
        case .content:
            return readContent(bytes)
        case .trailers:
            guard let end = parse(bytes) else { return false }
            offset += end
            return finish()
        }
    }

    private mutating func parse(_ bytes: Octets) -> Int? {
        switch parser.parse(bytes, limits) {
        case .incomplete: return nil
        case .complete(let end): return end
        case .rejected(let reason):
            read.rejection = reason
            return nil
        }
    }

    private mutating func readContent(_ bytes: Octets) -> Bool {
        if case .length(let length) = request.head.content {
            let piece = bytes.prefix(length - request.content.count)
            request.content += piece
            offset += piece.count
            return request.content.count == length && finish()
        }
        let (progress, consumed) = decoder.decode(bytes, into: &request.content, limits)
        offset += consumed
        switch progress {
        case .incomplete: return false
        case .rejected(let reason):
            read.rejection = reason
            return false
        case .complete:
            part = .trailers
            parser = .ofTrailers
            return true
        }
    }

    private mutating func finish() -> Bool {
        request.end = offset
        read.requests.append(request)
        part = .head
        parser = RequestParser()
        return true
    }
}
