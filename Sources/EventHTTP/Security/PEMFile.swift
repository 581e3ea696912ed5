internal import COpenSSL
internal import Glibc

/// A file in PEM (RFC 7468), open for one reading.
struct PEMFile: ~Copyable {
    private let file: TLSError.File
    private let path: String
    private let source: OpaquePointer

    init(_ file: TLSError.File, path: String) throws(TLSError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .unreadable(file, path: path, code: errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw .unreadable(file, path: path, code: EISDIR) }
        guard let source = BIO_new_file(path, "r") else {
            let code = errno
            ERR_clear_error()
            throw .unreadable(file, path: path, code: code)
        }
        self.file = file
        self.path = path
        self.source = source
    }

    deinit { BIO_free(source) }

    /// Visits the certificates, each valid during its visit; there is at least one.
    consuming func forEachCertificate(_ visit: (OpaquePointer) throws(TLSError) -> Void) throws(TLSError) {
        var isEmpty = true
        while let certificate = PEM_read_bio_X509(source, nil, nil, nil) {
            defer { X509_free(certificate) }
            isEmpty = false
            try visit(certificate)
        }
        // Reading ends with an error either way.
        let code = ERR_peek_last_error()
        let reason = takeOpenSSLError()
        guard ERR_GET_LIB(code) == ERR_LIB_PEM, ERR_GET_REASON(code) == PEM_R_NO_START_LINE else {
            throw .malformed(file, path: path, reason: reason)
        }
        if isEmpty { throw .notPEM(file, path: path) }
    }

    /// The private key, which the caller frees.
    consuming func privateKey() throws(TLSError) -> OpaquePointer {
        var isEncrypted = false
        let key = PEM_read_bio_PrivateKey(
            source, nil,
            { _, _, _, asked in
                // Without this, OpenSSL would ask on the terminal.
                asked?.assumingMemoryBound(to: Bool.self).pointee = true
                return -1
            }, &isEncrypted)
        if let key { return key }
        let code = ERR_peek_last_error()
        let reason = takeOpenSSLError()
        if isEncrypted { throw .encryptedKey(path: path) }
        if ERR_GET_LIB(code) == ERR_LIB_PEM, ERR_GET_REASON(code) == PEM_R_NO_START_LINE {
            throw .notPEM(file, path: path)
        }
        throw .malformed(file, path: path, reason: reason)
    }
}
