internal import ArgumentParser
internal import EventHTTP

struct HealthCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Ask a server whether it is well: exits 0 when it answers with a 2xx status, 1 otherwise.",
        discussion: "A container's health check, without a shell or curl in the image."
    )

    @Argument(help: "What to ask; plain http only.")
    var url = "http://127.0.0.1:5000/healthz"

    func run() throws {
        let status: Int
        do {
            status = try HTTPClient.get(url, timeout: .seconds(3)).status
        } catch {
            throw Failure(description: "\(url): \(error)")
        }
        guard (200...299).contains(status) else { throw Failure(description: "\(url) answered \(status)") }
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
