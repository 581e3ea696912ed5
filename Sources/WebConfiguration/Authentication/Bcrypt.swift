internal import CLibcrypt
internal import COpenSSL
internal import Glibc

/// bcrypt, as libcrypt computes it, with the memory that it works in (32 KiB). For one thread.
struct Bcrypt: ~Copyable {
    private var memory: UnsafeMutableRawPointer?
    private var size: Int32 = 0

    /// What counts of a password at most, in bytes; bcrypt has never looked at more.
    static let passwordBytes = 72

    deinit { free(memory) }

    /// Computes for as long as the hash's cost says. The comparison takes the same time wherever the hashes differ.
    ///
    /// - Parameter password: without the byte 0.
    mutating func matches(_ password: [UInt8], _ hash: BcryptHash) throws(PasswordCheckError) -> Bool {
        // libcrypt computes 2a differently for some passwords, against a flaw that others had long ago; htpasswd and
        // Go don't.
        let setting = Array("$2b".utf8) + hash.text[3..<BcryptHash.digestRange.lowerBound]
        errno = 0
        let result = Self.withCString(password[..<min(password.count, Self.passwordBytes)]) { password in
            Self.withCString(setting[...]) { crypt_ra(password, $0, &memory, &size) }
        }
        guard let result, strlen(result) == hash.text.count else { throw .bcryptFailed(code: errno) }
        return hash.text.withUnsafeBytes { expected in
            let digest = BcryptHash.digestRange
            return CRYPTO_memcmp(result + digest.lowerBound, expected.baseAddress! + digest.lowerBound, digest.count)
                == 0
        }
    }

    private static func withCString<R>(_ bytes: ArraySlice<UInt8>, _ body: (UnsafePointer<CChar>) -> R) -> R {
        (bytes + [0]).withUnsafeBytes { body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
    }
}
