internal import CLibevent

/// The request methods that the server knows (RFC 9110 §9, RFC 5789). Others are answered with 501.
public enum HTTPMethod: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case head = "HEAD"
    case put = "PUT"
    case delete = "DELETE"
    case options = "OPTIONS"
    case trace = "TRACE"
    case connect = "CONNECT"
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
        case .connect: 7
        case .patch: 8
        }
    }

    /// What evhttp calls the method; its commands are the bits of a mask, in the order of `allCases`.
    init?(command: evhttp_cmd_type) {
        let index = command.rawValue.trailingZeroBitCount
        guard index < Self.allCases.count else { return nil }
        self = Self.allCases[index]
    }

    /// The mask of all commands.
    static var evhttpCommands: UInt16 { (1 << UInt16(allCases.count)) - 1 }
}
