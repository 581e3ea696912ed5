/// A router, compiled: what was registered, and the tree of path segments that leads there.
///
/// A class, so that a request that is routed counts no references to its parts.
final class RoutingTable: Sendable {
    enum Match {
        case found(route: Int, parameterValues: [String])
        /// The path has a template, the method no handler; `route` is one with that template.
        case wrongMethod(route: Int, allow: String)
        case notFound
        /// Not a path but the server as a whole is meant: `OPTIONS *` (RFC 9110 §9.3.7).
        case server
    }

    /// Every route in order of registration, then the one that stands for unmatched requests.
    let routes: [Route]
    let handlers: [Handler]
    let parameterNames: [[String]]
    /// The index of the route that stands for unmatched requests.
    let unmatchedRoute: Int
    private let tree: RouteTree

    convenience init(_ router: Router) throws(RouterError) { try self.init([router], serving: 0) }

    /// - Parameters:
    ///   - routers: all of a server's, whose routes are counted through.
    ///   - served: the index of the router that this table finds routes of.
    init(_ routers: [Router], serving served: Int) throws(RouterError) {
        let entries = routers.flatMap(\.entries)
        routes = entries.map(\.route) + [.unmatched]
        handlers = entries.map(\.handler)
        unmatchedRoute = entries.count
        var parameterNames: [[String]] = []
        var tree = RouteTree()
        let first = routers[..<served].reduce(0) { $0 + $1.entries.count }
        for index in entries.indices {
            let route = entries[index].route
            let template = try RouteTemplate(route.template!)
            parameterNames.append(template.parameterNames)
            guard (first..<(first + routers[served].entries.count)).contains(index) else { continue }
            guard tree.insert(index, template.segments, route.method!) else {
                throw .duplicateRoute(route.method!, route.template!)
            }
        }
        tree.finish()
        self.parameterNames = parameterNames
        self.tree = tree
    }

    /// Costs a comparison per literal on the way; allocates only for parameters and for segments with escapes.
    func match(_ method: HTTPMethod, _ path: Octets) -> Match { tree.match(method, path) }
}
