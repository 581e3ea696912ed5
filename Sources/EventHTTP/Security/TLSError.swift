internal import Glibc

/// Why TLS can't be spoken as configured.
public enum TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a file of the configuration holds.
    public enum File: String, Sendable, Hashable {
        /// ``TLSConfiguration/certificate``.
        case certificate = "certificate"
        /// ``TLSConfiguration/key``.
        case key = "private key"
        /// ``TLSConfiguration/clientAuthorities``.
        case clientAuthorities = "client authorities"
    }

    /// A file can't be read; `code` is an errno.
    case unreadable(File, path: String, code: Int32)
    /// A file holds nothing of its kind in PEM (RFC 7468).
    case notPEM(File, path: String)
    /// A file has the form of PEM, but what it holds can't be decoded.
    case malformed(File, path: String, reason: String)
    /// OpenSSL doesn't accept what a file holds, a short key for one.
    case refused(File, path: String, reason: String)
    /// The private key needs a passphrase, and nobody is there to type it.
    case encryptedKey(path: String)
    /// The private key isn't that of the first certificate.
    case keyMismatch(certificate: String, key: String)
    /// ``TLSConfiguration/cipherSuites`` has an unknown or insecure name.
    case unknownCipherSuite(String)
    /// All of ``TLSConfiguration/cipherSuites`` are for TLS 1.3, which ``TLSConfiguration/maximumVersion`` excludes.
    case cipherSuitesNeedTLS13
    /// ``TLSConfiguration/curves`` has an unknown name.
    case unknownCurve(String)
    /// ``TLSConfiguration/minimumVersion`` is above ``TLSConfiguration/maximumVersion``.
    case minimumAboveMaximum
    /// Client certificates can't be verified without ``TLSConfiguration/clientAuthorities``.
    case missingClientAuthorities(TLSConfiguration.ClientAuthentication)
    /// There are ``TLSConfiguration/clientAuthorities`` or ``TLSConfiguration/clientAllowedNames``, but no certificate
    /// is asked for.
    case missingClientAuthentication
    /// A call of OpenSSL failed.
    case library(call: String, reason: String)

    public var description: String {
        switch self {
        case .unreadable(let file, let path, let code):
            "can't read the \(file.rawValue) '\(path)': \(String(cString: strerror(code)));"
                + " give the path of a PEM file that the server may read"
        case .notPEM(let file, let path):
            "no \(file.rawValue) in PEM in '\(path)': give a file with '-----BEGIN \(file.label)-----'"
        case .malformed(let file, let path, let reason):
            "the \(file.rawValue) in '\(path)' can't be decoded (\(reason)): write the file anew"
        case .refused(let file, let path, let reason):
            "OpenSSL doesn't accept the \(file.rawValue) in '\(path)' (\(reason)): replace it"
        case .encryptedKey(let path):
            "the private key in '\(path)' needs a passphrase: decrypt it with 'openssl pkey -in … -out …'"
        case .keyMismatch(let certificate, let key):
            "the private key in '\(key)' isn't that of the first certificate in '\(certificate)':"
                + " give the key that belongs to it, and put the server's own certificate first"
        case .unknownCipherSuite(let name):
            "unknown cipher suite '\(name)': use \(TLSNames.cipherSuites.joined(separator: ", "))"
        case .cipherSuitesNeedTLS13:
            "all the cipher suites are for TLS 1.3, but the maximum version is TLS 1.2:"
                + " raise it, or name a cipher suite for TLS 1.2, such as \(TLSNames.tls12CipherSuites[0])"
        case .unknownCurve(let name):
            "unknown curve '\(name)': use \(TLSNames.curves.map(\.name).joined(separator: ", "))"
        case .minimumAboveMaximum:
            "the minimum TLS version is above the maximum: lower it to TLS12, or raise the maximum to TLS13"
        case .missingClientAuthorities(let authentication):
            "client authentication \(authentication.rawValue) needs authorities to verify certificates with:"
                + " give a PEM file with those that sign the clients' certificates"
        case .missingClientAuthentication:
            "there are client authorities or allowed names, but clients aren't asked for a certificate:"
                + " set the client authentication to RequireAndVerifyClientCert, or remove them"
        case .library(let call, let reason):
            "\(call) failed: \(reason)"
        }
    }
}

extension TLSError.File {
    /// How RFC 7468 labels it.
    fileprivate var label: String { self == .key ? "PRIVATE KEY" : "CERTIFICATE" }
}
