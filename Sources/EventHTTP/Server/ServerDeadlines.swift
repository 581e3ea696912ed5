/// How long a client may take, by the clock: a byte now and then doesn't buy more time.
///
/// Handlers have no deadline; what they wait for is their own business.
public struct ServerDeadlines: Sendable, Hashable {
    /// For the TLS handshake, from the moment of accepting. Closed without a word beyond.
    public var handshake: Duration = .seconds(10)
    /// For the head of a request: from its first byte, of a connection's first request from the moment of accepting.
    /// 408 beyond.
    public var header: Duration = .seconds(10)
    /// For the whole request, head and content, from its first byte. 408 beyond.
    public var request: Duration = .seconds(30)
    /// Between a reply and the first byte of the next request. Closed without a word beyond.
    public var idle: Duration = .seconds(60)
    /// A client that takes less than ``minimumBytesPerSecond`` over a period of this length, while there is something
    /// for it to take, is closed.
    public var write: Duration = .seconds(30)
    /// What a client has to take of its replies, on average over each period of ``write``.
    public var minimumBytesPerSecond = 256

    /// The defaults.
    public init() {}
}
