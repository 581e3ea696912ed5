/// What a handler answers.
///
/// The server adds `Date`, `Content-Length` or `Transfer-Encoding` and, where the connection ends, `Connection`; leave
/// these to it.
public struct Response: Sendable {
    /// The status code that is sent.
    public var status: HTTPStatus
    /// The media type of `body`; `nil` sends no Content-Type.
    public var contentType: String?
    /// Further header fields, sent in this order. A field whose name is no token, or whose value holds CR, LF or NUL,
    /// can't be sent: the client gets a 500 instead and the log says which field it was.
    public var headers: [(name: String, value: String)]
    /// The content; left out where the status or the method allows none.
    public var body: Body

    /// The content of a response.
    public enum Body: Sendable {
        /// No bytes.
        case empty
        /// A string, in UTF-8.
        case string(String)
        /// Bytes as they are.
        case bytes([UInt8])
        /// What was made piece by piece; leaves in pieces too.
        case pieces(ContentPieces)
        /// What is written while it is sent.
        case stream(StreamedContent)

        /// The length in bytes; `nil` where it isn't known beforehand.
        public var count: Int? {
            switch self {
            case .empty: 0
            case .string(let string): string.utf8.count
            case .bytes(let bytes): bytes.count
            case .pieces(let pieces): pieces.count
            case .stream(let content): content.length
            }
        }
    }

    /// A response from its parts; see the properties.
    public init(
        status: HTTPStatus = .ok, contentType: String? = nil, headers: [(name: String, value: String)] = [],
        body: Body = .empty
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    /// A plain-text response in UTF-8.
    public static func text(_ text: String, status: HTTPStatus = .ok) -> Response {
        Response(status: status, contentType: "text/plain; charset=utf-8", body: .string(text))
    }
}
