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
        let error = takeError()
        guard !isEmpty, case .notPEM = error else { throw error }
    }

    /// The private key, which the caller frees.
    consuming func privateKey() throws(TLSError) -> OpaquePointer {
        var isEncrypted = false
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        var label: UnsafeMutablePointer<CChar>?
        let found = PEM_bytes_read_bio(
            &bytes, &count, &label, PEM_STRING_EVP_PKEY, source,
            { _, _, _, asked in
                // Without this, OpenSSL would ask on the terminal.
                asked?.assumingMemoryBound(to: Bool.self).pointee = true
                return -1
            }, &isEncrypted)
        defer {
            CRYPTO_clear_free(bytes, count, #file, #line)
            CRYPTO_free(label, #file, #line)
        }
        // Older forms are decrypted on reading, PKCS #8 isn't.
        if isEncrypted || label.map({ String(cString: $0) }) == PEM_STRING_PKCS8 {
            ERR_clear_error()
            throw .encryptedKey(path: path)
        }
        guard found == 1 else { throw takeError() }
        var next = UnsafePointer(bytes)
        guard let key = d2i_AutoPrivateKey(nil, &next, count) else { throw takeError() }
        return key
    }

    private borrowing func takeError() -> TLSError {
        let code = ERR_peek_last_error()
        let reason = takeOpenSSLError()
        return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE
            ? .notPEM(file, path: path) : .malformed(file, path: path, reason: reason)
    }
}
