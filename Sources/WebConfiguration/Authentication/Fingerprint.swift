internal import COpenSSL

/// What stands for secrets in memory that is kept: an HMAC (RFC 2104) of SHA-256 whose key is drawn anew by every
/// process and never leaves it.
struct Fingerprint: Hashable, Sendable {
    private let bytes: [UInt8]

    /// The fingerprint as a number, for choosing by.
    var number: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// Makes fingerprints; a microsecond or two each.
    struct Maker: Sendable {
        private let key = Fingerprint.randomBytes(32)

        /// - Parameter parts: their lengths count too, so that no two lists look alike.
        func fingerprint(of parts: [UInt8]...) -> Fingerprint {
            var message: [UInt8] = []
            for part in parts {
                withUnsafeBytes(of: part.count) { message += $0 }
                message += part
            }
            defer { OPENSSL_cleanse(&message, message.count) }
            var digest = [UInt8](repeating: 0, count: 32)
            guard HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &digest, nil) != nil else {
                // An OpenSSL without SHA-256. A fingerprint that equals no other is safe: nothing is found by it.
                return Fingerprint(bytes: Fingerprint.randomBytes(32))
            }
            return Fingerprint(bytes: digest)
        }
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in generator.next() }
    }
}
