import Foundation
import TestSupport
import Testing

@testable import EventHTTP

@Suite struct TLSErrorTests {
    private let certificates: TestCertificates

    init() throws { certificates = try TestCertificates.shared }

    /// What a user is told when TLS can't be spoken as configured.
    private func message(_ change: (inout TLSConfiguration) throws -> Void) throws -> String {
        var configuration = try TLSConfiguration.tested()
        try change(&configuration)
        do {
            _ = try TLSContext(configuration)
            return "none"
        } catch { return "\(error)" }
    }

    @Test func acceptsWhatIsRight() throws {
        #expect(try message { _ in } == "none")
    }

    @Test func namesAFileThatIsMissing() throws {
        let advice = "No such file or directory; give the path of a PEM file that the server may read"
        #expect(try message { $0.certificate = "/no/c" } == "can't read the certificate '/no/c': \(advice)")
        #expect(try message { $0.key = "/no/k" } == "can't read the private key '/no/k': \(advice)")
        let authorities = try message {
            $0.clientAuthentication = .requireAndVerify
            $0.clientAuthorities = ""
        }
        #expect(authorities == "can't read the client authorities '': \(advice)")
    }

    @Test func namesAFolder() throws {
        let expected =
            "can't read the certificate '/tmp': Is a directory; give the path of a PEM file that the server may read"
        #expect(try message { $0.certificate = "/tmp" } == expected)
    }

