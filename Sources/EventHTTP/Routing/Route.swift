/// One entry of a router, as observers see it.
public struct Route: Sendable, Hashable {
    /// `nil` for the last entry of every list of routes: it stands for all requests that no template matches.
    public let template: String?
    /// The method that the route was registered for; `nil` where `template` is.
    public let method: HTTPMethod?
    /// The statuses that its handler is known to answer with.
    public let expectedStatuses: [HTTPStatus]

    static let unmatched = Route(template: nil, method: nil, expectedStatuses: [.notFound])
}

/// What answers the requests of a route.
public enum Handler: Sendable {
    /// Runs to its end within the loop's turn, without a task: the fastest form, for what never waits.
    case synchronous(@Sendable (Request) throws -> Response)
    /// Runs as a task on the connection's loop, cancelled when the client leaves.
    case asynchronous(@Sendable (Request) async throws -> Response)
}

/// Something that can be registered as the handler of a route.
public protocol RequestHandler: Sendable {
    /// What answers; asked once, when the route is registered.
    var handler: Handler { get }
}
