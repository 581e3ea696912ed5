import Testing

@testable import EventHTTP

@Suite struct RoutingTests {
    private func table(_ templates: [(HTTPMethod, String)]) throws -> RoutingTable {
        var router = Router()
        for (method, template) in templates { router.on(method, template, .synchronous { _ in .text(template) }) }
        return try RoutingTable(router)
    }

    /// The template and parameters that a path finds, or what else happens.
    private func find(_ method: HTTPMethod, _ path: String, in table: RoutingTable) -> String {
        let match = Array(path.utf8).withUnsafeBufferPointer { table.match(method, $0) }
        return switch match {
        case .found(let route, let values):
            ([table.routes[route].template!] + values).joined(separator: " ")
        case .wrongMethod(let route, let allow): "405 \(table.routes[route].template!) \(allow)"
        case .notFound: "404"
        case .server: "*"
        }
    }

    @Test(arguments: [
        ("/", "/"), ("/users", "/users"), ("/users/7", "/users/{id} 7"), ("/users/me", "/users/me"),
        ("/users/me/orders", "/users/{id}/orders me"), ("/users/7/orders", "/users/{id}/orders 7"),
        ("/users/7/orders/", "404"), ("/users/", "404"), ("/users//orders", "404"), ("/user", "404"),
        ("/usersx", "404"), ("", "404"), ("*", "404"), ("//", "404"), ("/trailing/", "/trailing/"),
        ("/trailing", "404"),
        ("/%75sers/7", "/users/{id} 7"), ("/users/a%2Fb", "/users/{id} a/b"), ("/users/%C3%BC", "/users/{id} ü"),
        ("/nowhere/%", "404"),
    ])
    func findsTheTemplateOfAPath(path: String, expected: String) throws {
        let table = try table([
            (.get, "/"), (.get, "/users"), (.get, "/users/{id}"), (.get, "/users/me"), (.get, "/users/{id}/orders"),
            (.get, "/trailing/"),
        ])
        #expect(find(.get, path, in: table) == expected)
    }

    @Test func tellsWhichMethodsAPathHas() throws {
        let table = try table([(.get, "/a"), (.post, "/a"), (.put, "/b")])
        #expect(find(.head, "/a", in: table) == "/a")
        #expect(find(.delete, "/a", in: table) == "405 /a GET, POST, HEAD")
        #expect(find(.get, "/b", in: table) == "405 /b PUT")
        #expect(find(.head, "/b", in: table) == "405 /b PUT")
    }

    /// An accent makes one character with what stands before it, a slash as well.
    @Test func readsTemplatesByBytes() throws {
        let table = try table([(.get, "/\u{301}/{a}/\u{301}")])
        #expect(find(.get, "/%CC%81/b/%CC%81", in: table) == "/\u{301}/{a}/\u{301} b")
    }

    @Test(arguments: [
        "", "a", "/a?b", "/a b", "/{}", "/{a", "/a}", "/x{a}", "/{a}x", "/{a}/{a}", "/{a-b}", "/%41", "/a?\u{301}",
        "/{a}\u{301}", "/{\u{301}a}",
    ])
    func refusesMalformedTemplates(template: String) {
        #expect {
            try table([(.get, template)])
        } throws: { error in
            if case .malformedTemplate(template, _)? = error as? RouterError { true } else { false }
        }
    }

    @Test func refusesTheSameRouteTwice() {
        #expect(throws: RouterError.duplicateRoute(.get, "/{b}")) { try table([(.get, "/{a}"), (.get, "/{b}")]) }
    }
}
