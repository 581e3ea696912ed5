/// How much a server takes from its clients before it refuses more.
///
/// Every limit counts what one client can make the server hold or do. The defaults suit a service that is open to
/// strangers.
public struct ServerLimits: Sendable, Hashable {
    /// Bytes of a request's head: request line, header fields and the empty line behind them; trailer fields have as
    /// many for themselves. 431 beyond. At least 256.
    public var headerBytes = 16 << 10
    /// Bytes of a request target (RFC 9112 §3.2). 414 beyond. At least 1.
    public var targetBytes = 8 << 10
    /// Header fields of a request; trailer fields have as many for themselves. 431 beyond. At least 1.
    public var headerFields = 100
    /// Bytes of a request's content, without the chunks that it may come in. 413 beyond. 0 allows none.
    public var bodyBytes = 1 << 20
    /// Open connections of the whole server. Others are answered with 503 and closed, and when there are many of them
    /// at once, only closed. At least 1. The process needs as many descriptors; where it has fewer, accepting pauses
    /// instead.
    public var connections = 65_536
    /// Open connections of one loop, as ``connections`` otherwise; `nil`: no limit of its own.
    public var connectionsPerLoop: Int?
    /// Requests that one connection may bring before it is closed with the reply; `nil`: as many as it likes.
    public var requestsPerConnection: Int?
    /// Pipelined requests of one connection that are answered in a row, before other connections have their turn. At
    /// least 1.
    public var pipelinedRequests = 32
    /// Bytes of replies, of all connections together, that clients haven't taken yet. A reply that would go beyond ends
    /// its connection instead.
    public var unsentBytes = 256 << 20

    /// The defaults.
    public init() {}
}
