internal import Glibc

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

    /// The method of this name; names are case-sensitive (RFC 9110 §9.1).
    init?(_ name: Octets) {
        switch name.count {
        case 3: self = name[0] == UInt8(ascii: "G") ? .get : .put
        case 4: self = name[0] == UInt8(ascii: "P") ? .post : .head
        case 5: self = name[0] == UInt8(ascii: "T") ? .trace : .patch
        case 6: self = .delete
        case 7: self = .options
        default: return nil
        }
        guard memcmp(name.baseAddress!, spelling.utf8Start, name.count) == 0 else { return nil }
    }

    private var spelling: StaticString {
        switch self {
        case .get: "GET"
        case .post: "POST"
        case .head: "HEAD"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .patch: "PATCH"
        }
    }
}
