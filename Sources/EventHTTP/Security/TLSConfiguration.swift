/// How an endpoint speaks TLS.
public struct TLSConfiguration: Sendable, Hashable {
    /// A version of the protocol.
    public enum Version: String, Sendable, Hashable, CaseIterable, Comparable {
        /// TLS 1.2 (RFC 5246).
        case tls12 = "TLS12"
        /// TLS 1.3 (RFC 8446).
        case tls13 = "TLS13"

        public static func < (first: Version, second: Version) -> Bool { first == .tls12 && second == .tls13 }
    }

    /// What is asked of clients' certificates; the raw values are those of Go's crypto/tls.
    public enum ClientAuthentication: String, Sendable, Hashable, CaseIterable {
        /// None is asked for.
        case none = "NoClientCert"
        /// One is asked for; any will do, and none as well.
        case request = "RequestClientCert"
        /// One has to be there; any will do.
        case requireAny = "RequireAnyClientCert"
        /// If one is there, it has to be signed by ``TLSConfiguration/clientAuthorities``.
        case verifyIfGiven = "VerifyClientCertIfGiven"
        /// One has to be there, signed by ``TLSConfiguration/clientAuthorities``.
        case requireAndVerify = "RequireAndVerifyClientCert"
    }

    /// The path of the certificate chain, PEM, the server's own first.
    public var certificate: String
    /// The path of the private key, PEM, without a passphrase.
    public var key: String
    /// What is asked of clients' certificates.
    public var clientAuthentication: ClientAuthentication = .none
    /// The path of the authorities that sign clients' certificates, PEM; needed where certificates are verified.
    public var clientAuthorities: String?
    /// Alternative names (DNS, IP address, URI or email) of which a client's certificate must have one, letter for
    /// letter; empty: any. Worth something only where certificates are verified.
    public var clientAllowedNames: [String] = []
    /// The lowest version that is spoken.
    public var minimumVersion: Version = .tls12
    /// The highest version that is spoken.
    public var maximumVersion: Version = .tls13
    /// Cipher suites by IANA's names, which are Go's too; empty: for TLS 1.2 those with forward secrecy and
    /// authenticated encryption, for TLS 1.3 all. Without any for TLS 1.3 that keeps its own; without any for TLS 1.2
    /// that isn't spoken.
    public var cipherSuites: [String] = []
    /// Elliptic curves for the key exchange, by Go's names: `X25519`, `CurveP256`, `CurveP384`, `CurveP521`; empty:
    /// OpenSSL's choice.
    public var curves: [String] = []
    /// Whether the server's order of cipher suites counts rather than the client's.
    public var prefersServerCipherSuites = true

    /// - Parameters:
    ///   - certificate: the path of the certificate chain, PEM.
    ///   - key: the path of the private key, PEM.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
