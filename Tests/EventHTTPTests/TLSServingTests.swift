import EventHTTP
import TestSupport
import Testing

/// What a connection has to do all the same when its bytes come through OpenSSL.
@Suite struct TLSServingTests {
    /// OpenSSL takes whole records from the socket: what libevent leaves of one has to be answered as well, when the
    /// client waits for just that.
    @Test func everyPipelinedRequestIsAnswered() async throws {
        var router = Router()
        router.get("/") { _ in .text("hello") }
        let server = try HTTPServer(router, listen: ["127.0.0.1:0"], loops: 1).secured(by: .tested()).start()
        let script = """
            import socket, ssl, sys
            context = ssl.create_default_context(cafile=sys.argv[2])
            for size in 100, 1000, 8000:
                for total in range(8000, 120000, 8000):
                    head = b"GET / HTTP/1.1\\r\\nHost: a\\r\\nX: "
                    request = head + b"x" * (size - len(head) - 4) + b"\\r\\n\\r\\n"
                    count = total // size
                    plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
                    with context.wrap_socket(plain, server_hostname="localhost") as connection:
                        connection.sendall(request * count)
                        received = b""
                        try:
                            while received.count(b"hello") < count:
                                received += connection.recv(65536) or exit("closed")
                        except TimeoutError:
                            exit(f"{received.count(b'hello')} of {count} requests of {size} bytes were answered")
            print("done")
            """
        let authority = try TestCertificates.shared.certificate(.authority)
        let (_, printed) = try await Program.run(
            Program.tool("python3"), ["-c", script, "\(server.addresses[0].port)", authority])
        #expect(printed == "done\n")
        server.drain()
        await server.waitUntilEnded()
    }
}
