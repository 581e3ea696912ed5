/// An object that watches a server: what metrics, logs and traces hang on.
///
/// Calls about a request come on the loop that owns its connection, many loops at once, and stand in every request's
/// way: look up in ``serverWillStart(routes:loops:)`` what they need, and never block. Every method has an empty default.
public protocol ServerObserver: AnyObject, Sendable {
    /// Called once, before the first request.
    ///
    /// - Parameters:
    ///   - routes: all routes, in the order of ``Request/routeIndex``; the last stands for the requests that no template
    ///     matches.
    ///   - loops: the loops that share the work, in the order of ``EventLoop/index``.
    func serverWillStart(routes: [Route], loops: [EventLoop])

    /// The server stops accepting connections and finishes what is in flight.
    func serverWillDrain()

    /// A request was read and routed; its handler runs next.
    func requestStarted(_ request: Request)

    /// The reply is ready and leaves next, or the client has left. Called exactly once for each started request, before
    /// the client can have seen the end of the reply.
    func requestFinished(_ request: Request, _ outcome: RequestOutcome)

    /// A request was refused by the gate: no handler sees it, and it neither starts nor finishes.
    func requestRejected(_ rejection: Rejection)

    /// A timer of a loop fired, later than it was set for: how long a request that arrives must expect to wait for its
    /// turn. Called ten times a second on each loop.
    func loopLagged(_ loop: EventLoop, seconds: Double)
}

extension ServerObserver {
    public func serverWillStart(routes: [Route], loops: [EventLoop]) {}
    public func serverWillDrain() {}
    public func requestStarted(_ request: Request) {}
    public func requestFinished(_ request: Request, _ outcome: RequestOutcome) {}
    public func requestRejected(_ rejection: Rejection) {}
    public func loopLagged(_ loop: EventLoop, seconds: Double) {}
}

/// How a request ended.
public struct RequestOutcome: Sendable {
    /// The status of the reply; `nil` when the client left before there was a reply.
    public let status: HTTPStatus?
    /// The size of the reply's content, without the head; 0 for HEAD.
    public let contentBytes: Int
    /// Whether the reply is a whole one; not, when the client left or the handler failed in the middle of it.
    public let isComplete: Bool
    /// From the moment when the whole request had been read, by the monotonic clock.
    public let nanoseconds: UInt64

    /// The time that the request took, in seconds.
    public var seconds: Double { Double(nanoseconds) / 1e9 }
}
