/// Decides which requests may go on: authentication, for one.
///
/// Asked when a request's head has been read and routed, before its content is read; also for requests that will be
/// answered with 404 or 405, so that strangers can't learn which paths there are.
public protocol RequestGuard: Sendable {
    /// Runs on the loop that owns the connection, many loops at once, for every request: never block.
    func decide(_ request: Request) -> GuardDecision
}

/// What becomes of a request.
public enum GuardDecision: Sendable {
    /// It goes on.
    case admit
    /// It is answered with this, and its handler isn't called.
    case refuse(Response)
    /// It takes time to tell: the closure runs as a task on the connection's loop and should wait elsewhere. `nil`
    /// admits, a response refuses. When it throws, the request is answered with 500.
    case wait(@Sendable () async throws -> Response?)
}
