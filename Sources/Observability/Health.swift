public import EventHTTP
internal import Synchronization

/// Answers 200 for as long as the process can answer at all: what a supervisor restarts by.
public struct Liveness: RequestHandler {
    /// Nothing to be set.
    public init() {}

    public var handler: Handler { .synchronous { _ in .text("OK\n") } }
}

/// Answers 200 while the server takes new work, and 503 from the moment when it drains: what a load balancer routes
/// by. Register it as a handler, and as an observer of the same server.
public final class Readiness: RequestHandler, ServerObserver {
    private let isReady = Atomic(true)

    /// Ready until a server that it observes drains.
    public init() {}

    public func serverWillDrain() { isReady.store(false, ordering: .relaxed) }

    public var handler: Handler {
        .synchronous { [self] _ in
            isReady.load(ordering: .relaxed) ? .text("OK\n") : .text("Draining\n", status: .serviceUnavailable)
        }
    }
}
