internal import Logging
internal import Synchronization

/// A server that has been started. May be used from any thread.
public final class RunningServer: Sendable {
    /// Where it listens, with the ports that the system chose.
    public let addresses: [ListenAddress]

    private let servers: [LoopServer]
    private let service: LoopServer.Service
    private let grace: Duration
    private let state: Mutex<State>

    private struct State {
        var isDraining = false
        var runningLoops: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// How long cancelled handlers have to end before the server ends without them.
    private static let cancellationGrace: Duration = .seconds(1)

    init(servers: [LoopServer], addresses: [ListenAddress], service: LoopServer.Service, grace: Duration) {
        self.servers = servers
        self.addresses = addresses
        self.service = service
        self.grace = grace
        state = Mutex(State(runningLoops: servers.count))
    }

    func startLoops() throws(ServerError) {
        for (index, server) in servers.enumerated() {
            do {
                // The thread keeps the server, and so everything that libevent's callbacks point to, until its loop
                // ends.
                try server.loop.start { [self, server] in
                    withExtendedLifetime(server) { loopEnded() }
                }
            } catch {
                for started in servers[..<index] { started.loop.perform { started.drain() } }
                for other in servers[index...] { other.free() }
                throw error
            }
        }
    }

    /// Stops accepting connections and finishes what is in flight: replies carry `Connection: close`, idle connections
    /// are closed. After the server's grace period, handlers are cancelled. Returns at once; draining twice is
    /// draining once.
    public func drain() {
        let isFirst = state.withLock { state in
            defer { state.isDraining = true }
            return !state.isDraining
        }
        guard isFirst else { return }
        service.logger.info("draining", metadata: ["grace": "\(grace)"])
        for observer in service.observers { observer.serverWillDrain() }
        for server in servers {
            server.loop.perform { server.drain() }
            Task(executorPreference: server.loop) { [grace] in
                // Ends with an error when the loop ends first, as it does when all goes well.
                guard (try? await server.loop.sleep(for: grace)) != nil else { return }
                server.loop.perform { server.cancelHandlers() }
                guard (try? await server.loop.sleep(for: Self.cancellationGrace)) != nil else { return }
                server.loop.perform { server.givesUp = true }
            }
        }
    }

    /// Returns when the server has drained and all its loops have ended.
    public func waitUntilEnded() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if state.runningLoops > 0 { state.waiting.append(continuation) }
                return state.runningLoops == 0
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func loopEnded() {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            state.runningLoops -= 1
            guard state.runningLoops == 0 else { return nil }
            defer { state.waiting = [] }
            return state.waiting
        }
        guard let waiting else { return }
        service.logger.info("stopped")
        for continuation in waiting { continuation.resume() }
    }
}
