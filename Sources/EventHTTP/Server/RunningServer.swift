internal import Glibc
internal import Logging
internal import Synchronization

/// A server that has been started. May be used from any thread.
public final class RunningServer: Sendable {
    private let servers: [LoopServer]
    private let bindings: Bindings
    private let tls: TLSContext?
    private let service: Service
    private let draining: HTTPServer.Draining
    private let state: Mutex<State>

    private struct State {
        var isDraining = false
        var runningLoops: Int
        /// Set only after the last loop's end has been tidied up, so that nobody who waits sees what it leaves.
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// How long cancelled handlers have to end before the server ends without them.
    private static let cancellationGrace: Duration = .seconds(1)

    /// How often certificates are looked at.
    private static let reloadInterval: Duration = .seconds(5)

    init(
        servers: [LoopServer], bindings: Bindings, tls: TLSContext?, service: Service, draining: HTTPServer.Draining
    ) {
        self.servers = servers
        self.bindings = bindings
        self.tls = tls
        self.service = service
        self.draining = draining
        state = Mutex(State(runningLoops: servers.count))
    }

    /// Where it listens, with the ports that the system chose.
    public var addresses: [ListenAddress] { bindings.addresses }

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
        for server in servers { server.measureLag() }
        if let tls { watch(tls) }
    }

    /// Looks for new certificates now and then, for as long as there is a loop.
    private func watch(_ tls: TLSContext) {
        let loop = servers[0].loop
        Task(executorPreference: loop) { [service] in
            while (try? await loop.sleep(for: Self.reloadInterval)) != nil {
                service.logReload(of: tls) { try tls.reloadIfChanged() }
            }
        }
    }

    /// Reads the certificates again, without waiting until it is noticed that they have changed. Connections that are open
    /// keep what they have; so do all, where something is wrong with the new ones, and the log tells.
    public func reloadCertificates() {
        guard let tls else { return }
        service.logReload(of: tls) {
            try tls.reload()
            return true
        }
    }

    func heed(_ signal: Int32, _ reload: (() -> Void)?) {
        if signal == SIGHUP {
            reloadCertificates()
            reload?()
            return
        }
        if state.withLock({ $0.isDraining }) { end() } else { drain() }
    }

    /// Ends the server in order: its observers are told, and after ``HTTPServer/Draining/delay`` it stops accepting
    /// connections and finishes what is in flight. Replies carry `Connection: close`, idle connections are closed; after
    /// ``HTTPServer/Draining/grace``, handlers are cancelled. Returns at once; draining twice is draining once.
    public func drain() {
        guard beginDraining() else { return }
        service.logger.info(
            "draining", metadata: ["delay": "\(draining.delay)", "grace": "\(draining.grace)"])
        for server in servers {
            Task(executorPreference: server.loop) { [draining] in
                // Each ends with an error when the loop ends first, as it does when all goes well.
                guard (try? await server.loop.sleep(for: draining.delay)) != nil else { return }
                server.loop.perform { server.drain() }
                guard (try? await server.loop.sleep(for: draining.grace)) != nil else { return }
                server.loop.perform { server.cancelHandlers() }
                guard (try? await server.loop.sleep(for: Self.cancellationGrace)) != nil else { return }
                server.loop.perform { server.givesUp = true }
            }
        }
    }

    /// Ends the server at once, without waiting for anything in flight.
    public func end() {
        _ = beginDraining()
        service.logger.warning("ending at once")
        for server in servers {
            server.loop.perform {
                server.givesUp = true
                server.drain()
            }
        }
    }

    /// - Returns: whether this is the first time.
    private func beginDraining() -> Bool {
        let isFirst = state.withLock { state in
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if isFirst { for observer in service.observers { observer.serverWillDrain() } }
        return isFirst
    }

    /// Returns when the server has drained and all its loops have ended.
    public func waitUntilEnded() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiting.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func loopEnded() {
        let isLast = state.withLock { state in
            state.runningLoops -= 1
            return state.runningLoops == 0
        }
        guard isLast else { return }
        bindings.removeFiles()
        service.logger.info("stopped")
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

extension Service {
    /// - Parameter reload: returns whether there was something new.
    fileprivate func logReload(of tls: TLSContext, _ reload: () throws -> Bool) {
        do {
            guard try reload() else { return }
            logger.info("certificates were read again")
            logWarnings(of: tls)
        } catch {
            logger.error("certificates stay as they are", metadata: ["error": "\(error)"])
        }
    }

    func logWarnings(of tls: TLSContext) {
        for warning in tls.warnings { logger.warning("TLS: \(warning)") }
    }
}
