/// Carries the requests of a ``Pushgateway``: a few lines around the HTTP client that the program has already.
///
/// With Foundation's client:
///
/// ```swift
/// struct URLSessionTransport: PushTransport {
///     func send(_ request: PushRequest) async throws -> PushResponse {
///         guard let url = URL(string: request.url) else { throw URLError(.badURL) }
///         var message = URLRequest(url: url)
///         message.httpMethod = request.method
///         message.httpBody = Data(request.body)
///         for (name, value) in request.headers { message.setValue(value, forHTTPHeaderField: name) }
///         let (body, response) = try await URLSession.shared.data(for: message)
///         guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
///         return PushResponse(status: response.statusCode, body: [UInt8](body))
///     }
/// }
/// ```
///
/// Deadlines, retries, credentials and TLS are the transport's own.
public protocol PushTransport: Sendable {
    /// Sends one request and returns the answer to it, whatever its status.
    ///
    /// - Throws: when there is no answer; it reaches the caller in ``PushError/transport(url:_:)``.
    func send(_ request: PushRequest) async throws -> PushResponse
}

/// What a transport sends.
public struct PushRequest: Sendable {
    /// `PUT`, `POST` or `DELETE`.
    public let method: String
    /// Absolute and percent-encoded, to be sent as it is: of ASCII characters only.
    public let url: String
    /// Header fields that have to be sent: a Content-Type, if there is a body.
    public let headers: [(name: String, value: String)]
    /// The content; empty for none.
    public let body: [UInt8]
}

/// What was answered.
public struct PushResponse: Sendable {
    /// The status code, such as 202.
    public let status: Int
    /// The content; its beginning ends up in a ``PushError``.
    public let body: [UInt8]

    /// An answer, as a transport read it.
    public init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}
