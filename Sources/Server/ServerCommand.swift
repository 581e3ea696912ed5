internal import ArgumentParser
internal import Glibc

@main
struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Server",
        abstract: "Sightline: an HTTP service that can be observed from its first request.",
        version: Version.current,
        subcommands: [Serve.self, HealthCheck.self, AlertSink.self, Load.self],
        defaultSubcommand: Serve.self
    )

    /// Mistakes of the operator end with one readable line, not with a page of usage.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            let code = exitCode(for: error)
            // Help, the version and exits that were asked for.
            if code.isSuccess || error is ExitCode { exit(withError: error) }
            var line = message(for: error)
            if code == .validationFailure { line += " (see 'Server --help')" }
            let bytes = Array("Server: \(line)\n".utf8)
            _ = write(STDERR_FILENO, bytes, bytes.count)
            Glibc.exit(code.rawValue)
        }
    }
}

enum Version {
    static let current = "0.1.0"
}
