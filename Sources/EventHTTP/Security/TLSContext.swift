internal import CLibevent
internal import COpenSSL
internal import Glibc

/// What new connections speak TLS with. May be used from any thread.
final class TLSContext: Sendable {
    private let configuration: TLSConfiguration
    private let state: Lock<State>

    private struct State {
        var context: OpenSSLContext
        /// The configuration's files when they were last read, or when that was last tried.
        var files: [FileIdentity?]
    }

    /// Reads the configuration's files.
    init(_ configuration: TLSConfiguration) throws(TLSError) {
        // Before they are read: what changes meanwhile counts as changed.
        let files = configuration.fileIdentities
        self.configuration = configuration
        state = Lock(State(context: try OpenSSLContext(configuration), files: files))
    }

    /// What isn't wrong but deserves a line in the log, such as a certificate that has expired. May change when the
    /// files are read again.
    var warnings: [String] { state.withLock { $0.context }.warnings }

    /// Reads all files again. Connections that are accepted from now on get what they hold; those that are open keep
    /// what they have. When it throws, everything stays as it was.
    func reload() throws(TLSError) { try load(configuration.fileIdentities) }

    /// Does the same, if a file is another one than when it was last read or tried: a broken file is reported once.
    /// Costs a system call per file, as a rule.
    ///
    /// - Returns: whether there was something new.
    func reloadIfChanged() throws(TLSError) -> Bool {
        let files = configuration.fileIdentities
        guard files != state.withLock({ $0.files }) else { return false }
        try load(files)
        return true
    }

    private func load(_ files: [FileIdentity?]) throws(TLSError) {
        state.withLock { $0.files = files }
        let context = try OpenSSLContext(configuration)
        state.withLock { $0.context = context }
    }

    /// Makes the bufferevent of a connection that will be accepted. It speaks TLS as soon as it is given the
    /// connection's descriptor, and closes that when it is freed, or rather in the turn of the loop after that. evhttp
    /// leaves the descriptor of a bufferevent with `BEV_OPT_CLOSE_ON_FREE` to it.
    ///
    /// - Returns: `nil` when memory is short. Never hand that to evhttp: it would speak HTTP without TLS.
    func makeBufferevent(on base: OpaquePointer) -> OpaquePointer? {
        guard let session = state.withLock({ $0.context }).makeSession() else { return nil }
        // Owns the session from here on, even if this fails: without BEV_OPT_CLOSE_ON_FREE nobody would free it.
        let bufferevent = bufferevent_openssl_socket_new(
            base, -1, session, BUFFEREVENT_SSL_ACCEPTING, Int32(BEV_OPT_CLOSE_ON_FREE.rawValue))
        // HTTP's own framing tells whether a message is whole, and many clients leave without close_notify.
        if let bufferevent { bufferevent_openssl_set_allow_dirty_shutdown(bufferevent, 1) }
        return bufferevent
    }

    /// Tells the client that nothing more will come (close_notify, RFC 8446 §6.1), unless something still waits to be
    /// sent. To be called on the connection's loop before its bufferevent is freed; does nothing to a plain one.
    static func sendCloseNotify(on bufferevent: OpaquePointer) {
        guard let session = bufferevent_openssl_get_ssl(bufferevent),
            evbuffer_get_length(bufferevent_get_output(bufferevent)) == 0
        else { return }
        ERR_clear_error()
        // Refused by OpenSSL itself before the handshake has ended and after a failure.
        SSL_shutdown(session)
        ERR_clear_error()
    }

    /// Answers a client that spoke HTTP without TLS, past the bufferevent; see ``TLSFailure/isPlainHTTP``. To be called
    /// as ``sendCloseNotify(on:)``. Never waits: a client whose socket is full gets no answer.
    static func answerWithoutTLS(_ response: UnsafeRawBufferPointer, on bufferevent: OpaquePointer) {
        let descriptor = bufferevent_getfd(bufferevent)
        // OpenSSL took the request's first bytes only. What stays unread would turn the close into a reset, which may
        // destroy the answer.
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) {
            _ = recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        _ = send(descriptor, response.baseAddress, response.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    }
}

/// What tells one state of a file from another.
struct FileIdentity: Equatable {
    private let numbers: [Int]

    /// `nil` if there is no such file.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        numbers = [
            Int(status.st_dev), Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
    }
}

extension TLSConfiguration {
    fileprivate var fileIdentities: [FileIdentity?] {
        [certificate, key, clientAuthorities].map { $0.flatMap(FileIdentity.init) }
    }
}
