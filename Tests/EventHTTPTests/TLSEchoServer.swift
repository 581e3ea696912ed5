import CLibevent
import Glibc
import Synchronization
import TestSupport

@testable import EventHTTP

/// Sends back what its clients send over TLS, and remembers how their connections ended.
// Sound: what isn't `Sendable` by itself is touched on the loop's thread only, or before that has started.
final class TLSEchoServer: @unchecked Sendable {
    let context: TLSContext
    let port: UInt16
    private let loop: EventLoop
    private var listener: OpaquePointer?
    private var open: Set<OpaquePointer> = []
    private let ended = Mutex<[TLSFailure?]>([])

    private init(_ configuration: TLSConfiguration) throws {
        signal(SIGPIPE, SIG_IGN)
        context = try TLSContext(configuration)
        loop = try EventLoop(index: 0)
        let socket = try ListeningSocket(on: SocketAddress.resolve(host: "127.0.0.1", port: 0)[0], sharesPort: false)
        port = socket.address.listenAddress!.port
        listener = evconnlistener_new(
            loop.base,
            { _, descriptor, _, _, server in TLSEchoServer.from(server).accepted(descriptor) },
            Unmanaged.passUnretained(self).toOpaque(), LEV_OPT_CLOSE_ON_FREE, 0, socket.take())
    }

    /// Serves for as long as `body` runs.
    static func serving<Result>(
        _ configuration: TLSConfiguration, _ body: (TLSEchoServer) async throws -> Result
    ) async throws -> Result {
        let server = try TLSEchoServer(configuration)
        let hasEnded = Mutex(false)
        try server.loop.start { hasEnded.withLock { $0 = true } }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        server.loop.perform { server.stop() }
        guard try await eventually({ hasEnded.withLock { $0 } }) else { throw TestFailure("the loop doesn't end") }
        return try result.get()
    }

    /// How the first connection ended, once it has: with no failure if the client just left.
    func firstEnding() async throws -> TLSFailure? {
        guard try await eventually({ ended.withLock { !$0.isEmpty } }) else { throw TestFailure("still connected") }
        return ended.withLock { $0[0] }
    }

    // Sound: `serving` keeps the server until its loop has ended.
    private static func from(_ context: UnsafeMutableRawPointer?) -> TLSEchoServer {
        Unmanaged<TLSEchoServer>.fromOpaque(context!).takeUnretainedValue()
    }

    private func accepted(_ descriptor: Int32) {
        guard let bufferevent = context.makeBufferevent(on: loop.base) else { return }
        bufferevent_setfd(bufferevent, descriptor)
        bufferevent_setcb(
            bufferevent,
            { bufferevent, _ in bufferevent_write_buffer(bufferevent, bufferevent_get_input(bufferevent)) }, nil,
            { bufferevent, events, server in
                if Int32(events) & BEV_EVENT_CONNECTED == 0 { TLSEchoServer.from(server).left(bufferevent!) }
            }, Unmanaged.passUnretained(self).toOpaque())
        bufferevent_enable(bufferevent, Int16(EV_READ | EV_WRITE))
        open.insert(bufferevent)
    }

    private func left(_ bufferevent: OpaquePointer) {
        let failure = TLSFailure(of: bufferevent)
        ended.withLock { $0.append(failure) }
        if failure?.isPlainHTTP == true {
            TLSContext.answerWithoutTLS(("HTTP/1.1 400 Bad Request\r\n\r\n" as StaticString).bytes, on: bufferevent)
        } else {
            TLSContext.sendCloseNotify(on: bufferevent)
        }
        open.remove(bufferevent)
        bufferevent_free(bufferevent)
    }

    private func stop() {
        for bufferevent in open { bufferevent_free(bufferevent) }
        open.removeAll()
        evconnlistener_free(listener)
        loop.stop()
    }
}

extension TLSConfiguration {
    /// What the tests' server speaks TLS with.
    static func tested(
        _ owner: TestCertificates.Owner = .server, _ change: (inout TLSConfiguration) throws -> Void = { _ in }
    ) throws -> TLSConfiguration {
        let certificates = try TestCertificates.shared
        var configuration = TLSConfiguration(certificate: certificates.certificate(owner), key: certificates.key(owner))
        try change(&configuration)
        return configuration
    }
}
