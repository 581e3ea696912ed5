import Foundation
import TestSupport

/// A client that isn't ours: Python's.
struct TLSClient: Encodable {
    /// A name of Python's `ssl.TLSVersion`; the only one that is spoken.
    var version: String?
    /// A list in OpenSSL's form, for TLS 1.2 and below.
    var ciphers: String?
    var protocols: [String] = []
    /// How much to send and read back on a connection.
    var bytes = 5
    private var certificate: String?
    private var key: String?
    private let authority: String
    /// How many connections to make, one after the other; each tries to resume the session of the one before.
    var repeats = 1

    init(_ owner: TestCertificates.Owner? = nil) throws {
        let certificates = try TestCertificates.shared
        authority = certificates.certificate(.authority)
        if let owner {
            certificate = certificates.certificate(owner)
            key = certificates.key(owner)
        }
    }

    /// Connects, sends some bytes, reads them back and says goodbye, which the server has to return (close_notify).
    ///
    /// - Returns: a line for each connection: the version, the cipher, the protocol, the name of the server that
    ///   answered and whether a session was resumed, or `refused: ` and a reason.
    func talk(to port: UInt16) async throws -> [String] {
        let settings = String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
        let (status, printed) = try await Program.run(
            Program.tool("python3"), ["-W", "ignore", "-c", Self.script, "\(port)", settings])
        guard status == 0 else { throw TestFailure("the client failed: \(printed)") }
        return printed.split(separator: "\n").map(String.init)
    }

    private static let script = """
        import json, random, re, socket, ssl, sys
        port, settings = int(sys.argv[1]), json.loads(sys.argv[2])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(settings["authority"])
        if "version" in settings:
            context.minimum_version = context.maximum_version = ssl.TLSVersion[settings["version"]]
        if "ciphers" in settings:
            context.set_ciphers(settings["ciphers"])
        if settings["protocols"]:
            context.set_alpn_protocols(settings["protocols"])
        if "certificate" in settings:
            context.load_cert_chain(settings["certificate"], settings["key"])
        session = None
        for _ in range(settings["repeats"]):
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
                    with context.wrap_socket(plain, server_hostname="localhost", session=session) as connection:
                        sent = random.Random(0).randbytes(settings["bytes"])
                        connection.sendall(sent)
                        received = bytearray()
                        while len(received) < len(sent):
                            piece = connection.recv(65536)
                            if not piece:
                                raise OSError("closed")
                            received += piece
                        assert received == sent
                        name = dict(pair[0] for pair in connection.getpeercert()["subject"])["commonName"]
                        session = connection.session
                        said = [connection.version(), connection.cipher()[0], connection.selected_alpn_protocol(), name]
                        said += ["resumed"] * connection.session_reused
                        connection.unwrap().close()
                        print(*said)
            except OSError as error:
                print("refused:", re.sub(r"^\\[.*?\\] | \\(_ssl.*", "", str(error)))
        """
}
