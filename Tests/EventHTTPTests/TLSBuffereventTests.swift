import CLibevent
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import EventHTTP

@Suite struct TLSBuffereventTests {
    /// evhttp frees the bufferevent and leaves the descriptor to it; nothing of either may stay.
    @Test func evhttpClosesItsConnectionsOnce() async throws {
        let server = try EvhttpServer()
        let script = """
            import socket, ssl, sys
            context = ssl.create_default_context(cafile=sys.argv[2])
            for _ in range(20):
                plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
                # Fails on an end without close_notify.
                with context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as connection:
                    connection.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
                    received = b""
                    while not received.endswith(b"hello"):
                        received += connection.recv(1000)
                    connection.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
                    while piece := connection.recv(1000):
                        received += piece
                    assert received.count(b"hello") == 2, received
            print("done")
            """
        let certificates = try TestCertificates.shared
        let (_, printed) = try await Program.run(
            Program.tool("python3"), ["-c", script, "\(server.port)", certificates.certificate(.authority)])
        #expect(printed == "done\n")
        let sockets = server.sockets.withLock { $0 }
        #expect(sockets.count == 20)
        #expect(try await eventually { sockets.isDisjoint(with: openSockets()) })
        try await server.stop()
    }

    /// Pieces larger than a record, in one writing: libevent takes each for written as a whole.
    @Test func sendsEveryByteOfLargePieces() async throws {
        let server = try EvhttpServer()
        let script = """
            import socket, ssl, sys
            context = ssl.create_default_context(cafile=sys.argv[2])
            plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
            with context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as connection:
                connection.sendall(b"GET /pieces HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
                received = bytearray()
                while piece := connection.recv(65536):
                    received += piece
            content = received[received.index(b"\\r\\n\\r\\n") + 4:]
            print(content == b"".join(bytes([65 + index]) * 50000 for index in range(20)))
            """
        let certificates = try TestCertificates.shared
        let (_, printed) = try await Program.run(
            Program.tool("python3"), ["-c", script, "\(server.port)", certificates.certificate(.authority)])
        #expect(printed == "True\n")
        try await server.stop()
    }

    private func openSockets() -> Set<String> {
        let folder = "/proc/self/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return Set(names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") })
    }
}

/// evhttp as it comes, over TLS.
// Sound: all but `sockets` is touched on the loop's thread only, or before that has started.
private final class EvhttpServer: @unchecked Sendable {
    let port: UInt16
    /// What `/proc` calls the sockets of connections that made a request.
    let sockets = Mutex<Set<String>>([])
    private let context: TLSContext
    private let loop: EventLoop
    private let http: OpaquePointer
    private let hasEnded = Mutex(false)

    init() throws {
        context = try TLSContext(.tested())
        loop = try EventLoop(index: 0)
        http = evhttp_new(loop.base)
        let socket = try ListeningSocket(on: SocketAddress.resolve(host: "127.0.0.1", port: 0)[0], sharesPort: false)
        port = socket.address.listenAddress!.port
        evhttp_bind_listener(
            http, evconnlistener_new(loop.base, nil, nil, LEV_OPT_CLOSE_ON_FREE, 0, socket.take()))
        let this = Unmanaged.passUnretained(self).toOpaque()
        evhttp_set_bevcb(http, { base, server in EvhttpServer.from(server).context.makeBufferevent(on: base!) }, this)
        evhttp_set_gencb(http, { request, server in EvhttpServer.from(server).answer(request!) }, this)
        try loop.start { [self] in hasEnded.withLock { $0 = true } }
    }

    // Sound: whoever made the server keeps it until `stop` has returned.
    private static func from(_ context: UnsafeMutableRawPointer?) -> EvhttpServer {
        Unmanaged<EvhttpServer>.fromOpaque(context!).takeUnretainedValue()
    }

    private func answer(_ request: UnsafeMutablePointer<evhttp_request>) {
        let connection = evhttp_request_get_connection(request)
        let descriptor = bufferevent_getfd(evhttp_connection_get_bufferevent(connection))
        let name = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
        sockets.withLock { _ = $0.insert(name ?? "none") }
        evhttp_connection_set_closecb(
            connection,
            { connection, _ in TLSContext.sendCloseNotify(on: evhttp_connection_get_bufferevent(connection)) }, nil)
        let output = evhttp_request_get_output_buffer(request)
        if String(cString: evhttp_request_get_uri(request)) == "/pieces" {
            bufferevent_set_max_single_write(evhttp_connection_get_bufferevent(connection), 1 << 20)
            for index in 0..<20 {
                // Each piece stays one, as buffers are moved, not copied.
                let piece = evbuffer_new()
                evbuffer_add(piece, [UInt8](repeating: 65 + UInt8(index), count: 50_000), 50_000)
                evbuffer_add_buffer(output, piece)
                evbuffer_free(piece)
            }
        } else {
            evbuffer_add(output, "hello", 5)
        }
        evhttp_send_reply(request, 200, "OK", nil)
    }

    func stop() async throws {
        loop.perform { [self] in
            evhttp_free(http)
            loop.stop()
        }
        #expect(try await eventually { hasEnded.withLock { $0 } })
    }
}
