internal import COpenSSL
internal import Glibc

extension OpenSSLContext {
    /// Takes the certificate chain and the key to it.
    func useIdentity(_ configuration: TLSConfiguration) throws(TLSError) {
        let chain = try PEMFile(.certificate, path: configuration.certificate)
        var isFirst = true
        try chain.forEachCertificate { certificate throws(TLSError) in
            let added =
                isFirst
                ? SSL_CTX_use_certificate(handle, certificate) : sightline_add_chain_certificate(handle, certificate)
            guard added == 1 else {
                throw .refused(.certificate, path: configuration.certificate, reason: takeOpenSSLError())
            }
            if let warning = validityWarning(certificate, configuration.certificate) { warnings.append(warning) }
            isFirst = false
        }
        let key = try PEMFile(.key, path: configuration.key).privateKey()
        defer { EVP_PKEY_free(key) }
        guard X509_check_private_key(SSL_CTX_get0_certificate(handle), key) == 1 else {
            ERR_clear_error()
            throw .keyMismatch(certificate: configuration.certificate, key: configuration.key)
        }
        guard SSL_CTX_use_PrivateKey(handle, key) == 1 else {
            throw .refused(.key, path: configuration.key, reason: takeOpenSSLError())
        }
    }

    /// Asks for clients' certificates, and says which are good enough.
    func askClients(_ configuration: TLSConfiguration) throws(TLSError) {
        let authentication = configuration.clientAuthentication
        guard authentication != .none else { return }
        SSL_CTX_set_verify(handle, authentication.verifyMode, nil)
        if let path = configuration.clientAuthorities {
            let store = SSL_CTX_get_cert_store(handle)
            // As in Go, an authority needn't be a root.
            X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
            try PEMFile(.clientAuthorities, path: path).forEachCertificate { certificate throws(TLSError) in
                guard X509_STORE_add_cert(store, certificate) == 1, SSL_CTX_add_client_CA(handle, certificate) == 1
                else {
                    throw .refused(.clientAuthorities, path: path, reason: takeOpenSSLError())
                }
            }
        }
        if !configuration.clientAllowedNames.isEmpty, !authentication.verifies {
            warnings.append(
                "client authentication \(authentication.rawValue) doesn't verify certificates, so anyone can have an"
                    + " allowed name: use RequireAndVerifyClientCert")
        }
        // Sound: the policy lives as long as the SSL_CTX, which is longer than any handshake of its sessions.
        let policy = Unmanaged.passRetained(ClientCertificatePolicy(configuration))
        guard SSL_CTX_set_ex_data(handle, policyIndex, policy.toOpaque()) == 1 else {
            policy.release()
            throw .library(call: "SSL_CTX_set_ex_data", reason: takeOpenSSLError())
        }
        SSL_CTX_set_cert_verify_callback(
            handle,
            { store, policy in
                Unmanaged<ClientCertificatePolicy>.fromOpaque(policy!).takeUnretainedValue().accepts(store!) ? 1 : 0
            }, policy.toOpaque())
    }
}

/// Where an `SSL_CTX` keeps its policy; what stands there is released with it.
private let policyIndex = CRYPTO_get_ex_new_index(
    CRYPTO_EX_INDEX_SSL_CTX, 0, nil, nil, nil,
    { _, policy, _, _, _, _ in
        // Sound: `askClients` retained it for this; contexts without a policy have null here.
        if let policy { Unmanaged<ClientCertificatePolicy>.fromOpaque(policy).release() }
    })

private func validityWarning(_ certificate: OpaquePointer, _ path: String) -> String? {
    let end = X509_get0_notAfter(certificate)
    let start = X509_get0_notBefore(certificate)
    if X509_cmp_current_time(end) < 0 {
        return "a certificate in '\(path)' expired at \(text(end)), so clients won't accept it: renew it"
    }
    if X509_cmp_current_time(start) > 0 {
        return "a certificate in '\(path)' isn't valid before \(text(start)), so clients won't accept it yet"
    }
    return nil
}

/// A time as in RFC 3339.
private func text(_ time: UnsafePointer<ASN1_TIME>?) -> String {
    var parts = tm()
    ASN1_TIME_to_tm(time, &parts)
    var text = [CChar](repeating: 0, count: 32)
    strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
