internal import ArgumentParser
internal import EventHTTP

struct HealthCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Ask a server whether it is well: exits 0 when it answers with a 2xx status, 1 otherwise.",
        discussion: "A container's health check, without a shell or curl in the image."
    )

    @Argument(help: "What to ask; plain http only. (default: /healthz where SERVER_LISTEN says, or on port 5000)")
    var url: String?

    func run() throws {
        let url = url ?? Self.defaultURL
        let status: Int
        do {
            status = try HTTPClient.get(url, timeout: .seconds(3)).status
        } catch {
            throw Failure(description: "\(url): \(error)")
        }
        guard (200...299).contains(status) else { throw Failure(description: "\(url) answered \(status)") }
    }

    /// The server of the same environment, as in a container; where it listens on all addresses, the loopback one.
    private static var defaultURL: String {
        let address = Environment.list([], option: "listen")?.first ?? Serve.defaultAddress
        let reachable =
            if address.hasPrefix("0.0.0.0:") {
                "127.0.0.1" + address.dropFirst("0.0.0.0".count)
            } else if address.hasPrefix("[::]:") {
                "[::1]" + address.dropFirst("[::]".count)
            } else {
                address
            }
        return "http://\(reachable)/healthz"
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
