import Foundation
import TestSupport
import Testing

@testable import EventHTTP

@Suite struct TLSHandshakeTests {
    /// What one connection of a client says, and how it ended for the server.
    private func talk(
        _ owner: TestCertificates.Owner = .server, server change: (inout TLSConfiguration) -> Void = { _ in },
        client: (inout TLSClient) -> Void = { _ in }
    ) async throws -> (said: String, failure: TLSFailure?) {
        var talker = try TLSClient()
        client(&talker)
        return try await TLSEchoServer.serving(.tested(owner, change)) { [talker] server in
            let said = try await talker.talk(to: server.port)
            return (said.joined(), try await server.firstEnding())
        }
    }

    @Test(arguments: [
        ("TLSv1_2", "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256"), ("TLSv1_3", "TLSv1.3 TLS_AES_256_GCM_SHA384"),
    ])
    func speaksBothVersions(version: String, expected: String) async throws {
        let (said, failure) = try await talk(client: { $0.version = version })
        #expect(said == "\(expected) None server")
        // A client that just leaves is no failure.
        #expect(failure == nil)
    }

    /// The client knows only the authority at the chain's end.
    @Test func sendsTheWholeChain() async throws {
        #expect(try await talk(.chained).said.hasSuffix(" chained"))
    }

    /// More than a socket's buffers hold, so that writing has to stop and go on.
    @Test(arguments: ["TLSv1_2", "TLSv1_3"])
    func carriesLargeContent(version: String) async throws {
        let (said, failure) = try await talk(client: {
            $0.version = version
            $0.bytes = 20_000_000
        })
        #expect(said.hasSuffix(" server"))
        #expect(failure == nil)
    }

    @Test(arguments: ["TLSv1", "TLSv1_1"])
    func refusesOldVersions(version: String) async throws {
        let (said, failure) = try await talk(client: {
            $0.version = version
            $0.ciphers = "ALL:@SECLEVEL=0"
        })
        #expect(said == "refused: tlsv1 alert protocol version")
        #expect(failure?.reason == "unsupported protocol")
        #expect(failure?.isPlainHTTP == false)
    }

    @Test(arguments: [(TLSConfiguration.Version.tls12, "TLSv1_3"), (.tls13, "TLSv1_2")])
    func keepsToTheConfiguredVersion(only version: TLSConfiguration.Version, other: String) async throws {
        let narrowed: (inout TLSConfiguration) -> Void = {
            $0.minimumVersion = version
            $0.maximumVersion = version
        }
        let refused = try await talk(server: narrowed, client: { $0.version = other })
        #expect(refused.said == "refused: tlsv1 alert protocol version")
        let accepted = try await talk(server: narrowed)
        #expect(accepted.said.hasPrefix(version == .tls12 ? "TLSv1.2 " : "TLSv1.3 "))
    }

    /// No forward secrecy or no authenticated encryption; all of them fit the server's key.
    @Test(arguments: [
        "AES128-GCM-SHA256", "AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384",
    ])
    func refusesWeakCiphers(list: String) async throws {
        let (said, failure) = try await talk(
            .rsa,
            client: {
                $0.version = "TLSv1_2"
                $0.ciphers = "\(list):@SECLEVEL=0"
            })
        #expect(said == "refused: sslv3 alert handshake failure")
        #expect(failure?.reason == "no shared cipher")
    }

    @Test(arguments: [
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"),
        ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"),
    ])
    func usesTheCipherSuiteThatIsConfigured(name: String, cipher: String) async throws {
        let owner: TestCertificates.Owner = name.contains("ECDSA") ? .server : .rsa
        let (said, _) = try await talk(
            owner, server: { $0.cipherSuites = [name] },
            client: {
                $0.version = "TLSv1_2"
                $0.ciphers = "ALL"
            })
        #expect(said == "TLSv1.2 \(cipher) None \(owner.rawValue)")
        // TLS 1.3 keeps its own.
        #expect(try await talk(owner, server: { $0.cipherSuites = [name] }).said.hasPrefix("TLSv1.3 "))
    }

    @Test func cipherSuitesOfOneVersionExcludeTheOther() async throws {
        let narrowed: (inout TLSConfiguration) -> Void = { $0.cipherSuites = ["TLS_CHACHA20_POLY1305_SHA256"] }
        #expect(try await talk(server: narrowed).said == "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256 None server")
        let older = try await talk(server: narrowed, client: { $0.version = "TLSv1_2" })
        #expect(older.said == "refused: tlsv1 alert protocol version")
    }

