internal import CLibevent
internal import COpenSSL

/// Why a TLS connection broke.
struct TLSFailure {
    /// In OpenSSL's words, such as "no shared cipher".
    let reason: String
    /// Whether the client spoke HTTP without TLS, as far as that can be told: OpenSSL knows GET, HEAD, POST, PUT and
    /// CONNECT by their first bytes.
    let isPlainHTTP: Bool

    /// Takes the errors out of a bufferevent, so that asking again finds none. To be called on its loop, in its event
    /// callback or in evhttp's close callback.
    ///
    /// - Returns: `nil` when TLS has nothing to complain about: the client left, or the bufferevent is a plain one.
    init?(of bufferevent: OpaquePointer) {
        var codes: [UInt] = []
        while case let code = bufferevent_get_openssl_error(bufferevent), code != 0 { codes.append(UInt(code)) }
        // The last one out went in first: what SSL_get_error said. The one before it is where the trouble began.
        guard codes.popLast() == UInt(SSL_ERROR_SSL), let code = codes.last else { return nil }
        let number = ERR_GET_REASON(code)
        let isFromTLS = ERR_GET_LIB(code) == ERR_LIB_SSL
        isPlainHTTP = isFromTLS && (number == SSL_R_HTTP_REQUEST || number == SSL_R_HTTPS_PROXY_REQUEST)
        var reason = openSSLReason(code)
        if isFromTLS, number == SSL_R_CERTIFICATE_VERIFY_FAILED {
            let result = SSL_get_verify_result(bufferevent_openssl_get_ssl(bufferevent))
            reason += ": " + ClientCertificatePolicy.explanation(result)
        }
        self.reason = reason
    }
}

/// What an error code of OpenSSL means.
func openSSLReason(_ code: UInt) -> String {
    ERR_reason_error_string(code).map { String(cString: $0) } ?? "OpenSSL error \(code)"
}

/// What OpenSSL complained about first in this thread. Its list of complaints is empty afterwards.
func takeOpenSSLError() -> String {
    let code = ERR_peek_error()
    ERR_clear_error()
    return code == 0 ? "no reason given" : openSSLReason(code)
}
