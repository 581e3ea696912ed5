import EventHTTP
import Testing
import WebConfiguration

/// Every mistake is named with its line.
@Suite struct WebConfigurationErrorTests {
    /// A file, and the error that says what is wrong with it.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let text: String
        let description: String
        var testDescription: String { description }

        init(_ text: String, _ description: String...) {
            self.text = text
            self.description = description.joined()
        }
    }

    private static let hash = Example.secret
    private static let tls = "tls_server_config:\n  cert_file: a.crt\n  key_file: a.key\n"

    @Test(arguments: [
        // The whole.
        Mistake(
            "tls_config: {}", "web.yml:1: tls_config: unknown key; the known ones are tls_server_config, ",
            "http_server_config, basic_auth_users, rate_limit"),
        Mistake("- a\n", "web.yml:1: must be keys with values, 'key: value'"),
        Mistake("word\n", "web.yml:1: must be keys with values, 'key: value'"),
        Mistake("? [b]\n: 2\n", "web.yml:1: a key must be text"),
        Mistake(
            "{}\n---\n{}\n", "web.yml:2: is no valid YAML: a second document begins: only one is read"),
        Mistake(
            String(repeating: "[\n", count: 33),
            "web.yml:33: is no valid YAML: values are nested in more than 32 others"),
        Mistake(
            "a:\n  - b\n c\n",
            "web.yml:3: is no valid YAML: did not find expected key (while parsing a block mapping, line 1)"),
        Mistake(
            "a: [\n",
            "web.yml:2: is no valid YAML: did not find expected node content (while parsing a flow node, line 2)"),
        Mistake("a: *b\n", "web.yml:1: is no valid YAML: found undefined alias"),
        Mistake("\na: \u{1}\n", "web.yml:2: is no valid YAML: control characters are not allowed"),
        Mistake("\r\na: \u{1}\r\n", "web.yml:2: is no valid YAML: control characters are not allowed"),
        Mistake(
            "basic_auth_users: {}\nbasic_auth_users: {}\n",
            "web.yml:2: 'basic_auth_users' is given more than once"),
    ])
    func inYAML(mistake: Mistake) { expect(mistake) }

    @Test(arguments: [
        Mistake("tls_server_config: [a]\n", "web.yml:1: tls_server_config: must be keys with values, 'key: value'"),
        Mistake(
            "tls_server_config:\n  cert_filse: a\n",
            "web.yml:2: tls_server_config.cert_filse: unknown key; the known ones are ",
            "cert_file, key_file, client_auth_type, client_ca_file, client_allowed_sans, min_version, max_version, ",
            "cipher_suites, prefer_server_cipher_suites, curve_preferences, cert, key, client_ca"),
        Mistake("\ntls_server_config:\n  key_file: a\n", "web.yml:2: tls_server_config: cert_file is missing"),
        Mistake("tls_server_config:\n  cert_file: a\n", "web.yml:1: tls_server_config: key_file is missing"),
        Mistake("tls_server_config:\n  min_version: TLS13\n", "web.yml:1: tls_server_config: cert_file is missing"),
        Mistake(
            "tls_server_config:\n  cert_file: ''\n  client_auth_type: x\n",
            "web.yml:1: tls_server_config: cert_file is missing"),
        Mistake(
            "tls_server_config:\n  cert_file: [a]\n", "web.yml:2: tls_server_config.cert_file: must be a single value"),
        Mistake(
            "tls_server_config:\n  cert_file: !!binary YQ==\n",
            "web.yml:2: tls_server_config.cert_file: must be a single value"),
        Mistake(
            "tls_server_config:\n  cert_file: \"a\\0b\"\n",
            "web.yml:2: tls_server_config.cert_file: a path can't hold the byte 0"),
        Mistake(
            "tls_server_config:\n  cert_file: a\n  key: |\n    PEM\n",
            "web.yml:3: tls_server_config.key: a certificate or key within this file isn't supported: use key_file"),
        Mistake(
            "tls_server_config:\n  client_ca: a\n",
            "web.yml:2: tls_server_config.client_ca: a certificate or key within ",
            "this file isn't supported: use client_ca_file"),
        Mistake(
            tls + "  min_version: TLS10\n",
            "web.yml:4: tls_server_config.min_version: TLS 1.0 and 1.1 aren't supported ",
            "(RFC 8996): use TLS12 or TLS13"),
        Mistake(
            tls + "  max_version: TLS11\n",
            "web.yml:4: tls_server_config.max_version: TLS 1.0 and 1.1 aren't supported ",
            "(RFC 8996): use TLS12 or TLS13"),
        Mistake(
            tls + "  min_version: TLS1.2\n",
            "web.yml:4: tls_server_config.min_version: 'TLS1.2' is none of TLS12, TLS13"),
        Mistake(tls + "  max_version: ''\n", "web.yml:4: tls_server_config.max_version: '' is none of TLS12, TLS13"),
        Mistake(
            tls + "  max_version: TLS12\n  min_version: TLS13\n",
            "web.yml:4: tls_server_config.max_version: must not be lower than min_version"),
        Mistake(
            tls + "  client_auth_type: Any\n",
            "web.yml:4: tls_server_config.client_auth_type: 'Any' is none of NoClientCert, ",
            "RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert, RequireClientCert"
        ),
        Mistake(
            tls + "  client_auth_type: VerifyClientCertIfGiven\n",
            "web.yml:1: tls_server_config: client_ca_file is missing: VerifyClientCertIfGiven needs it"),
        Mistake(
            tls + "  client_ca_file: ca.pem\n", "web.yml:4: tls_server_config.client_ca_file: has no effect without ",
            "client_auth_type: set it as well"),
        Mistake(
            tls + "  client_allowed_sans: [a]\n",
            "web.yml:4: tls_server_config.client_allowed_sans: has no effect without ",
            "client_auth_type: set it as well"),
        Mistake(
            tls + "  client_auth_type: RequestClientCert\n  client_allowed_sans: []\n",
            "web.yml:5: tls_server_config.client_allowed_sans: an empty list would let nobody in: leave it out"),
        Mistake(
            tls + "  client_auth_type: RequestClientCert\n  client_allowed_sans:\n  - a\n  - ''\n",
            "web.yml:7: tls_server_config.client_allowed_sans: a name is empty"),
        Mistake(
            tls + "  client_auth_type: RequestClientCert\n  client_allowed_sans: a\n",
            "web.yml:5: tls_server_config.client_allowed_sans: must be a list, one '- value' a line"),
        Mistake(
            tls + "  max_version: TLS12\n  cipher_suites:\n  - TLS_AES_128_GCM_SHA256\n",
            "web.yml:5: tls_server_config.cipher_suites: has no suite ",
            "of TLS 1.2, and max_version excludes TLS 1.3: add one"),
        Mistake(
            tls + "  cipher_suites:\n  - {}\n", "web.yml:5: tls_server_config.cipher_suites: must be a single value"),
        Mistake(
            tls + "  curve_preferences:\n  - X25519\n  - P256\n",
            "web.yml:6: tls_server_config.curve_preferences: 'P256' is ",
            "none of X25519, CurveP256, CurveP384, CurveP521"),
        Mistake(
            tls + "  prefer_server_cipher_suites: 'true'\n",
            "web.yml:4: tls_server_config.prefer_server_cipher_suites: must be true or false"),
        Mistake(
            tls + "  prefer_server_cipher_suites: maybe\n",
            "web.yml:4: tls_server_config.prefer_server_cipher_suites: must be true or false"),
        Mistake(tls + "  key_file: b\n", "web.yml:4: tls_server_config: 'key_file' is given more than once"),
    ])
    func inTLS(mistake: Mistake) { expect(mistake) }

    @Test func suitesThatAreUnknownOrUnsafe() {
        for suite in ["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_FOO"] {
            let text = Self.tls + "  cipher_suites:\n  - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n  - \(suite)\n"
            expect(
                text,
                startingWith: "web.yml:6: tls_server_config.cipher_suites: '\(suite)' is none of TLS_ECDHE_ECDSA_WITH_")
        }
    }

    @Test(arguments: [
        Mistake(
            "http_server_config:\n  http3: true\n",
            "web.yml:2: http_server_config.http3: unknown key; the known ones are http2, headers"),
        Mistake("http_server_config:\n  http2: 1\n", "web.yml:2: http_server_config.http2: must be true or false"),
        Mistake(
            "http_server_config:\n  headers: [a]\n",
            "web.yml:2: http_server_config.headers: must be keys with values, 'key: value'"),
        Mistake(
            "http_server_config:\n  headers:\n    Server: x\n",
            "web.yml:3: http_server_config.headers.Server: unknown key; the ",
            "known ones are Content-Security-Policy, X-Frame-Options, X-Content-Type-Options, X-XSS-Protection, ",
            "Strict-Transport-Security"),
        Mistake(
            "http_server_config:\n  headers:\n    X-Frame-Options: Deny\n",
            "web.yml:3: http_server_config.headers.X-Frame-Options: 'Deny' is none of deny, sameorigin"),
        Mistake(
            "http_server_config:\n  headers:\n    X-Content-Type-Options: sniff\n",
            "web.yml:3: http_server_config.headers.X-Content-Type-Options: 'sniff' is none of nosniff"),
        Mistake(
            "http_server_config:\n  headers:\n    X-XSS-Protection: |\n      1\n      2\n",
            "web.yml:3: http_server_config.headers.X-XSS-Protection: a line break or another control character can't be ",
            "sent in a header field"),
        Mistake(
            "rate_limit:\n  interval: 1s\n  burst: 5\n",
            "web.yml:2: rate_limit.interval: limiting the rate isn't supported: remove it, or set it to 0"),
        Mistake(
            "rate_limit:\n  rate: 1\n", "web.yml:2: rate_limit.rate: unknown key; the known ones are interval, burst"),
    ])
    func inHTTPAndRateLimit(mistake: Mistake) { expect(mistake) }

    @Test(arguments: [
        "doe", "", "~", "$apr1$5GzwSqYP$NYJ3FmtZ5pMB8fhzFtFBL1", "\(hash.dropLast())", "\(hash)y",
        "\(hash.dropLast())_",
        "$2x\(hash.dropFirst(3))", "$1y\(hash.dropFirst(3))", "$2y$03\(hash.dropFirst(6))",
        "$2y$32\(hash.dropFirst(6))",
        "$2y$ 4\(hash.dropFirst(6))", "$2y$0\(hash.dropFirst(5))a",
    ])
    func whatIsNoHash(value: String) {
        expect(
            Mistake(
                "basic_auth_users:\n  alice: '\(value)'\n",
                "web.yml:2: basic_auth_users.alice: not a bcrypt hash; make one with 'htpasswd -nBC 10 alice'"))
    }

    @Test(arguments: [
        Mistake("basic_auth_users: [a]\n", "web.yml:1: basic_auth_users: must be keys with values, 'key: value'"),
        Mistake("basic_auth_users:\n  alice: [a]\n", "web.yml:2: basic_auth_users.alice: must be a single value"),
        Mistake(
            "basic_auth_users:\n  alice:\n",
            "web.yml:2: basic_auth_users.alice: not a bcrypt hash; make one with 'htpasswd -nBC 10 alice'"),
        Mistake(
            "basic_auth_users:\n  a b'c: x\n",
            "web.yml:2: basic_auth_users.a b'c: not a bcrypt hash; make one with 'htpasswd -nBC 10 NAME'"),
        Mistake(
            "basic_auth_users:\n  alice: $2y$17\(Example.secret.dropFirst(6))\n",
            "web.yml:2: basic_auth_users.alice: a cost of ",
            "17 takes too long, and 16 is the highest; make one with 'htpasswd -nBC 10 alice'"),
        Mistake("basic_auth_users:\n  '': \(Example.secret)\n", "web.yml:2: basic_auth_users.: a user's name is empty"),
        Mistake(
            "basic_auth_users:\n\n  'a:b': \(Example.secret)\n",
            "web.yml:3: basic_auth_users.a:b: a user's name can't hold a colon (RFC 7617)"),
        Mistake(
            "basic_auth_users:\n  \"a\\nb\": \(Example.secret)\n",
            "web.yml:2: basic_auth_users.a\\nb: a user's name can't hold a control character (RFC 7617)"),
        Mistake(
            "basic_auth_users:\n  a: \(Example.secret)\n  b: \(Example.secret)\n  a: \(Example.secret)\n",
            "web.yml:4: basic_auth_users: 'a' is given more than once"),
        Mistake("basic_auth_users:\n  [a]: \(Example.secret)\n", "web.yml:2: basic_auth_users: a key must be text"),
    ])
    func inUsers(mistake: Mistake) { expect(mistake) }

    @Test func whatIsNoUTF8() {
        #expect(throws: WebConfigurationError(file: "web.yml", line: 2, problem: "isn't UTF-8")) {
            try WebConfiguration(yaml: Array("# é\n# ".utf8) + [0xE9, 0x0A], path: "web.yml")
        }
    }

    private func expect(_ mistake: Mistake, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(error(mistake.text) == mistake.description, sourceLocation: sourceLocation)
    }

    private func expect(_ text: String, startingWith start: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let error = error(text)
        #expect(error?.hasPrefix(start) == true, "\(error ?? "no error")", sourceLocation: sourceLocation)
    }

    private func error(_ text: String) -> String? {
        do throws(WebConfigurationError) {
            _ = try WebConfiguration(yaml: Array(text.utf8), path: "web.yml")
            return nil
        } catch {
            return error.description
        }
    }
}
