internal import COpenSSL

/// What Go's crypto/tls, and with it Prometheus' web configuration, calls the parts of TLS.
package enum TLSNames {
    /// IANA's names of the cipher suites for TLS 1.2 with ephemeral keys, the best first. The last four have no
    /// authenticated encryption: they are used only when they are asked for.
    static let tls12CipherSuites = [
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    ]

    static let defaultTLS12CipherSuites = Array(tls12CipherSuites.dropLast(4))

    /// Those of RFC 8446, §B.4, that Go has too.
    package static let tls13CipherSuites = [
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    ]

    package static var cipherSuites: [String] { tls12CipherSuites + tls13CipherSuites }

    /// A list of cipher suites as OpenSSL wants it.
    static func cipherList(_ names: [String]) -> String {
        names.map { String(cString: OPENSSL_cipher_name($0)) }.joined(separator: ":")
    }

    /// Go's name of a curve and OpenSSL's.
    package static let curves = [
        (name: "X25519", group: "X25519"), (name: "CurveP256", group: "P-256"), (name: "CurveP384", group: "P-384"),
        (name: "CurveP521", group: "P-521"),
    ]
}
