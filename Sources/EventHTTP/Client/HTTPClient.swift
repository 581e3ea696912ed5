internal import CLibevent
internal import Glibc

/// A minimal HTTP client for probes: one request, plain http, the whole answer in memory.
public enum HTTPClient {
    /// What a server answered.
    public struct Response: Sendable {
        public let status: Int
        public let body: [UInt8]
    }

    /// Why there is no answer.
    public enum Failure: Error, CustomStringConvertible {
        case invalidURL
        case noAnswer(within: Duration)
        case system(call: String)

        public var description: String {
            switch self {
            case .invalidURL: "not a URL of the form http://HOST:PORT/PATH"
            case .noAnswer(let timeout): "refused, or no answer within \(timeout)"
            case .system(let call): "\(call) failed"
            }
        }
    }

    /// Sends a GET and waits for the answer, blocking the calling thread: not for use on an event loop.
    ///
    /// - Parameter timeout: for connecting, and for every wait for the answer's next bytes.
    public static func get(_ url: String, timeout: Duration) throws(Failure) -> Response {
        guard let uri = evhttp_uri_parse(url) else { throw .invalidURL }
        defer { evhttp_uri_free(uri) }
        guard let scheme = evhttp_uri_get_scheme(uri), strcasecmp(scheme, "http") == 0,
            let host = evhttp_uri_get_host(uri).map({ String(cString: $0) }), !host.isEmpty
        else { throw .invalidURL }
        let port = evhttp_uri_get_port(uri)
        let authority = port < 0 ? host : "\(host):\(port)"
        var target = evhttp_uri_get_path(uri).map { String(cString: $0) } ?? ""
        if target.isEmpty { target = "/" }
        if let query = evhttp_uri_get_query(uri) { target += "?" + String(cString: query) }

        guard let base = event_base_new() else { throw .system(call: "event_base_new") }
        defer { event_base_free(base) }
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        guard let connection = evhttp_connection_base_new(base, nil, name, UInt16(port < 0 ? 80 : port)) else {
            throw .system(call: "evhttp_connection_base_new")
        }
        defer { evhttp_connection_free(connection) }
        var interval = timeval(nanoseconds: timeout.wholeNanoseconds)
        evhttp_connection_set_timeout_tv(connection, &interval)

        var response: Response?
        return try withUnsafeMutablePointer(to: &response) { slot throws(Failure) in
            let request = evhttp_request_new(
                { request, slot in
                    guard let request else { return }
                    let status = Int(evhttp_request_get_response_code(request))
                    // 0: there was no answer.
                    guard status > 0, let buffer = evhttp_request_get_input_buffer(request) else { return }
                    // Sound: `slot` outlives the loop below, in which this is called.
                    slot!.assumingMemoryBound(to: Response?.self).pointee = Response(
                        status: status, body: [UInt8](copying: buffer))
                }, slot)
            evhttp_add_header(evhttp_request_get_output_headers(request), "Host", authority)
            evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close")
            guard evhttp_make_request(connection, request, EVHTTP_REQ_GET, target) == 0 else {
                throw .system(call: "evhttp_make_request")
            }
            event_base_dispatch(base)
            guard let response = slot.pointee else { throw .noAnswer(within: timeout) }
            return response
        }
    }
}
