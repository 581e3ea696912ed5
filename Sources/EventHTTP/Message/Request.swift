internal import CLibevent
internal import Glibc

/// A request, as its handler sees it.
///
/// It belongs to its handler: it isn't `Sendable`, reads straight from the server's buffers without copying first, and
/// is empty once the handler has returned. Take out what other tasks need.
public final class Request {
    /// The method as the client sent it: HEAD stays HEAD, though GET's handler answers it.
    public let method: HTTPMethod
    /// The loop that owns the connection.
    public let loop: EventLoop
    /// The values of the route template's parameters, percent-decoded.
    public private(set) var parameters = Parameters()
    /// The index of the route that was found, into the list that ``ServerObserver/serverWillStart(routes:)`` was
    /// given. A wrong method has the index of a route with the same template.
    public private(set) var routeIndex: Int

    let startTime: UInt64
    /// Lives until `end`: libevent frees a request only after the reply that we send, and leaves it to us when the
    /// client goes first.
    private(set) var raw: UnsafeMutablePointer<evhttp_request>?

    init(raw: UnsafeMutablePointer<evhttp_request>, method: HTTPMethod, loop: EventLoop, unmatchedRouteIndex: Int) {
        self.raw = raw
        self.method = method
        self.loop = loop
        self.routeIndex = unmatchedRouteIndex
        self.startTime = MonotonicClock.now
    }

    func matched(routeIndex: Int, parameters: Parameters = Parameters()) {
        self.routeIndex = routeIndex
        self.parameters = parameters
    }

    /// Nothing can be read through this object any more: its libevent request goes.
    func end() { raw = nil }

    /// The request target as it was sent (RFC 9112 §3.2): path and query, percent-encoded.
    public var target: String { withTarget { String(decoding: $0, as: UTF8.self) } }

    /// The path of the target, percent-encoded.
    public var path: String { withTarget { String(decoding: RequestTarget.path(of: $0), as: UTF8.self) } }

    /// What follows the `?`, percent-encoded; `nil` without one.
    public var query: String? { withTarget { RequestTarget.query(of: $0).map { String(decoding: $0, as: UTF8.self) } } }

    /// The values of the query's fields of this name, in the order in which they were sent; decoded from
    /// percent-encoding, and `+` to a blank. Fields whose encoding is malformed are left out.
    public func queryValues(_ name: String) -> [String] {
        withTarget { RequestTarget.query(of: $0).map { RequestTarget.values(of: name, in: $0) } ?? [] }
    }

    func withTarget<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
        guard let raw, let target = evhttp_request_get_uri(raw) else {
            return try body(UnsafeBufferPointer(start: nil, count: 0))
        }
        return try target.withMemoryRebound(to: UInt8.self, capacity: 1) {
            try body(UnsafeBufferPointer(start: $0, count: strlen(target)))
        }
    }

    /// The value of the first header field with this name, in any case. Costs a walk over the fields.
    public func header(_ name: String) -> String? {
        guard let raw, let value = evhttp_find_header(evhttp_request_get_input_headers(raw), name) else { return nil }
        return String(cString: value)
    }

    /// The values of all header fields with this name, in any case, in the order in which they were sent.
    public func headerValues(_ name: String) -> [String] {
        let name = name.lowercased()
        return headers.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// All header fields, in the order in which they were sent.
    public var headers: [(name: String, value: String)] {
        guard let raw else { return [] }
        var fields: [(name: String, value: String)] = []
        var field = sightline_first_header(evhttp_request_get_input_headers(raw))
        while let current = field {
            fields.append((String(cString: current.pointee.key), String(cString: current.pointee.value)))
            field = sightline_next_header(current)
        }
        return fields
    }

    /// The content, copied; empty without one.
    public var body: [UInt8] {
        guard let raw, let buffer = evhttp_request_get_input_buffer(raw) else { return [] }
        return [UInt8](copying: buffer)
    }

    /// The address of the other end of the connection.
    public var remoteAddress: String {
        guard let raw, let host = raw.pointee.remote_host else { return "" }
        return authority(host: String(cString: host), port: raw.pointee.remote_port)
    }

    /// The values of a route template's parameters, by name.
    public struct Parameters: Sendable {
        var names: [String] = []
        var values: [String] = []

        /// The value; `nil` when the template has no parameter of this name.
        public subscript(_ name: String) -> String? {
            names.firstIndex(of: name).map { values[$0] }
        }
    }
}
