internal import ArgumentParser
internal import Glibc

/// Where the server listens.
struct ListenOptions<Command: ServingCommand>: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Address to listen on, repeatable: HOST:PORT, [::1]:5000 for IPv6, or unix:PATH. SERVER_LISTEN, separated by "
                + "commas. (default: the sockets of LISTEN_FDS, or \(Command.defaultAddress))",
            valueName: "address"))
    var listen: [String] = []

    @Option(
        help: ArgumentHelp(
            "Address for /metrics and health, repeatable; /metrics is then served nowhere else. SERVER_METRICS_LISTEN, "
                + "separated by commas. (default: none)",
            valueName: "address"))
    var metricsListen: [String] = []

    var addresses: [String] {
        Environment.list(listen, option: "listen") ?? Self.inheritedSockets ?? [Command.defaultAddress]
    }

    var metricsAddresses: [String] { Environment.list(metricsListen, option: "metrics-listen") ?? [] }

    /// The sockets that a supervisor has passed on, from descriptor 3 (sd_listen_fds(3)).
    private static var inheritedSockets: [String]? {
        guard Environment.text("LISTEN_PID").flatMap(pid_t.init) == getpid(),
            let count = Environment.text("LISTEN_FDS").flatMap(Int.init), (1...1024).contains(count)
        else { return nil }
        return (3..<(3 + count)).map { "fd:\($0)" }
    }
}
