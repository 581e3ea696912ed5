internal import COpenSSL
internal import Glibc

/// Decides which clients' certificates are good enough.
final class ClientCertificatePolicy: Sendable {
    private let verifies: Bool
    /// Empty: any.
    private let allowedNames: Set<[UInt8]>

    init(_ configuration: TLSConfiguration) {
        verifies = configuration.clientAuthentication.verifies
        allowedNames = Set(configuration.clientAllowedNames.map(Self.normalized))
    }

    /// - Parameter store: an `X509_STORE_CTX` with the client's certificate and what it sent along; keeps why not.
    func accepts(_ store: OpaquePointer) -> Bool {
        if verifies {
            guard X509_verify_cert(store) == 1 else { return false }
        } else {
            X509_STORE_CTX_set_error(store, X509_V_OK)
        }
        guard allowedNames.isEmpty || !allowedNames.isDisjoint(with: Self.names(of: X509_STORE_CTX_get0_cert(store)))
        else {
            X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH)
            return false
        }
        return true
    }

    /// What a verification's result means.
    static func explanation(_ result: Int) -> String {
        result == Int(X509_V_ERR_HOSTNAME_MISMATCH)
            ? "none of the certificate's names is allowed" : String(cString: X509_verify_cert_error_string(result))
    }

    /// A certificate's alternative names (RFC 5280 §4.2.1.6), as text: DNS names, addresses of email, IP addresses and
    /// URIs.
    private static func names(of certificate: OpaquePointer?) -> [[UInt8]] {
        let names = OpaquePointer(X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil))
        defer { GENERAL_NAMES_free(names) }
        return (0..<max(0, OPENSSL_sk_num(names))).compactMap { index -> [UInt8]? in
            var type: Int32 = 0
            let name = OPENSSL_sk_value(names, index)!.assumingMemoryBound(to: GENERAL_NAME.self)
            let value = GENERAL_NAME_get0_value(name, &type)
            guard [GEN_DNS, GEN_EMAIL, GEN_IPADD, GEN_URI].contains(type) else { return nil }
            // Sound: names of these four types are all strings of ASN.1, and live as long as `names`.
            let string = value!.assumingMemoryBound(to: ASN1_STRING.self).pointee
            let bytes = Array(UnsafeBufferPointer(start: string.data, count: Int(string.length)))
            return type == GEN_IPADD ? text(ofAddress: bytes) : bytes
        }
    }

    /// Writes IP addresses as certificates' are written here.
    private static func normalized(_ name: String) -> [UInt8] {
        var address = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, name, &address) == 1, let text = text(ofAddress: Array(address[..<4])) { return text }
        if inet_pton(AF_INET6, name, &address) == 1, let text = text(ofAddress: address) { return text }
        return Array(name.utf8)
    }

    private static func text(ofAddress bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }
}

extension TLSConfiguration.ClientAuthentication {
    var verifies: Bool { self == .verifyIfGiven || self == .requireAndVerify }

    /// OpenSSL's flags for SSL_CTX_set_verify.
    var verifyMode: Int32 {
        switch self {
        case .none: SSL_VERIFY_NONE
        case .request, .verifyIfGiven: SSL_VERIFY_PEER
        case .requireAny, .requireAndVerify: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
        }
    }
}
