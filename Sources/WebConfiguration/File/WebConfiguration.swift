public import EventHTTP

/// How a server is reached: TLS, header fields of its responses, and users, from a file in the format of Prometheus'
/// exporter toolkit.
///
/// The format: https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md. Every file that is
/// taken here means the same there, except that HTTP/2 isn't spoken here, so that `http2` has no effect, and that naming
/// cipher suites of TLS 1.3 leaves the others out. These are refused with a message although the toolkit takes them:
///
/// - certificates and keys within the file (`cert`, `key`, `client_ca`): name files instead;
/// - TLS 1.0 and 1.1 (`TLS10`, `TLS11`);
/// - `rate_limit`, unless it is switched off;
/// - hashes whose check takes more than some seconds, see ``BcryptHash/maximumCost``;
/// - what would silently leave a server open: settings of TLS without a certificate, client certificates that are to be
///   verified without `client_ca_file`, names of clients where no certificate is asked for, a second YAML document.
///
/// Reading it doesn't open the files that it names.
public struct WebConfiguration: Sendable {
    /// How TLS is spoken; `nil` for none.
    public let tls: TLSConfiguration?
    /// Fields to be added to every response, in the file's order.
    public let headers: [(name: String, value: String)]
    /// The users that are let in, by name; empty for everybody.
    public let users: [String: BcryptHash]

    /// The size of a file at most, in bytes: 1 MiB.
    static let maximumSize = 1 << 20

    /// Reads a file. An empty one asks for nothing: no TLS, no users.
    ///
    /// - Parameter path: paths within the file are relative to its folder.
    public init(contentsOf path: String) throws(WebConfigurationError) {
        try self.init(yaml: ConfigurationFile.read(path), path: path)
    }

    /// Reads what would be in a file.
    ///
    /// - Parameters:
    ///   - yaml: the content.
    ///   - path: what errors call the file, and what relative paths within it are relative to: its folder.
    public init(yaml: [UInt8], path: String) throws(WebConfigurationError) {
        guard let document = try ConfigurationFile.parse(yaml, path: path) else {
            tls = nil
            headers = []
            users = [:]
            return
        }
        let sections = try document.settings([
            "tls_server_config", "http_server_config", "basic_auth_users", "rate_limit",
        ])
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        tls = try sections["tls_server_config"].flatMap { section throws(WebConfigurationError) in
            try TLSConfiguration(section, folder: folder)
        }
        headers = try Self.headers(sections["http_server_config"])
        users = try Self.users(sections["basic_auth_users"])
        try Self.refuseRateLimit(sections["rate_limit"])
    }
}
