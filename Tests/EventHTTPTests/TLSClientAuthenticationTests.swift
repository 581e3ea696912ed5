import TestSupport
import Testing

@testable import EventHTTP

@Suite struct TLSClientAuthenticationTests {
    private typealias Owner = TestCertificates.Owner

    /// What becomes of a client, `nil` for one without a certificate.
    private func talk(_ owner: Owner?, version: String? = nil, _ change: (inout TLSConfiguration) throws -> Void)
        async throws -> (said: String, failure: TLSFailure?)
    {
        var client = try TLSClient(owner)
        client.version = version
        var configuration = try TLSConfiguration.tested()
        configuration.clientAuthorities = try TestCertificates.shared.certificate(.authority)
        try change(&configuration)
        return try await TLSEchoServer.serving(configuration) { [client] server in
            let said = try await client.talk(to: server.port)
            return (said.joined(), try await server.firstEnding())
        }
    }

    /// Every mode with every kind of certificate, and what the server says of those it refuses.
    @Test(arguments: ["TLSv1_2", "TLSv1_3"])
    func asksForCertificates(version: String) async throws {
        let unverified = "certificate verify failed: "
        let missing = "peer did not return a certificate"
        let expired = unverified + "certificate has expired"
        let unknown = unverified + "unable to get local issuer certificate"
        let wrongPurpose = unverified + "unsuitable certificate purpose"
        let expectations: [(TLSConfiguration.ClientAuthentication, [(owner: Owner?, refusal: String?)])] = [
            (.none, [(nil, nil), (.stranger, nil)]),
            (.request, [(nil, nil), (.client, nil), (.expiredClient, nil), (.stranger, nil)]),
            (.requireAny, [(nil, missing), (.client, nil), (.expiredClient, nil), (.stranger, nil)]),
            (.verifyIfGiven, [(nil, nil), (.client, nil), (.expiredClient, expired), (.stranger, unknown)]),
            (
                .requireAndVerify,
                [
                    (nil, missing), (.client, nil), (.expiredClient, expired), (.stranger, unknown),
                    (.server, wrongPurpose),
                ]
            ),
        ]
        for (authentication, cases) in expectations {
            for (owner, refusal) in cases {
                let (said, failure) = try await talk(owner, version: version) {
                    $0.clientAuthentication = authentication
                    if authentication == .none { $0.clientAuthorities = nil }
                }
                let whose = "\(authentication) \(owner?.rawValue ?? "nobody")"
                #expect(said.hasPrefix("refused: ") == (refusal != nil), "\(whose): \(said)")
                #expect(failure?.reason == refusal, "\(whose)")
            }
        }
    }

    /// In TLS 1.3 a client sends its request along with its certificate, and the reset that answers may destroy the
    /// alert.
    @Test func tellsClientsWhy() async throws {
        let cases: [(Owner?, String)] = [
            (.expiredClient, "sslv3 alert certificate expired"), (.stranger, "tlsv1 alert unknown ca"),
            (nil, "sslv3 alert handshake failure"),
        ]
        for (owner, alert) in cases {
            let said = try await talk(owner, version: "TLSv1_2") { $0.clientAuthentication = .requireAndVerify }.said
            #expect(said == "refused: \(alert)")
        }
    }

    /// Browsers, for one, choose a certificate by them.
    @Test func tellsClientsTheAuthorities() async throws {
        let configuration = try TLSConfiguration.tested {
            $0.clientAuthentication = .verifyIfGiven
            $0.clientAuthorities = try TestCertificates.shared.certificate(.authority)
        }
        try await TLSEchoServer.serving(configuration) { server in
            let printed = try await Program.run(
                Program.tool("openssl"), ["s_client", "-connect", "127.0.0.1:\(server.port)"]
            ).printed
            #expect(printed.contains("Acceptable client certificate CA names\nCN = authority\n"))
        }
    }

    /// As in Go: whatever stands in the file is trusted.
    @Test func anAuthorityNeedNotBeARoot() async throws {
        let verify: (inout TLSConfiguration) throws -> Void = {
            $0.clientAuthentication = .requireAndVerify
            $0.clientAuthorities = try TestCertificates.shared.certificate(.intermediate)
        }
        #expect(try await talk(.nested, verify).failure == nil)
        #expect(try await talk(.client, verify).failure != nil)
    }

    @Test(arguments: TestCertificates.clientNames + ["fd00:0::0017"])
    func admitsAllowedNames(name: String) async throws {
        let (said, failure) = try await talk(.client) {
            $0.clientAuthentication = .requireAndVerify
            $0.clientAllowedNames = ["other.example", name]
        }
        #expect(said.hasSuffix(" server"))
        #expect(failure == nil)
    }

    /// None is a name of the certificate, however alike; its common name doesn't count.
    @Test func refusesOtherNames() async throws {
        let (said, failure) = try await talk(.client, version: "TLSv1_2") {
            $0.clientAuthentication = .requireAndVerify
            $0.clientAllowedNames = [
                "client", "client.example.", "Client.example", "*.example", "example", "client.example.org", "",
                "10.1.2.30", "10.1.2", "fd00::18", "ROBOT@example.org", "example.org", "spiffe://example.org/",
                "spiffe://example.org/robot/", "DNS:client.example",
            ]
        }
        #expect(said == "refused: sslv3 alert bad certificate")
        #expect(failure?.reason == "certificate verify failed: none of the certificate's names is allowed")
    }

    @Test func anAllowedNameDoesNotReplaceVerifying() async throws {
        let (_, failure) = try await talk(.stranger) {
            $0.clientAuthentication = .verifyIfGiven
            $0.clientAllowedNames = ["stranger.example"]
        }
        #expect(failure?.reason == "certificate verify failed: unable to get local issuer certificate")
    }

    @Test func namesCountAlsoWhereCertificatesAreNotVerified() async throws {
        for authentication in [TLSConfiguration.ClientAuthentication.request, .requireAny] {
            let limited: (inout TLSConfiguration) -> Void = {
                $0.clientAuthentication = authentication
                $0.clientAllowedNames = ["stranger.example"]
            }
            #expect(try await talk(.stranger, limited).failure == nil)
            #expect(try await talk(.client, limited).failure != nil)
        }
    }

    /// A session that is resumed would skip the verification.
    @Test(arguments: ["TLSv1_2", "TLSv1_3"])
    func resumesSessionsOnlyOfClientsThatNeedNoCertificate(version: String) async throws {
        for authentication in TLSConfiguration.ClientAuthentication.allCases {
            let configuration = try TLSConfiguration.tested {
                $0.clientAuthentication = authentication
                $0.clientAuthorities =
                    authentication == .none ? nil : try TestCertificates.shared.certificate(.authority)
            }
            var client = try TLSClient(.client)
            client.version = version
            client.repeats = 2
            let said = try await TLSEchoServer.serving(configuration) { [client] in try await client.talk(to: $0.port) }
            #expect(said.map { $0.hasSuffix(" resumed") } == [false, authentication == .none], "\(authentication)")
        }
    }
}
