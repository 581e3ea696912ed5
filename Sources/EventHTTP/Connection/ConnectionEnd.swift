/// Why a connection ended; the raw value is what metrics call it.
public enum ConnectionEnd: String, Sendable, Hashable, CaseIterable {
    /// With its last reply, as the client wished or as HTTP/1.0 has it.
    case finished
    /// The client closed it between requests.
    case client
    /// The client left in the middle of a request or of a reply.
    case aborted
    /// A request was refused, see ``RejectionReason``, or answered before its content was read.
    case rejected
    /// No request came within ``ServerDeadlines/idle``, or none on a new connection within ``ServerDeadlines/header``.
    case idleTimeout = "idle_timeout"
    /// The client took its reply too slowly, see ``ServerDeadlines/write``.
    case writeTimeout = "write_timeout"
    /// The TLS handshake took longer than ``ServerDeadlines/handshake``.
    case handshakeTimeout = "handshake_timeout"
    /// The TLS handshake failed.
    case handshakeFailed = "handshake_failed"
    /// ``ServerLimits/requestsPerConnection`` was reached.
    case requestLimit = "request_limit"
    /// ``ServerLimits/unsentBytes`` was reached.
    case unsentLimit = "unsent_limit"
    /// A reply could not be finished: its handler failed in the middle of it.
    case brokenReply = "broken_reply"
    /// The server ended.
    case drained

    /// The place in `allCases`: a dense index for tables.
    var index: Int {
        switch self {
        case .finished: 0
        case .client: 1
        case .aborted: 2
        case .rejected: 3
        case .idleTimeout: 4
        case .writeTimeout: 5
        case .handshakeTimeout: 6
        case .handshakeFailed: 7
        case .requestLimit: 8
        case .unsentLimit: 9
        case .brokenReply: 10
        case .drained: 11
        }
    }
}
