internal import COpenSSL

/// An `SSL_CTX`, made from a configuration and constant from then on.
// Sound: nothing changes after `init`, and OpenSSL lets several threads make sessions from one context.
final class OpenSSLContext: @unchecked Sendable {
    let handle: OpaquePointer
    /// What isn't wrong but deserves attention. Added to by `init` only.
    var warnings: [String] = []

    init(_ configuration: TLSConfiguration) throws(TLSError) {
        try configuration.check()
        ERR_clear_error()
        guard let handle = SSL_CTX_new(TLS_server_method()) else {
            throw .library(call: "SSL_CTX_new", reason: takeOpenSSLError())
        }
        self.handle = handle
        try applySettings(configuration)
        try useIdentity(configuration)
        try askClients(configuration)
    }

    deinit { SSL_CTX_free(handle) }

    /// A session for one connection. It keeps the `SSL_CTX` alive, and the caller frees it.
    func makeSession() -> OpaquePointer? { withExtendedLifetime(self) { SSL_new(handle) } }

    private func applySettings(_ configuration: TLSConfiguration) throws(TLSError) {
        // 112 bits and no SHA-1, whatever the system's default is.
        SSL_CTX_set_security_level(handle, 2)
        // Never SSL_MODE_ENABLE_PARTIAL_WRITE: libevent 2.1 goes on with the next piece as if all of this one had been
        // written.
        sightline_set_modes(handle, Int(SSL_MODE_RELEASE_BUFFERS))
        // A client that leaves without close_notify is no error; allow_dirty_shutdown alone doesn't see to that since
        // OpenSSL 3.
        var options =
            sightline_op_no_compression | sightline_op_no_renegotiation | sightline_op_ignore_unexpected_eof
        if configuration.prefersServerCipherSuites {
            options |= sightline_op_cipher_server_preference | sightline_op_prioritize_chacha
        }
        // Tickets make repeated handshakes cheap and need no memory here.
        sightline_set_session_cache(handle, Int(SSL_SESS_CACHE_OFF))
        if configuration.clientAuthentication != .none {
            // A resumed session would let in a certificate that has expired meanwhile.
            options |= sightline_op_no_ticket
            SSL_CTX_set_num_tickets(handle, 0)
        }
        SSL_CTX_set_options(handle, options)
        try applyCipherSuites(configuration)
        if !configuration.curves.isEmpty {
            let groups = configuration.curves.compactMap { name in TLSNames.curves.first { $0.name == name }?.group }
            guard sightline_set_groups(handle, groups.joined(separator: ":")) == 1 else {
                throw .library(call: "SSL_CTX_set1_groups_list", reason: takeOpenSSLError())
            }
        }
        SSL_CTX_set_alpn_select_cb(handle, selectProtocol, nil)
    }

    private func applyCipherSuites(_ configuration: TLSConfiguration) throws(TLSError) {
        let chosen = configuration.cipherSuites
        let forTLS12 =
            chosen.isEmpty ? TLSNames.defaultTLS12CipherSuites : chosen.filter(TLSNames.tls12CipherSuites.contains)
        let forTLS13 = chosen.filter(TLSNames.tls13CipherSuites.contains)
        // With no cipher suite for it, TLS 1.2 isn't spoken.
        let minimum = forTLS12.isEmpty ? .tls13 : configuration.minimumVersion
        guard minimum <= configuration.maximumVersion else { throw .cipherSuitesNeedTLS13 }
        guard sightline_set_versions(handle, minimum.number, configuration.maximumVersion.number) == 1,
            forTLS12.isEmpty || SSL_CTX_set_cipher_list(handle, TLSNames.cipherList(forTLS12)) == 1,
            forTLS13.isEmpty || SSL_CTX_set_ciphersuites(handle, TLSNames.cipherList(forTLS13)) == 1
        else { throw .library(call: "SSL_CTX_set_cipher_list", reason: takeOpenSSLError()) }
    }
}

extension TLSConfiguration {
    /// Finds the mistakes that can be found without reading a file.
    fileprivate func check() throws(TLSError) {
        guard minimumVersion <= maximumVersion else { throw .minimumAboveMaximum }
        for name in cipherSuites where !TLSNames.cipherSuites.contains(name) { throw .unknownCipherSuite(name) }
        for name in curves where !TLSNames.curves.contains(where: { $0.name == name }) { throw .unknownCurve(name) }
        if clientAuthentication.verifies, clientAuthorities == nil {
            throw .missingClientAuthorities(clientAuthentication)
        }
        if clientAuthentication == .none, clientAuthorities != nil || !clientAllowedNames.isEmpty {
            throw .missingClientAuthentication
        }
    }
}

/// Chooses `http/1.1` among the protocols that a client offers (ALPN, RFC 7301). A client that offers others only is
/// turned away with `no_application_protocol`.
private func selectProtocol(
    _: OpaquePointer?, selected: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, length: UnsafeMutablePointer<UInt8>?,
    offered: UnsafePointer<UInt8>?, count: UInt32, _: UnsafeMutableRawPointer?
) -> Int32 {
    // Sound: OpenSSL lends the offer, a sequence of names behind their lengths, for as long as it uses the choice.
    let offer = UnsafeBufferPointer(start: offered, count: Int(count))
    var index = 0
    while index < offer.count {
        let name = offer[(index + 1)...].prefix(Int(offer[index]))
        if name.elementsEqual("http/1.1".utf8) {
            selected?.pointee = offered?.advanced(by: name.startIndex)
            length?.pointee = UInt8(name.count)
            return SSL_TLSEXT_ERR_OK
        }
        index = name.endIndex
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}

extension TLSConfiguration.Version {
    fileprivate var number: Int32 { self == .tls12 ? TLS1_2_VERSION : TLS1_3_VERSION }
}
