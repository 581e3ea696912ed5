import TestSupport

@testable import EventHTTP

extension ServedServer {
    /// The server that the corpus is written for.
    static func forConformance(_ limits: ServerLimits) throws -> ServedServer {
        var deadlines = ServerDeadlines()
        // Of no matter here, however slow the machine.
        deadlines.header = .seconds(600)
        deadlines.request = .seconds(600)
        // One loop, for the pacer.
        return try ServedServer(loops: 1, limits: limits, deadlines: deadlines) { router in
            router.get("/") { _ in .text("root") }
            router.get("/next") { _ in .text("next") }
            for method: HTTPMethod in [.get, .post, .put, .patch, .delete, .options] {
                router.on(method, "/echo") { request in Response(body: .bytes(request.body)) }
            }
            for path in ["/target", "//x/y"] {
                router.get(path) { request in .text("\(request.path) \(request.query ?? "-")") }
            }
            router.get("/segment/{value}") { request in .text(request.parameters["value"]!) }
            for method: HTTPMethod in [.get, .post] {
                router.on(method, "/fields") { request in
                    .text(request.headers.map { "\($0.name): \($0.value)\n" }.joined())
                }
            }
            router.on(.post, "/only-post") { _ in .text("posted") }
            router.get("/empty") { _ in Response(status: .noContent) }
            router.get("/fails") { _ throws in throw TestFailure("as it should") }
            router.get("/slow") { request in
                try await request.loop.sleep(for: .milliseconds(20))
                return .text("slow")
            }
        }
    }
}

/// What a refused client is told.
func explanation(of reason: RejectionReason) -> String { reason.explanation }
