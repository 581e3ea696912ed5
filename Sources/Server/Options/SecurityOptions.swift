internal import ArgumentParser
internal import EventHTTP
internal import Logging
internal import WebConfiguration

/// Who is let in, and how.
struct SecurityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "TLS, users and header fields, in the format of Prometheus' exporter toolkit; read again on SIGHUP. "
                + "SERVER_WEB_CONFIG_FILE. (default: none)",
            valueName: "path"))
    var webConfigFile: String?

    @Option(
        help: ArgumentHelp(
            "What the file's users are needed for: all, or metrics alone. SERVER_PROTECT. (default: all)"))
    var protect: Protection?

    @Flag(help: "Send header fields that keep browsers from misusing replies. SERVER_SECURITY_HEADERS.")
    var securityHeaders = false

    enum Protection: String, ExpressibleByArgument, CaseIterable { case all, metrics }

    /// The server as these options want it.
    ///
    /// - Parameter pagePolicy: what a browser may do with the server's pages; one that has pages always sends the header
    ///   fields, for the pages show what strangers wrote.
    func securing(_ server: HTTPServer, pagePolicy: String?, logger: Logger) throws -> HTTPServer {
        var server = server
        let sendsFields = try Environment.flag(securityHeaders, option: "security-headers")
        if sendsFields || pagePolicy != nil {
            server = server.responding(with: SecurityHeaders.fields(policy: pagePolicy ?? SecurityHeaders.noPages))
        }
        let protection = try Environment.value(protect, option: "protect") ?? .all
        guard let path = try Environment.value(webConfigFile, option: "web-config-file") else { return server }
        let configuration = try WebConfiguration(contentsOf: path)
        server = server.responding(with: configuration.headers)
        if let tls = configuration.tls { server = server.secured(by: tls) }
        guard !configuration.users.isEmpty else { return server }
        let authentication = BasicAuthentication(
            realm: "Server", users: configuration.users,
            scope: protection == .all ? .everything : .routes([ObservedService.metricsPath]))
        return server.guarded(by: authentication).reloading {
            do {
                authentication.replaceUsers(try WebConfiguration(contentsOf: path).users)
                logger.info("users were read again")
            } catch {
                logger.error("users stay as they are", metadata: ["error": "\(error)"])
            }
        }
    }
}

/// What a browser should know of replies (OWASP Secure Headers Project).
enum SecurityHeaders {
    /// The Content-Security-Policy of replies that are no pages.
    static let noPages = "default-src 'none'; frame-ancestors 'none'"

    static func fields(policy: String) -> [(name: String, value: String)] {
        [
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", policy),
        ]
    }
}
