import Foundation
import TestSupport
import Testing

@testable import EventHTTP

@Suite struct TLSReloadTests {
    private let certificates: TestCertificates
    /// Files that may change.
    private let configuration: TLSConfiguration

    init() throws {
        certificates = try TestCertificates.shared
        configuration = TLSConfiguration(
            certificate: try certificates.copy(certificates.certificate(.server)),
            key: try certificates.copy(certificates.key(.server)))
    }

    /// Puts other files into the places of the certificate and the key, as renewing does.
    private func renew(_ owner: TestCertificates.Owner) throws {
        try replace(configuration.certificate, with: certificates.copy(certificates.certificate(owner)))
        try replace(configuration.key, with: certificates.copy(certificates.key(owner)))
    }

    private func replace(_ path: String, with other: String) throws {
        guard rename(other, path) == 0 else { throw TestFailure("rename: \(String(cString: strerror(errno)))") }
    }

    /// The name in the certificate that new connections get.
    private func name(_ server: TLSEchoServer) async throws -> String {
        let said = try await TLSClient().talk(to: server.port)
        return String(said[0].split(separator: " ")[3])
    }

    @Test func newConnectionsGetTheNewCertificateAndOldOnesGoOn() async throws {
        try await TLSEchoServer.serving(configuration) { server in
            let input = Pipe()
            let client = try Program(
                Program.tool("openssl"), ["s_client", "-quiet", "-connect", "127.0.0.1:\(server.port)"], input: input)
            func echoes(_ word: String) async throws -> Bool {
                try input.fileHandleForWriting.write(contentsOf: Data("\(word)\n".utf8))
                return try await eventually { client.printed.contains("\(word)\n") }
            }
            #expect(try await echoes("before"))
            #expect(try await name(server) == "server")
            try renew(.renewed)
            #expect(try await name(server) == "server")
            try server.context.reload()
            #expect(try await name(server) == "renewed")
            #expect(try await echoes("after"))

            // What can't be used changes nothing.
            try Data().write(to: URL(fileURLWithPath: configuration.key))
            #expect(throws: TLSError.notPEM(.key, path: configuration.key)) { try server.context.reload() }
            #expect(try await name(server) == "renewed")
            #expect(try await echoes("still"))
        }
    }

    @Test func noticesWhatHasChanged() throws {
        let context = try TLSContext(configuration)
        #expect(try !context.reloadIfChanged())
        try renew(.expired)
        #expect(context.warnings.isEmpty)
        #expect(try context.reloadIfChanged())
        #expect(context.warnings.count == 1)
        #expect(try !context.reloadIfChanged())

        // Written in place.
        let key = try Data(contentsOf: URL(fileURLWithPath: certificates.key(.expired)))
        try key.write(to: URL(fileURLWithPath: configuration.key))
        #expect(try context.reloadIfChanged())
        #expect(try !context.reloadIfChanged())
    }

    /// Of two files that belong together one is always the first to change.
    @Test func reportsWhatIsBrokenOnceAndRecovers() throws {
        let context = try TLSContext(configuration)
        try replace(configuration.certificate, with: certificates.copy(certificates.certificate(.expired)))
        #expect(throws: TLSError.keyMismatch(certificate: configuration.certificate, key: configuration.key)) {
            try context.reloadIfChanged()
        }
        #expect(try !context.reloadIfChanged())
        #expect(context.warnings.isEmpty)
        try replace(configuration.key, with: certificates.copy(certificates.key(.expired)))
        #expect(try context.reloadIfChanged())
        #expect(context.warnings.count == 1)

        unlink(configuration.key)
        #expect(throws: TLSError.unreadable(.key, path: configuration.key, code: ENOENT)) {
            try context.reloadIfChanged()
        }
        #expect(try !context.reloadIfChanged())
    }

    @Test func noticesOtherClientAuthorities() async throws {
        var configuration = configuration
        let authorities = try certificates.copy(certificates.certificate(.intermediate))
        configuration.clientAuthentication = .requireAndVerify
        configuration.clientAuthorities = authorities
        try await TLSEchoServer.serving(configuration) { server in
            let client = try TLSClient(.client)
            #expect(try await client.talk(to: server.port)[0].hasPrefix("refused: "))
            try replace(authorities, with: certificates.copy(certificates.certificate(.authority)))
            #expect(try server.context.reloadIfChanged())
            #expect(try await client.talk(to: server.port)[0].hasSuffix(" server"))
        }
    }

    @Test func reloadsWhileConnectionsAreMade() async throws {
        var configuration = configuration
        configuration.clientAuthentication = .requireAndVerify
        configuration.clientAuthorities = certificates.certificate(.authority)
        configuration.clientAllowedNames = ["client.example"]
        try await TLSEchoServer.serving(configuration) { server in
            var client = try TLSClient(.client)
            client.repeats = 50
            async let first = client.talk(to: server.port)
            async let second = client.talk(to: server.port)
            for round in 0..<100 {
                try renew(round.isMultiple(of: 2) ? .renewed : .server)
                try server.context.reload()
                try await Task.sleep(for: .milliseconds(2))
            }
            let said = try await first + second
            #expect(said.count == 100)
            #expect(said.allSatisfy { $0.hasPrefix("TLSv1.3 ") }, "\(said)")
        }
    }
}
