internal import CLibevent
internal import Glibc

/// A small HTTP/1.1 client for probes and pushes: a connection for each request, plain http, the whole answer in memory.
public enum HTTPClient {
    /// What a server answered, whatever the status: redirects aren't followed.
    public struct Response: Sendable {
        /// The status code, such as 202.
        public let status: Int
        /// The header fields, in the order in which they were sent.
        public let headers: [(name: String, value: String)]
        /// The content, without the chunks that it may have come in.
        public let body: [UInt8]
    }

    /// Why there is no answer.
    public enum Failure: Error, Hashable, CustomStringConvertible {
        /// The URL isn't of the form `http://HOST[:PORT]/PATH`.
        case invalidURL
        /// A header field can't be sent, or is the client's own to send.
        case invalidHeader(name: String)
        /// The host has no address.
        case unknownHost(reason: String)
        /// None of the host's addresses takes a connection; `code` is the errno of the last one.
        case cannotConnect(code: Int32)
        /// The time was over before the answer was complete.
        case noAnswer(within: Duration)
        /// `code` is an errno, `nil` if the server closed the connection in good order, but too early.
        case connectionLost(code: Int32?)
        /// The answer isn't HTTP/1.1.
        case malformedResponse(reason: String)
        /// The answer has more content than the limit, in bytes.
        case responseTooLarge(limit: Int)

        public var description: String {
            switch self {
            case .invalidURL: "not a URL of the form http://HOST:PORT/PATH"
            case .invalidHeader(let name):
                "header field '\(name)' can't be sent: its name is no token, its value would end the line, or the "
                    + "client sends it itself"
            case .unknownHost(let reason): "can't find the host: \(reason)"
            case .cannotConnect(let code): "can't connect: \(String(cString: strerror(code)))"
            case .noAnswer(let timeout): "no complete answer within \(timeout)"
            case .connectionLost(let code):
                "the connection ended before the answer did"
                    + (code.map { ": \(String(cString: strerror($0)))" } ?? "")
            case .malformedResponse(let reason): "the answer is not HTTP/1.1: \(reason)"
            case .responseTooLarge(let limit): "the answer's content is larger than \(limit) bytes"
            }
        }
    }

    /// ``send(_:_:headers:body:timeout:limit:spreading:)`` with GET and nothing else.
    public static func get(_ url: String, timeout: Duration) throws(Failure) -> Response {
        try send(.get, url, timeout: timeout)
    }

    /// Sends a request and waits for the answer, blocking the calling thread: not for use on an event loop.
    ///
    /// Tries every address that the host has. Safe to call from several threads at once.
    ///
    /// - Parameters:
    ///   - url: plain http; without a user's name and password, which belong into an Authorization field.
    ///   - headers: fields to send besides Host, Connection and Content-Length.
    ///   - timeout: for everything together, but for finding the host's addresses, which the resolver limits by itself.
    ///   - limit: the largest content that is read, in bytes. 64 KiB of header fields are read besides.
    ///   - spreading: whether to try the host's addresses in a random order, so that replicas behind one name share the
    ///     load; otherwise in the system's, which prefers the nearest (RFC 6724).
    public static func send(
        _ method: HTTPMethod, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        timeout: Duration, limit: Int = 16 << 20, spreading: Bool = false
    ) throws(Failure) -> Response {
        let destination = try Destination(url)
        var request = "\(method.rawValue) \(destination.target) HTTP/1.1\r\nHost: \(destination.authority)\r\n"
        request += "Connection: close\r\n"
        if !body.isEmpty || [.post, .put, .patch].contains(method) { request += "Content-Length: \(body.count)\r\n" }
        for field in headers {
            guard isToken(field.name), isFieldValue(field.value), !ownFields.contains(field.name.lowercased()) else {
                throw .invalidHeader(name: field.name)
            }
            request += "\(field.name): \(field.value)\r\n"
        }
        request += "\r\n"
        var connection = try ClientConnection(
            host: destination.host, port: destination.port, timeout: timeout, spreading: spreading)
        try connection.send(Array(request.utf8) + body)
        return try connection.receiveResponse(hasContent: method != .head, limit: limit)
    }

    /// Throws what ``send(_:_:headers:body:timeout:limit:spreading:)`` would for a URL that it can't send to.
    package static func validate(_ url: String) throws(Failure) { _ = try Destination(url) }

    private static let ownFields: Set = ["host", "connection", "content-length", "transfer-encoding"]

    /// The parts of a URL that a request needs.
    private struct Destination {
        let host: String
        let port: UInt16
        let authority: String
        let target: String

        init(_ url: String) throws(Failure) {
            // C would see the end of the string in a NUL.
            guard !url.utf8.contains(0), let uri = evhttp_uri_parse(url) else { throw .invalidURL }
            defer { evhttp_uri_free(uri) }
            guard let scheme = evhttp_uri_get_scheme(uri), strcasecmp(scheme, "http") == 0,
                evhttp_uri_get_userinfo(uri) == nil,
                let name = evhttp_uri_get_host(uri).map({ String(cString: $0) }), !name.isEmpty
            else { throw .invalidURL }
            let givenPort = UInt16(exactly: evhttp_uri_get_port(uri))
            host = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
            port = givenPort ?? 80
            authority = givenPort.map { "\(name):\($0)" } ?? name
            let path = evhttp_uri_get_path(uri).map { String(cString: $0) } ?? ""
            let query = evhttp_uri_get_query(uri).map { "?" + String(cString: $0) } ?? ""
            target = (path.isEmpty ? "/" : path) + query
        }
    }
}
