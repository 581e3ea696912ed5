internal import CLibevent

/// The request methods that the server knows (RFC 9110 §9, RFC 5789). Others, CONNECT among them, are answered with
/// 501.
public enum HTTPMethod: String, Sendable, Hashable, CaseIterable {
    /// Asks for content.
    case get = "GET"
    /// Hands over content, for the resource to do with as it sees fit.
    case post = "POST"
    /// As ``get``, without the content.
    case head = "HEAD"
    /// Replaces the resource, or makes it.
    case put = "PUT"
    /// Removes the resource.
    case delete = "DELETE"
    /// Asks what can be asked.
    case options = "OPTIONS"
    /// Asks for the request itself.
    case trace = "TRACE"
    /// Changes a part of the resource.
    case patch = "PATCH"

    /// The method's place in `allCases`: a dense index for tables.
    public var index: Int {
        switch self {
        case .get: 0
        case .post: 1
        case .head: 2
        case .put: 3
        case .delete: 4
        case .options: 5
        case .trace: 6
        case .patch: 7
        }
    }

    init?(command: evhttp_cmd_type) {
        switch command {
        case EVHTTP_REQ_GET: self = .get
        case EVHTTP_REQ_POST: self = .post
        case EVHTTP_REQ_HEAD: self = .head
        case EVHTTP_REQ_PUT: self = .put
        case EVHTTP_REQ_DELETE: self = .delete
        case EVHTTP_REQ_OPTIONS: self = .options
        case EVHTTP_REQ_TRACE: self = .trace
        case EVHTTP_REQ_PATCH: self = .patch
        default: return nil
        }
    }

    /// The mask of all methods, as evhttp takes it.
    static let evhttpCommands: UInt16 = (0..<UInt16.bitWidth).reduce(0) { mask, bit in
        HTTPMethod(command: evhttp_cmd_type(1 << UInt32(bit))) == nil ? mask : mask | 1 << UInt16(bit)
    }
}
