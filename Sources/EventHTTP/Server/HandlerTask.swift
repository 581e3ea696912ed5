/// A task that runs asynchronous handlers, one after the other: to make a task takes longer than most handlers do.
///
/// A task that was cancelled stays so, and runs no other.
// Sound: confined to its loop's thread. Where the loop has ended, it does nothing more.
final class HandlerTask: Sleeper, @unchecked Sendable {
    struct Call {
        let respond: @Sendable (Request) async throws -> Response
        let request: Request
        let connection: Connection

        fileprivate var addresses: [2 of UnsafeRawPointer] {
            [Prefetch.address(of: connection), Prefetch.address(of: request)]
        }
    }

    private let server: LoopServer
    private var call: Call?
    /// Those of `call`, which couldn't be looked at without counting references.
    private var addresses: [2 of UnsafeRawPointer]
    private var idle: UnsafeContinuation<Void, Never>?
    private var task: Task<Void, any Error>?

    /// Runs a first handler.
    init(_ call: Call, on server: LoopServer) {
        self.server = server
        self.call = call
        addresses = call.addresses
        super.init(loop: server.loop)
        // Not in pieces, because each return from an asynchronous function costs a look at the task's executor. Small,
        // because a task whose first KiB doesn't hold all of its frames takes another: what isn't asynchronous isn't
        // inlined, and the task may throw, or it would be wrapped in another frame.
        task = Task(executorPreference: server.loop) {
            while let respond = self.begin() {
                do {
                    self.end(with: try await respond(self.call!.request))
                } catch {
                    self.end(failing: error)
                }
                guard self.isReusable else { return }
                await withUnsafeContinuation { self.idle = $0 }
            }
        }
    }

    /// Cancels the handler that runs. Nobody else does.
    func cancel() {
        task?.cancel()
        cancelSleep()
    }

    override func prefetch() {
        super.prefetch()
        Prefetch.object(at: addresses[0])
        Prefetch.object(at: addresses[1])
    }

    /// Runs another handler.
    func run(_ call: Call) {
        self.call = call
        addresses = call.addresses
        end()
    }

    /// Ends a task that is idle.
    func end() {
        let idle = idle
        self.idle = nil
        idle?.resume()
    }

    @inline(never)
    private func begin() -> (@Sendable (Request) async throws -> Response)? {
        guard let call else { return nil }
        if loop.isCurrent { attach() }
        return call.respond
    }

    @inline(never)
    private func end(with response: Response) {
        guard let call = take() else { return }
        call.connection.answer(call.request, with: response)
    }

    @inline(never)
    private func end(failing error: any Error) {
        guard let call = take() else { return }
        call.connection.answer(call.request, failing: error)
    }

    /// Given back before the task waits, so that the request can be used again.
    private func take() -> Call? {
        // Elsewhere only when the loop has ended, and the request with it.
        guard loop.isCurrent else { return nil }
        defer { call = nil }
        return call
    }

    @inline(never)
    private var isReusable: Bool { call == nil && !Task.isCancelled && server.keep(self) }
}
