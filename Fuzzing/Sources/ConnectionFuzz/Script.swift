import EventHTTP
import FuzzSupport

/// What the client does, read from an input.
///
/// Bytes are sent as they are, but for 0xFF, with which the next byte means an action, and 0xFE, with which it means one
/// of the requests that are ready-made.
enum Step {
    case send([UInt8])
    /// Gives what was sent its own reading.
    case wait
    /// Ends a piece without waiting.
    case cut
    case awaitReplies
    case endSending
    case leave
    /// Lets the handlers go on that wait.
    case release
    case receive
    /// To the other connection.
    case change
    /// Has a good request answered on a third one.
    case probe
    case awaitHandler
}

enum Script {
    static func steps(_ input: some Sequence<UInt8>) -> [Step] {
        var steps: [Step] = []
        var bytes: [UInt8] = []
        var iterator = input.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case 0xFE: bytes += requests[iterator.next() ?? 0]
            case 0xFF:
                guard let step = action(iterator.next() ?? 0) else {
                    bytes.append(0xFF)
                    continue
                }
                if !bytes.isEmpty { steps.append(.send(bytes)) }
                bytes = []
                steps.append(step)
            default: bytes.append(byte)
            }
        }
        if !bytes.isEmpty { steps.append(.send(bytes)) }
        return steps
    }

    /// - Returns: `nil` for the byte 0xFF itself.
    private static func action(_ byte: UInt8) -> Step? {
        switch byte % 11 {
        case 0: .wait
        case 1: .cut
        case 2: .awaitReplies
        case 3: .endSending
        case 4: .leave
        case 5: .release
        case 6: .receive
        case 7: .change
        case 8: .probe
        case 9: .awaitHandler
        default: nil
        }
    }

    /// One of every page, and of every way to frame content or to end a connection.
    private static let requests = ReadyMade(
        Page.all.map { page in
            let path = page.template.replacing("{id}", with: "5")
            let content = page.method == .post || page.method == .put ? "Content-Length: 5\r\n\r\nhello" : "\r\n"
            return "\(page.method.rawValue) \(path) HTTP/1.1\r\nHost: h\r\n\(content)"
        } + [
            "HEAD /sync HTTP/1.1\r\nHost: h\r\n\r\n",
            "HEAD /%zz HTTP/1.1\r\nHost: h\r\n\r\n",
            "HEAD /flood HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /sync HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
            "GET /async HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "GET /stream/7 HTTP/1.0\r\n\r\n",
            "GET /sync HTTP/1.0\r\n\r\n",
            "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "POST /wait HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
            "POST /async HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
            "POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
            "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n",
            "TRACE /sync HTTP/1.1\r\nHost: h\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /sync HTTP/1.1\r\n\r\n",
            "GET /split?v=a%0d%0ab HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /trailer?n=X&v=y HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /sync HTTP/1.1\r\nHost: h\r\nX-Guard: hold\r\n\r\n",
            "POST /echo HTTP/1.1\r\nHost: h\r\nX-Guard: later\r\nContent-Length: 5\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: h\r\nX-Guard: refuse\r\nContent-Length: 5\r\n\r\nhello",
            "GET /async HTTP/1.1\r\nHost: h\r\nX-Guard: later refuse\r\n\r\n",
            "GET /sync HTTP/1.1\r\nHost: h\r\nX-Guard: fail\r\n\r\n",
            "POST /echo HTTP/1.1\r\nHost: h\r\nX-Guard: fail\r\nContent-Length: 5\r\n\r\nhello",
            "POST /async HTTP/1.1\r\nHost: h\r\nX-Guard: hold\r\nContent-Length: 5\r\n\r\nhello",
        ])
}