    @Test(arguments: [true, false])
    func prefersTheOrderOfOneSide(isServers: Bool) async throws {
        let (said, _) = try await talk(
            server: {
                $0.prefersServerCipherSuites = isServers
                $0.cipherSuites = [
                    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                ]
            },
            client: {
                $0.version = "TLSv1_2"
                $0.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
            })
        #expect(said == "TLSv1.2 ECDHE-ECDSA-AES\(isServers ? 256 : 128)-GCM-SHA\(isServers ? 384 : 256) None server")
    }

    @Test(arguments: [
        ("X25519", "X25519", "X25519"), ("CurveP256", "P-256", "prime256v1"), ("CurveP384", "P-384", "secp384r1"),
        ("CurveP521", "P-521", "secp521r1"),
    ])
    func usesTheCurveThatIsConfigured(name: String, group: String, printed: String) async throws {
        try await TLSEchoServer.serving(.tested { $0.curves = [name] }) { server in
            let arguments = ["s_client", "-connect", "127.0.0.1:\(server.port)", "-groups"]
            let openssl = try Program.tool("openssl")
            let same = try await Program.run(openssl, arguments + [group])
            #expect(same.printed.contains("Server Temp Key: \(printed.hasPrefix("X") ? "" : "ECDH, ")\(printed), "))
            let other = try await Program.run(openssl, arguments + [group == "P-256" ? "P-384" : "P-256"])
            #expect(other.printed.contains("handshake failure"))
        }
    }

    @Test(arguments: [["http/1.1"], ["h2", "http/1.1"], ["http/1.1", "h2"], ["http/1.0", "spdy/3", "http/1.1"]])
    func choosesHTTP11(protocols: [String]) async throws {
        let (said, _) = try await talk(client: { $0.protocols = protocols })
        #expect(said.hasSuffix(" http/1.1 server"))
    }

    @Test(arguments: [["h2"], ["h2", "http/1.0"], ["http/1.1 "], ["http/1.", "1"]])
    func refusesClientsThatOfferOtherProtocolsOnly(protocols: [String]) async throws {
        let (said, failure) = try await talk(client: { $0.protocols = protocols })
        #expect(said == "refused: tlsv1 alert no application protocol")
        #expect(failure?.reason == "no application protocol")
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "CONNECT"])
    func tellsPlainHTTPApart(method: String) async throws {
        try await TLSEchoServer.serving(.tested()) { server in
            let connection = try RawConnection(port: server.port)
            try connection.send("\(method) / HTTP/1.1\r\nHost: test\r\n\r\n")
            #expect(try connection.receive().status == 400)
            let failure = try #require(try await server.firstEnding())
            #expect(failure.isPlainHTTP)
            #expect(failure.reason == (method == "CONNECT" ? "https proxy request" : "http request"))
        }
    }

    /// A reset could destroy the answer.
    @Test func endsPlainHTTPInOrder() async throws {
        let script = """
            import socket, sys
            with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as connection:
                connection.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
                while piece := connection.recv(1000):
                    print(piece)
            """
        try await TLSEchoServer.serving(.tested()) { server in
            let (_, printed) = try await Program.run(Program.tool("python3"), ["-c", script, "\(server.port)"])
            #expect(printed == #"b'HTTP/1.1 400 Bad Request\r\n\r\n'"# + "\n")
        }
    }

    @Test func tellsOtherNoiseApart() async throws {
        try await TLSEchoServer.serving(.tested()) { server in
            let connection = try RawConnection(port: server.port)
            try connection.send("EHLO there\r\n")
            let failure = try #require(try await server.firstEnding())
            #expect(!failure.isPlainHTTP)
            #expect(failure.reason == "wrong version number")
            #expect(connection.isClosedByServer())
        }
    }

    @Test func aClientThatLeavesBeforeItsHandshakeIsNoFailure() async throws {
        try await TLSEchoServer.serving(.tested()) { server in
            _ = try RawConnection(port: server.port)
            #expect(try await server.firstEnding() == nil)
        }
    }

    @Test func refusesRenegotiation() async throws {
        try await TLSEchoServer.serving(.tested()) { server in
            let input = Pipe()
            let client = try Program(
                Program.tool("openssl"), ["s_client", "-connect", "127.0.0.1:\(server.port)", "-tls1_2"], input: input)
            #expect(try await eventually { client.printed.contains("Cipher    : ECDHE-ECDSA-AES128-GCM-SHA256") })
            // A line of just this is a command to begin another handshake.
            try input.fileHandleForWriting.write(contentsOf: Data("R\n".utf8))
            #expect(try await client.exitStatus() != 0)
            #expect(client.printed.contains("no renegotiation"))
        }
    }
}