    @Test(arguments: ["", "nonsense", "-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----\n"])
    func namesAFileThatIsNotPEM(text: String) throws {
        let path = try certificates.write(text)
        #expect(
            try message { $0.certificate = path }
                == "no certificate in PEM in '\(path)': give a file with '-----BEGIN CERTIFICATE-----'")
        #expect(
            try message { $0.key = path }
                == "no private key in PEM in '\(path)': give a file with '-----BEGIN PRIVATE KEY-----'")
        let authorities = try message {
            $0.clientAuthentication = .requireAndVerify
            $0.clientAuthorities = path
        }
        #expect(
            authorities
                == "no client authorities in PEM in '\(path)': give a file with '-----BEGIN CERTIFICATE-----'")
    }

    @Test func tellsTheKeyFromTheCertificate() throws {
        let (certificate, key) = (certificates.certificate(.server), certificates.key(.server))
        let swapped = try message { ($0.certificate, $0.key) = (key, certificate) }
        #expect(swapped == "no certificate in PEM in '\(key)': give a file with '-----BEGIN CERTIFICATE-----'")
        #expect(
            try message { $0.key = certificate }
                == "no private key in PEM in '\(certificate)': give a file with '-----BEGIN PRIVATE KEY-----'")
    }

    @Test(arguments: ["CERTIFICATE", "PRIVATE KEY"], ["not base64", "AAAA"])
    func namesAFileThatCannotBeDecoded(label: String, content: String) throws {
        let path = try certificates.write("-----BEGIN \(label)-----\n\(content)\n-----END \(label)-----\n")
        let isKey = label == "PRIVATE KEY"
        let message = try message { if isKey { $0.key = path } else { $0.certificate = path } }
        #expect(message.hasPrefix("the \(isKey ? "private key" : "certificate") in '\(path)' can't be decoded ("))
        #expect(message.hasSuffix("): write the file anew"))
        #expect(!message.contains("no reason given"))
    }

    @Test func namesAChainThatBreaksOff() throws {
        let whole = try String(contentsOfFile: certificates.certificate(.server), encoding: .utf8)
        let path = try certificates.write(whole + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        #expect(try message { $0.certificate = path }.hasPrefix("the certificate in '\(path)' can't be decoded ("))
    }

    @Test func namesAKeyOfAnother() throws {
        let (certificate, key) = (certificates.certificate(.server), certificates.key(.renewed))
        let expected =
            "the private key in '\(key)' isn't that of the first certificate in '\(certificate)': give the key that"
            + " belongs to it, and put the server's own certificate first"
        #expect(try message { $0.key = key } == expected)
        // Another kind of key.
        let rsa = certificates.key(.rsa)
        #expect(try message { $0.key = rsa } == expected.replacing(key, with: rsa))
    }

    @Test func namesAKeyWithAPassphrase() throws {
        let key = certificates.key(.encrypted)
        let expected =
            "the private key in '\(key)' needs a passphrase: decrypt it with 'openssl pkey -in … -out …'"
        #expect(try message { $0.key = key } == expected)
    }

    @Test func namesAKeyThatIsTooShort() throws {
        let certificate = certificates.certificate(.short)
        let message = try message {
            $0.certificate = certificate
            $0.key = certificates.key(.short)
        }
        #expect(message == "OpenSSL doesn't accept the certificate in '\(certificate)' (ee key too small): replace it")
    }

    @Test(arguments: [
        "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_RC4_128_SHA", "ECDHE-RSA-AES128-GCM-SHA256", "ALL", "",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:ALL",
    ])
    func namesACipherSuiteThatIsUnknownOrWeak(name: String) throws {
        let message = try message { $0.cipherSuites = ["TLS_AES_128_GCM_SHA256", name] }
        #expect(
            message.hasPrefix("unknown cipher suite '\(name)': use TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE"))
        #expect(message.hasSuffix(", TLS_CHACHA20_POLY1305_SHA256"))
    }

    @Test func namesAnUnknownCurve() throws {
        #expect(
            try message { $0.curves = ["CurveP256", "P-256"] }
                == "unknown curve 'P-256': use X25519, CurveP256, CurveP384, CurveP521")
    }

    @Test func explainsVersionsThatExcludeEachOther() throws {
        let message = try message {
            $0.minimumVersion = .tls13
            $0.maximumVersion = .tls12
        }
        #expect(
            message == "the minimum TLS version is above the maximum: lower it to TLS12, or raise the maximum to TLS13")
    }

    @Test func explainsCipherSuitesThatNoVersionHas() throws {
        let message = try message {
            $0.maximumVersion = .tls12
            $0.cipherSuites = ["TLS_AES_128_GCM_SHA256"]
        }
        let expected =
            "all the cipher suites are for TLS 1.3, but the maximum version is TLS 1.2: raise it, or name a cipher"
            + " suite for TLS 1.2, such as TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        #expect(message == expected)
    }

    @Test(arguments: [TLSConfiguration.ClientAuthentication.verifyIfGiven, .requireAndVerify])
    func explainsThatVerifyingNeedsAuthorities(authentication: TLSConfiguration.ClientAuthentication) throws {
        let expected =
            "client authentication \(authentication.rawValue) needs authorities to verify certificates with: give a"
            + " PEM file with those that sign the clients' certificates"
        #expect(try message { $0.clientAuthentication = authentication } == expected)
    }

    @Test func explainsThatClientsAreNotAsked() throws {
        let expected =
            "there are client authorities or allowed names, but clients aren't asked for a certificate: set the client"
            + " authentication to RequireAndVerifyClientCert, or remove them"
        #expect(try message { $0.clientAllowedNames = ["a"] } == expected)
        #expect(try message { $0.clientAuthorities = certificates.certificate(.authority) } == expected)
    }

    @Test func onlyWarnsOfAnExpiredCertificate() throws {
        #expect(try TLSContext(.tested()).warnings.isEmpty)
        let configuration = try TLSConfiguration.tested(.expired)
        let warnings = try TLSContext(configuration).warnings
        let start = "a certificate in '\(configuration.certificate)' expired at "
        #expect(warnings.count == 1)
        #expect(warnings[0].hasPrefix(start))
        #expect(
            warnings[0].dropFirst(start.count).wholeMatch(
                of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, so clients won't accept it: renew it/#) != nil)
    }

    @Test(arguments: TLSConfiguration.ClientAuthentication.allCases.filter { $0 != .none })
    func warnsOfNamesThatAnyoneCanHave(authentication: TLSConfiguration.ClientAuthentication) throws {
        let configuration = try TLSConfiguration.tested {
            $0.clientAuthentication = authentication
            $0.clientAuthorities = certificates.certificate(.authority)
            $0.clientAllowedNames = ["client.example"]
        }
        let warning =
            "client authentication \(authentication.rawValue) doesn't verify certificates, so anyone can have an"
            + " allowed name: use RequireAndVerifyClientCert"
        let isExpected = authentication == .request || authentication == .requireAny
        #expect(try TLSContext(configuration).warnings == (isExpected ? [warning] : []))
    }
}
