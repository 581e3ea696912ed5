import TestSupport
import Testing
import WebConfiguration

/// No bytes bring it down or keep it busy: each file is refused with a line, or read.
@Suite struct HostileFileTests {
    private static let good = """
        # Comment
        tls_server_config:
          cert_file: "server.crt"
          key_file: 'server.key'
          client_auth_type: RequireAndVerifyClientCert
          client_ca_file: &ca ca.pem
          client_allowed_sans:
            - one
            - *ca
          min_version: TLS12
          cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
        http_server_config:
          headers:
            Content-Security-Policy: >-
              default-src 'self'
              *.example.net
            X-Frame-Options: deny
        basic_auth_users:
          alice: \(Example.secret)
          ? bob
          : |-
            \(Example.hunter2)

        """

    private static let fragments: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", ": ", "? ", "- ", "&a ", "*a", "*ca", "<<: *ca", "!!int ", "!", "!<x> ",
            "%YAML 1.2\n",
            "---\n", "...\n", "|", ">", "\"", "'", "\\", "\\xff", "\\ud800", "#", " ", "  ", "\n", "\r", "\r\n", "\t",
            "~", "\0",
            "\u{FEFF}", "\u{85}", "\u{2028}", "é", "\u{1F600}", "", "cert_file: x\n", "key: 1\n", "\u{7F}", "@", "`",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xFF, 0xFE], [0xFE, 0xFF]]

    private static func damaged(_ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(good.utf8)
        for _ in 0...Int.random(in: 0..<4, using: &generator) {
            let start = Int.random(in: 0...bytes.count, using: &generator)
            let end = min(bytes.count, start + [0, 0, 1, 2, 8, 60].randomElement(using: &generator)!)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: bytes.replaceSubrange(start..<end, with: bytes[start..<end].reversed())
            case 1: bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0...start, using: &generator))
            case 2: bytes.removeSubrange(start...)
            case 3 where start < bytes.count: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            default: bytes.replaceSubrange(start..<end, with: fragments.randomElement(using: &generator)!)
            }
        }
        return bytes
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func damagedFilesAreRefusedOrRead(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var read = 0
        var refused = 0
        for round in 0..<2_000 {
            let bytes = Self.damaged(&generator)
            // Each of YAML's line breaks ends a line, not LF alone.
            let lines = String(decoding: bytes, as: UTF8.self).count { $0.isNewline } + 1
            do throws(WebConfigurationError) {
                _ = try WebConfiguration(yaml: bytes, path: "web.yml")
                read += 1
            } catch {
                refused += 1
                let description = error.description
                #expect(
                    error.line.map { (1...lines).contains($0) } == true, "seed \(seed), round \(round): \(description)")
                #expect(!description.contains { $0.isNewline }, "seed \(seed), round \(round): \(description)")
                #expect(
                    !description.contains(Example.secret.suffix(20)), "seed \(seed), round \(round): \(description)")
            }
        }
        #expect(read > 100)
        #expect(refused > 1_000)
    }

    enum Nesting: CaseIterable {
        case flowSequences, flowMappings, blockSequences, keys, pairs, mixed, indentation, sequencesInMappings

        var text: String {
            switch self {
            case .flowSequences: String(repeating: "[", count: 1 << 20)
            case .flowMappings: String(repeating: "{a: ", count: 200_000)
            case .blockSequences: String(repeating: "- ", count: 500_000)
            case .keys: String(repeating: "? ", count: 500_000)
            case .pairs: String(repeating: "[a: ", count: 200_000)
            case .mixed: String(repeating: "[{a: ", count: 900) + "1"
            case .indentation: (0..<1_400).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
            case .sequencesInMappings:
                // As deep as a tree can get: the sequence and the mapping in it share a level of indentation.
                (0..<1_000).map {
                    String(repeating: " ", count: 2 * $0) + "a:\n" + String(repeating: " ", count: 2 * $0) + "- "
                }
                .joined()
            }
        }
    }

    @Test(arguments: Nesting.allCases) func deepNestingIsRefused(nesting: Nesting) {
        #expect(throws: WebConfigurationError.self) {
            try WebConfiguration(yaml: Array(nesting.text.utf8), path: "web.yml")
        }
    }

    @Test func nestingThatIsReadIsRefusedForWhatItIs() {
        for depth in [1, 10, 32] {
            let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(
                throws: WebConfigurationError(
                    file: "web.yml", line: 1, problem: "must be keys with values, 'key: value'")
            ) { try WebConfiguration(yaml: Array(text.utf8), path: "web.yml") }
        }
    }

    /// Each level doubles what the one before stands for.
    @Test func aliasesThatExplodeAreRefused() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        for (last, problem) in [("? *a60\n: 1\n", "a key must be text"), ("b: *a60\n", "a0: unknown key")] {
            let error = #expect(throws: WebConfigurationError.self) {
                try WebConfiguration(yaml: Array((text + last).utf8), path: "web.yml")
            }
            #expect(error?.problem.hasPrefix(problem) == true)
        }
        let circle = "tls_server_config: &a\n  cert_file: a\n  key_file: *a\n"
        #expect(
            throws: WebConfigurationError(
                file: "web.yml", line: 3, problem: "tls_server_config.key_file: must be a single value")
        ) { try WebConfiguration(yaml: Array(circle.utf8), path: "web.yml") }
    }

    @Test func manyUsersAreReadAtOnce() throws {
        var text = "basic_auth_users:\n"
        for user in 0..<10_000 { text += "  user\(user): \(Example.secret)\n" }
        #expect(try WebConfiguration(yaml: Array(text.utf8), path: "web.yml").users.count == 10_000)
    }
}
