internal import Glibc

/// Writes responses as bytes (RFC 9112 §4) into a buffer that is used again and again: one per loop.
struct ResponseEncoder: ~Copyable {
    private var buffer = ByteBuffer()
    /// The line of the Date field, as it is in its second.
    private var date: [UInt8] = []
    private var dateSecond = -1
    private let statusLines = Self.statusLines

    /// By status, from 200 on.
    private static let statusLines = (200...599).map { Array("HTTP/1.1 \($0) \(HTTPStatus($0).reason)\r\n".utf8) }

    /// What was encoded; good until the next response is.
    var bytes: UnsafeRawBufferPointer { buffer.bytes }

    /// Content up to this many bytes is copied behind the head, which takes less time than sending from two places.
    private static let copiedContent = 64 << 10

    enum Persistence {
        /// HTTP/1.1's default: nothing needs to be said.
        case implied
        /// An HTTP/1.0 client asked for it.
        case keepAlive
        case close
    }

    /// How the end of the content can be told (RFC 9112 §6.3).
    enum Framing: Equatable {
        case length(Int)
        case chunked
        case untilClose
    }

    /// - Parameters:
    ///   - omitsContent: for HEAD: the head is GET's, the content is left out.
    ///   - headers: fields of every response, as they are sent, with their line ends.
    /// - Returns: the content that has to be sent after `bytes`; empty when it is in there.
    mutating func encode(
        _ response: borrowing Response, _ framing: Framing, omitsContent: Bool, persistence: Persistence,
        headers: [UInt8]
    ) -> Response.Body {
        buffer.removeAll()
        buffer.append(statusLines[response.status.code - 200])
        appendDate()
        if let contentType = response.contentType { appendField("Content-Type: ", contentType) }
        for field in response.headers {
            buffer.append(field.name)
            appendField(": ", field.value)
        }
        buffer.append(headers)
        if response.status.allowsContent {
            switch framing {
            case .length(let count):
                buffer.append("Content-Length: ")
                buffer.append(UInt(count))
                buffer.append("\r\n")
            case .chunked: buffer.append("Transfer-Encoding: chunked\r\n")
            case .untilClose: break
            }
        }
        switch persistence {
        case .implied: break
        case .keepAlive: buffer.append("Connection: keep-alive\r\n")
        case .close: buffer.append("Connection: close\r\n")
        }
        buffer.append("\r\n")
        guard !omitsContent, response.status.allowsContent else { return .empty }
        switch response.body {
        case .string(let string) where string.utf8.count <= Self.copiedContent: buffer.append(string)
        case .bytes(let content) where content.count <= Self.copiedContent: buffer.append(content)
        case .pieces(let content) where content.count <= Self.copiedContent:
            for piece in content.pieces { buffer.append(piece.bytes) }
        case .empty: break
        case .string, .bytes, .pieces, .stream: return response.body
        }
        return .empty
    }

    private mutating func appendField(_ name: StaticString, _ value: String) {
        buffer.append(name)
        buffer.append(value)
        buffer.append("\r\n")
    }

    /// RFC 9110 §5.6.7; made once a second.
    private mutating func appendDate() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &now)
        if now.tv_sec != dateSecond {
            dateSecond = now.tv_sec
            date = Array("Date: \(httpDate(now.tv_sec))\r\n".utf8)
        }
        buffer.append(date)
    }
}

private func httpDate(_ time: time_t) -> String {
    var time = time
    var parts = tm()
    gmtime_r(&time, &parts)
    func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(parts.tm_wday)]
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][Int(parts.tm_mon)]
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(padded).joined(separator: ":")
    return "\(day), \(padded(parts.tm_mday)) \(month) \(parts.tm_year + 1900) \(clock) GMT"
}

extension Response {
    /// The first header field that can't be sent as it is: its name is no token (RFC 9110 §5.6.2), or its value would
    /// end the line.
    var unsendableField: String? {
        if let contentType, !isFieldValue(contentType) { return "Content-Type" }
        return headers.first { !isToken($0.name) || !isFieldValue($0.value) }?.name
    }
}

func isFieldValue(_ text: String) -> Bool {
    text.withBytes { $0.areFieldCharacters(in: 0..<$0.count) }
}

func isToken(_ text: String) -> Bool {
    !text.isEmpty && text.withBytes { $0.allSatisfy(\.isTokenCharacter) }
}
