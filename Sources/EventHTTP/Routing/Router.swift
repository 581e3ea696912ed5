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

    public mutating func get(
        _ template: String, expecting: [HTTPStatus] = [.ok], _ handler: @escaping @Sendable (Request) throws -> Response
    ) {
        on(.get, template, expecting: expecting, .synchronous(handler))
    }

    public mutating func get(
        _ template: String, expecting: [HTTPStatus] = [.ok],
        _ handler: @escaping @Sendable (Request) async throws -> Response
    ) {
        on(.get, template, expecting: expecting, .asynchronous(handler))
    }

    public mutating func get(_ template: String, expecting: [HTTPStatus] = [.ok], _ handler: some RequestHandler) {
        on(.get, template, expecting: expecting, handler.handler)
    }

    public mutating func post(
        _ template: String, expecting: [HTTPStatus] = [.ok], _ handler: @escaping @Sendable (Request) throws -> Response
    ) {
        on(.post, template, expecting: expecting, .synchronous(handler))
    }

    public mutating func post(
        _ template: String, expecting: [HTTPStatus] = [.ok],
        _ handler: @escaping @Sendable (Request) async throws -> Response
    ) {
        on(.post, template, expecting: expecting, .asynchronous(handler))
    }
}
