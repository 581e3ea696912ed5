/// A request, as its handler sees it.
///
/// It belongs to its handler: it isn't `Sendable`, reads straight from what the server has received, and is empty once the
/// handler has returned. Take out what other tasks need.
public final class Request {
    // Sound where it says unchecked: only the server changes these, on the loop's thread, to values that are there
    // already. A handler changes nothing.

    /// The method as the client sent it: HEAD stays HEAD, though GET's handler answers it.
    public var method: HTTPMethod { head.method }
    /// The loop that owns the connection.
    public let loop: EventLoop
    /// The values of the route template's parameters, percent-decoded.
    @exclusivity(unchecked) public internal(set) var parameters = Parameters()
    /// The index of the route that was found, into the list that ``ServerObserver/serverWillStart(routes:loops:)`` was
    /// given. A wrong method has the index of a route with the same template.
    public var routeIndex: Int { route.index }
    /// The template of the route that was found, whatever its method; `nil` where no template matches the path.
    public var routeTemplate: String? { route.template }
    /// The content; empty without one, and until it has been read.
    @exclusivity(unchecked) public internal(set) var body: [UInt8] = []

    // Behind accessors: another module doesn't see that a public stored property goes unchecked, and checks each look.
    @exclusivity(unchecked) private(set) var head = RequestHead()
    @exclusivity(unchecked) private var route = (index: 0, template: String?.none)
    /// What `head` tells the parts of.
    @exclusivity(unchecked) private var bytes: [UInt8] = []
    @exclusivity(unchecked) private var connection: Connection?
    /// When its handler was called, or its refusal made; 0 before.
    private(set) var startTime: UInt64 = 0
    private(set) var hasEnded = true

    /// Memory for heads beyond this isn't kept for the next request.
    private static let mostSpareBytes = 4096

    /// A request that hasn't begun.
    init(on loop: EventLoop) { self.loop = loop }

    /// - Parameter bytes: those that `head` tells the parts of.
    func begin(_ head: RequestHead, _ bytes: Octets, on connection: Connection) {
        // Emptied here, not when the last request ended, whose memory would have to be looked at for that.
        if self.head.fields.upperBound > Self.mostSpareBytes { self.bytes = [] }
        self.bytes.removeAll(keepingCapacity: true)
        self.bytes.append(contentsOf: bytes)
        self.head = head
        self.connection = connection
        route.index = connection.endpoint.table.unmatchedRoute
        startTime = 0
        hasEnded = false
    }

    func matched(_ template: String?, index: Int) {
        route = (index, template)
    }

    func start() { startTime = MonotonicClock.now }

    /// Nothing can be read through this object any more.
    func end() {
        hasEnded = true
        connection = nil
        route.template = nil
        if !parameters.values.isEmpty { parameters = Parameters() }
        if !body.isEmpty { body = [] }
    }

    /// The request target as it was sent (RFC 9112 §3.2): path and query, percent-encoded.
    public var target: String { text(head.target) }

    /// The path of the target, percent-encoded; empty for `*`.
    public var path: String { withPath { String(decoding: $0, as: UTF8.self) } }

    /// What follows the `?`, percent-encoded; `nil` without one.
    public var query: String? { hasEnded ? nil : head.query.map(text) }

    /// The values of the query's fields of this name, in the order in which they were sent; decoded from
    /// percent-encoding, and `+` to a blank. Fields whose encoding is malformed are left out.
    public func queryValues(_ name: String) -> [String] {
        guard !hasEnded, let query = head.query else { return [] }
        return bytes.withUnsafeBufferPointer { FormFields.values(of: name, in: Octets(rebasing: $0[query])) }
    }

    func withPath<R>(_ body: (Octets) throws -> R) rethrows -> R {
        // An absolute target without a path asks for the root (RFC 9110 §4.2.3).
        if hasEnded { return try body(Octets(start: nil, count: 0)) }
        if head.form == .absolute, head.path.isEmpty {
            return try body(Octets(start: ("/" as StaticString).utf8Start, count: 1))
        }
        return try bytes.withUnsafeBufferPointer { try body(Octets(rebasing: $0[head.path])) }
    }

    /// The value of the first header field with this name, in any case. Costs a walk over the fields.
    public func header(_ name: String) -> String? {
        var found: String?
        forEachField { bytes, field, value in
            guard bytes.hasName(name, in: field) else { return true }
            found = String(decoding: bytes[value], as: UTF8.self)
            return false
        }
        return found
    }

    /// The values of all header fields with this name, in any case, in the order in which they were sent.
    public func headerValues(_ name: String) -> [String] {
        var values: [String] = []
        forEachField { bytes, field, value in
            if bytes.hasName(name, in: field) { values.append(String(decoding: bytes[value], as: UTF8.self)) }
            return true
        }
        return values
    }

    /// All header fields, in the order in which they were sent.
    public var headers: [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        forEachField { bytes, field, value in
            fields.append(
                (String(decoding: bytes[field], as: UTF8.self), String(decoding: bytes[value], as: UTF8.self)))
            return true
        }
        return fields
    }

    /// The address of the other end of the connection; empty for a UNIX socket.
    public var remoteAddress: String { connection?.remoteAddress ?? "" }

    private func text(_ range: Range<Int>) -> String {
        hasEnded ? "" : String(decoding: bytes[range], as: UTF8.self)
    }

    /// - Parameter body: gets name and value of a field; returns whether to go on.
    private func forEachField(_ body: (_ bytes: Octets, _ name: Range<Int>, _ value: Range<Int>) -> Bool) {
        guard !hasEnded else { return }
        bytes.withUnsafeBufferPointer { bytes in
            var line = head.fields.lowerBound
            // The gate let through nothing but whole lines with a colon in them.
            while line < head.fields.upperBound, let end = bytes.first(UInt8(ascii: "\n"), from: line),
                let colon = bytes.first(UInt8(ascii: ":"), from: line)
            {
                guard body(bytes, line..<colon, bytes.trimmed((colon + 1)..<(end - 1))) else { return }
                line = end + 1
            }
        }
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

extension Octets {
    /// Whether `range` is a field name in whatever case.
    fileprivate func hasName(_ name: String, in range: Range<Int>) -> Bool {
        guard name.utf8.count == range.count else { return false }
        return zip(self[range], name.utf8).allSatisfy { first, second in
            first == second || (first | 0x20 == second | 0x20 && first.isLetter)
        }
    }
}
