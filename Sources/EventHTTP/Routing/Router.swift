/// The routes of a server: which handler answers which method and path.
///
/// A path template is a path whose segments are literal or a parameter in braces: `/users/{id}/orders`. A literal
/// segment wins over a parameter; a parameter matches one segment, never an empty one. GET routes also answer HEAD.
/// A path that no template matches is answered with 404, a method that its template lacks with 405 and `Allow`.
///
/// A closure that never awaits is taken as a synchronous handler and runs without a task.
///
/// Mistakes (a malformed template, the same route twice) are thrown by ``HTTPServer/start()``.
public struct Router: Sendable {
    struct Entry: Sendable {
        let route: Route
        let handler: Handler
    }

    private(set) var entries: [Entry] = []

    /// A router without routes: everything is answered with 404.
    public init() {}

    /// What is registered so far, in order; a route's place is its ``Request/routeIndex``.
    public var routes: [Route] { entries.map(\.route) }

    /// Registers a handler.
    ///
    /// - Parameters:
    ///   - template: the path's template.
    ///   - expecting: the statuses that the handler is known to answer with. Instrumentation exposes their series
    ///     from the start, so that a dashboard shows 0 rather than nothing.
    public mutating func on(
        _ method: HTTPMethod, _ template: String, expecting: [HTTPStatus] = [.ok], _ handler: Handler
    ) {
        let route = Route(template: template, method: method, expectedStatuses: expecting)
        entries.append(Entry(route: route, handler: handler))
    }

    /// Registers a closure that never waits; otherwise as ``on(_:_:expecting:_:)-(_,_,_,Handler)``.
    public mutating func on(
        _ method: HTTPMethod, _ template: String, expecting: [HTTPStatus] = [.ok],
        _ respond: @escaping @Sendable (Request) throws -> Response
    ) {
        on(method, template, expecting: expecting, .synchronous(respond))
    }

    /// Registers a closure that may wait; otherwise as ``on(_:_:expecting:_:)-(_,_,_,Handler)``.
    public mutating func on(
        _ method: HTTPMethod, _ template: String, expecting: [HTTPStatus] = [.ok],
        _ respond: @escaping @Sendable (Request) async throws -> Response
    ) {
        on(method, template, expecting: expecting, .asynchronous(respond))
    }

    /// Registers a closure that never waits, for GET and HEAD.
    public mutating func get(
        _ template: String, expecting: [HTTPStatus] = [.ok], _ respond: @escaping @Sendable (Request) throws -> Response
    ) {
        on(.get, template, expecting: expecting, .synchronous(respond))
    }

    /// Registers a closure that may wait, for GET and HEAD.
    public mutating func get(
        _ template: String, expecting: [HTTPStatus] = [.ok],
        _ respond: @escaping @Sendable (Request) async throws -> Response
    ) {
        on(.get, template, expecting: expecting, .asynchronous(respond))
    }

    /// Registers an endpoint, for GET and HEAD.
    public mutating func get(_ template: String, expecting: [HTTPStatus] = [.ok], _ endpoint: some RequestHandler) {
        on(.get, template, expecting: expecting, endpoint.handler)
    }
}
