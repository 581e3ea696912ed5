internal import Foundation

/// Certificates for tests of TLS, made by the `openssl` program once per process, in a folder that goes with it.
public struct TestCertificates: Sendable {
    /// Whose certificate it is, and for all but the last the private key to it.
    public enum Owner: String, Sendable {
        /// Signs all others but `stranger`.
        case authority
        /// Signed by `authority`, signs `nested`.
        case intermediate
        /// For localhost.
        case server
        /// The same with a newer key.
        case renewed
        /// The same with an RSA key.
        case rsa
        /// The same, signed by `intermediate`, which is in the file too.
        case chained
        /// The same, no longer valid.
        case expired
        /// The same with an RSA key of 1024 bits.
        case short
        /// For clients, with names of every kind: see ``TestCertificates/clientNames``.
        case client
        /// For clients, no longer valid.
        case expiredClient
        /// For clients, signed by `intermediate`.
        case nested
        /// For clients, signed by an authority that nobody knows.
        case stranger
        /// The key of `server`, with a passphrase.
        case encrypted
    }

    public static let clientNames = [
        "client.example", "robot@example.org", "10.1.2.3", "fd00::17", "spiffe://example.org/robot",
    ]

    /// - Throws: when `openssl` can't make them.
    public static var shared: TestCertificates { get throws { try made.get() } }

    private static let made = Result { try TestCertificates() }

    private let folder: URL

    public func certificate(_ owner: Owner) -> String { path("\(owner.rawValue).pem") }

    public func key(_ owner: Owner) -> String { path("\(owner.rawValue).key") }

    /// The path of a file in the folder.
    public func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Writes a file of a test's own and returns its path.
    public func write(_ text: String) throws -> String {
        let path = path(UUID().uuidString)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// Copies a file to a path of a test's own and returns that.
    public func copy(_ path: String) throws -> String { try write(String(contentsOfFile: path, encoding: .utf8)) }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        atexit { if let made = try? TestCertificates.shared { try? FileManager.default.removeItem(at: made.folder) } }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-euc", Self.script]
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw TestFailure("no certificates: \(String(decoding: printed, as: UTF8.self))")
        }
    }

    private static let script = """
        ec() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }
        rsa() { openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:$2 -out $1.key; }
        # authority NAME
        authority() {
          ec $1
          openssl req -x509 -new -key $1.key -out $1.pem -subj "/CN=$1" -days 30 \
            -addext keyUsage=critical,keyCertSign
        }
        # signed NAME ISSUER DAYS EXTENSION...
        signed() {
          name=$1 issuer=$2 days=$3
          shift 3
          printf '%s\\n' "$@" > $name.extensions
          openssl req -new -key $name.key -subj "/CN=$name" -out $name.request
          openssl x509 -req -in $name.request -CA $issuer.pem -CAkey $issuer.key -days $days \
            -extfile $name.extensions -out $name.pem
        }
        server() { signed $1 $2 $3 subjectAltName=DNS:localhost extendedKeyUsage=serverAuth; }
        client() { signed $1 $2 $3 subjectAltName=DNS:$1.example extendedKeyUsage=clientAuth; }

        authority authority
        authority other
        ec intermediate
        signed intermediate authority 30 basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign
        ec server; server server authority 30
        ec renewed; server renewed authority 30
        rsa rsa 2048; server rsa authority 30
        ec chained; server chained intermediate 30; cat intermediate.pem >> chained.pem
        ec expired; server expired authority -1
        rsa short 1024; server short authority 30
        ec client
        signed client authority 30 extendedKeyUsage=clientAuth \
          subjectAltName=DNS:client.example,email:robot@example.org,IP:10.1.2.3,IP:fd00::17,URI:spiffe://example.org/robot
        ec expiredClient; client expiredClient authority -1
        ec nested; client nested intermediate 30
        ec stranger; client stranger other 30
        openssl pkey -in server.key -aes256 -passout pass:secret -out encrypted.key
        """
}
