/// Content that is written while it is sent: for what is large, never held as a whole, or made over time.
///
/// ```swift
/// router.get("/numbers") { _ in
///     .stream(contentType: "text/plain") { writer in
///         for number in 1...1_000_000 { try await writer.write("\(number)\n") }
///     }
/// }
/// ```
///
/// Sent in chunks (RFC 9112 §7.1), with its length where that is known, and to HTTP/1.0 clients until the connection
/// closes. HEAD gets the head; `write` isn't called.
public struct StreamedContent: Sendable {
    let length: Int?
    let write: @Sendable (ResponseWriter) async throws -> Void

    /// - Parameters:
    ///   - length: in bytes, where it is known beforehand. Writing more or less breaks the reply.
    ///   - write: writes everything; runs as a task on the connection's loop, cancelled when the client leaves. When it
    ///     throws before anything was written, the client gets a 500; later, the connection is reset so that the reply
    ///     can't be taken for a whole one, and the log tells.
    public init(length: Int? = nil, _ write: @escaping @Sendable (ResponseWriter) async throws -> Void) {
        self.length = length
        self.write = write
    }
}

extension Response {
    /// A response whose content is written while it is sent; the parameters are those of ``StreamedContent``, and the
    /// properties of ``Response``.
    public static func stream(
        status: HTTPStatus = .ok, contentType: String? = nil, headers: [(name: String, value: String)] = [],
        length: Int? = nil, _ write: @escaping @Sendable (ResponseWriter) async throws -> Void
    ) -> Response {
        Response(
            status: status, contentType: contentType, headers: headers,
            body: .stream(StreamedContent(length: length, write)))
    }
}
