import Logging
import Synchronization
import TestSupport

@testable import EventHTTP

/// The server that the corpus is written for.
struct ConformanceServer {
    private let running: RunningServer
    var port: UInt16 { running.addresses[0].port }

    init(_ limits: ServerLimits) throws {
        let log = RecordedLog()
        // One loop, for the pacer.
        running = try HTTPServer(
            Self.router, listen: ["127.0.0.1:0"], loops: 1, limits: limits,
            logger: Logger(label: "conformance") { _ in log }
        ).start()
    }

    func stop() async {
        running.drain()
        await running.waitUntilEnded()
    }

    private struct Failure: Error {}

    private static var router: Router {
        var router = Router()
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
        router.get("/fails") { _ throws in throw Failure() }
        router.get("/slow") { request in
            try await request.loop.sleep(for: .milliseconds(20))
            return .text("slow")
        }
        return router
    }
}

/// What a refused client is told.
func explanation(of reason: RejectionReason) -> String { reason.explanation }
