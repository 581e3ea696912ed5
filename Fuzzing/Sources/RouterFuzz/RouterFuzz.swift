import FuzzSupport
import Reference

@testable import EventHTTP

/// Tables of routes, and paths that are looked up in them.
///
/// The input is lines. `?` begins a path, anything else a route; the next byte is the method, the rest the path or the
/// template.
@main enum RouterFuzz {
    static func main() { fuzz(run) }

    private static func run(_ input: Input) {
        var router = Router()
        var naive = NaiveRouter()
        var mistake: NaiveRouter.Mistake?
        var paths: [(HTTPMethod, [UInt8])] = []
        for line in input.split(separator: 0x0A) {
            let isPath = line.first == UInt8(ascii: "?")
            var line = isPath ? line.dropFirst() : line
            let method = HTTPMethod.allCases[Int(line.popFirst() ?? 0) % HTTPMethod.allCases.count]
            if isPath {
                paths.append((method, Array(line)))
            } else {
                let template = String(decoding: line, as: UTF8.self)
                router.on(method, template) { _ in Response() }
                if mistake == nil { mistake = naive.add(method, template) }
            }
        }
        let table: RoutingTable
        do throws(RouterError) { table = try RoutingTable(router) } catch {
            let actual: NaiveRouter.Mistake = if case .duplicateRoute = error { .duplicate } else { .template }
            return checkEqual(actual, mistake, "the mistake in \(router.routes): \(error)")
        }
        checkEqual(mistake, nil, "a mistake goes unnoticed in \(router.routes)")
        for (method, path) in paths { check(method, path, table, naive) }
    }

    private static func check(_ method: HTTPMethod, _ path: [UInt8], _ table: RoutingTable, _ naive: NaiveRouter) {
        let match = path.withUnsafeBufferPointer { table.match(method, $0) }
        // The gate lets no others through.
        guard let decoded = percentDecode(path), !decoded.contains(0) else { return }
        let expected = naive.match(method, path)
        let isEqual =
            switch (match, expected) {
            case (.found(let route, let values), .found(let expectedRoute, let names, let expectedValues)):
                route == expectedRoute && values == expectedValues && table.parameterNames[route] == names
            case (.wrongMethod(let route, let allow), .wrongMethod(let routes, let methods)):
                routes.contains(route) && allow == methods.map(\.rawValue).joined(separator: ", ")
            case (.notFound, .notFound): true
            default: false
            }
        FuzzSupport.check(
            isEqual,
            "\(method) \(visible(path)) is \(match), expected \(expected); routes: \(table.routes.map(\.template))")
    }
}
