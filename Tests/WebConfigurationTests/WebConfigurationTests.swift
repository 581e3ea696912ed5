import EventHTTP
import Glibc
import TestSupport
import Testing
import WebConfiguration

@Suite struct WebConfigurationTests {
    private func configuration(_ text: String, path: String = "web.yml") throws -> WebConfiguration {
        try WebConfiguration(yaml: Array(text.utf8), path: path)
    }

    @Test func readsEverySetting() throws {
        let web = try configuration(
            """
            # All of it.
            tls_server_config:
              cert_file: server.crt
              key_file: /etc/keys/server.key
              client_auth_type: RequireAndVerifyClientCert
              client_ca_file: "ca/clients.pem"
              client_allowed_sans: [one.example, 10.0.0.1]
              min_version: TLS12
              max_version: TLS13
              cipher_suites:
              - TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
              - TLS_AES_128_GCM_SHA256
              - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
              curve_preferences: [CurveP384, X25519]
              prefer_server_cipher_suites: off
            http_server_config:
              http2: true
              headers:
                X-Frame-Options: deny
                Strict-Transport-Security: max-age=31536000; includeSubDomains
                X-Content-Type-Options: nosniff
                X-XSS-Protection: 1
                Content-Security-Policy: "default-src 'self' *.example.net"
            basic_auth_users:
              alice: \(Example.secret)
              123: '\(Example.hunter2)'
              jörg: \(Example.umlauts)
            rate_limit:
              interval: 0
              burst: 20
            """, path: "/etc/server/web.yml")
        var tls = TLSConfiguration(certificate: "/etc/server/server.crt", key: "/etc/keys/server.key")
        tls.clientAuthentication = .requireAndVerify
        tls.clientAuthorities = "/etc/server/ca/clients.pem"
        tls.clientAllowedNames = ["one.example", "10.0.0.1"]
        tls.cipherSuites = [
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        ]
        tls.curves = ["CurveP384", "X25519"]
        tls.prefersServerCipherSuites = false
        #expect(web.tls == tls)
        #expect(
            web.headers.map { "\($0.name): \($0.value)" } == [
                "X-Frame-Options: deny", "Strict-Transport-Security: max-age=31536000; includeSubDomains",
                "X-Content-Type-Options: nosniff", "X-XSS-Protection: 1",
                "Content-Security-Policy: default-src 'self' *.example.net",
            ])
        #expect(
            web.users == [
                "alice": try BcryptHash(Example.secret), "123": try BcryptHash(Example.hunter2),
                "jörg": try BcryptHash(Example.umlauts),
            ])
    }

    @Test func defaultsAreTheToolkits() throws {
        let web = try configuration("tls_server_config: {cert_file: a.crt, key_file: a.key}")
        #expect(web.tls == TLSConfiguration(certificate: "a.crt", key: "a.key"))
        #expect(web.tls?.minimumVersion == .tls12)
        #expect(web.tls?.clientAuthentication == TLSConfiguration.ClientAuthentication.none)
        #expect(web.tls?.prefersServerCipherSuites == true)
        #expect(web.headers.isEmpty)
        #expect(web.users.isEmpty)
    }

    @Test(arguments: [
        "", "\n", "# nothing\n", "---\n", "--- # nothing\n...\n", "{}", "~", "null", "tls_server_config:",
        "tls_server_config: {}", "tls_server_config:\n  cert_file: ''\n  key_file: \"\"\n  cert:\n",
        "basic_auth_users:\nhttp_server_config:\n  headers:\n", "http_server_config: {http2: false, headers: {}}",
        "rate_limit:\n  interval: 0s\n", "http_server_config: {headers: {X-Frame-Options: '', X-XSS-Protection: }}",
    ])
    func whatAsksForNothingSetsNothing(text: String) throws {
        let web = try configuration(text)
        #expect(web.tls == nil)
        #expect(web.headers.isEmpty)
        #expect(web.users.isEmpty)
    }

    @Test func pathsAreRelativeToTheFile() throws {
        let text = "tls_server_config: {cert_file: a.crt, key_file: ../a.key}"
        #expect(
            try configuration(text, path: "conf/web.yml").tls == .init(certificate: "conf/a.crt", key: "conf/../a.key"))
        #expect(try configuration(text, path: "/web.yml").tls == .init(certificate: "/a.crt", key: "/../a.key"))
    }

    @Test(
        arguments: [
            ("NoClientCert", .none), ("''", .none), ("RequestClientCert", .request),
            ("RequireAnyClientCert", .requireAny),
            ("RequireClientCert", .requireAny), ("VerifyClientCertIfGiven", .verifyIfGiven),
            ("RequireAndVerifyClientCert", .requireAndVerify),
        ] as [(String, TLSConfiguration.ClientAuthentication)])
    func readsThePolicyForClients(name: String, policy: TLSConfiguration.ClientAuthentication) throws {
        let verifies = policy == .verifyIfGiven || policy == .requireAndVerify
        let web = try configuration(
            """
            tls_server_config:
              cert_file: a.crt
              key_file: a.key
              client_auth_type: \(name)
              \(verifies ? "client_ca_file: ca.pem" : "")
            """)
        #expect(web.tls?.clientAuthentication == policy)
    }

    @Test func takesEverySuiteAndCurveThatTheToolkitTakes() throws {
        let suites = ["ECDSA", "RSA"].flatMap { key in
            [
                "AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_CBC_SHA",
                "AES_256_CBC_SHA",
            ].map { "TLS_ECDHE_\(key)_WITH_\($0)" }
        }
        let suites13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
        let curves = ["CurveP256", "CurveP384", "CurveP521", "X25519"]
        let web = try configuration(
            """
            tls_server_config:
              cert_file: a.crt
              key_file: a.key
              cipher_suites: [\((suites13 + suites).joined(separator: ", "))]
              curve_preferences: [\(curves.joined(separator: ", "))]
            """)
        #expect(web.tls?.cipherSuites == suites13 + suites)
        #expect(web.tls?.curves == curves)
    }

    @Test func aliasesAreFollowed() throws {
        let web = try configuration("basic_auth_users:\n  alice: &hash \(Example.secret)\n  bob: *hash\n")
        #expect(web.users["bob"] == web.users["alice"])
    }

    @Test func readsAFile() throws {
        let path = "/tmp/sightline-web-\(getpid()).yml"
        defer { unlink(path) }
        let file = try #require(fopen(path, "w"))
        // More than one read's worth.
        fputs(String(repeating: "# comment\n", count: 10_000), file)
        fputs("tls_server_config:\n  cert_file: a.crt\n  key_file: a.key\n", file)
        fclose(file)
        #expect(try WebConfiguration(contentsOf: path).tls == .init(certificate: "/tmp/a.crt", key: "/tmp/a.key"))
    }

    @Test(arguments: [
        ("/tmp/no-such-folder/web.yml", "can't be read: No such file or directory"),
        ("/tmp", "can't be read: Is a directory"),
    ])
    func saysWhyAFileCannotBeRead(path: String, problem: String) {
        #expect(throws: WebConfigurationError(file: path, line: nil, problem: problem)) {
            try WebConfiguration(contentsOf: path)
        }
    }

    @Test func refusesAFileWithoutEnd() {
        #expect(throws: WebConfigurationError(file: "/dev/zero", line: nil, problem: "is larger than 1048576 bytes")) {
            try WebConfiguration(contentsOf: "/dev/zero")
        }
    }

    @Test func namesAndHashesNeverLeak() throws {
        let web = try configuration("basic_auth_users:\n  alice: \(Example.secret)\n")
        #expect("\(web.users)" == #"["alice": bcrypt hash of cost 4]"#)
    }
}
