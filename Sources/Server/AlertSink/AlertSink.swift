internal import ArgumentParser
internal import PrometheusMetrics

struct AlertSink: AsyncParsableCommand, ServingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Receive Alertmanager's notifications, and show and count what arrived.",
        discussion: """
            Alertmanager posts to /alerts, by a receiver with webhook_configs: [{url: http://HOST:5001/alerts}]. A page at \
            / shows what fires and what came, GET /alerts gives the same as JSON (?alertname=…, ?status=firing|resolved). \
            All of it is in memory and gone when the sink ends.

            Every option can be given by an environment variable as well; the command line wins.
            """
    )

    static let defaultAddress = "127.0.0.1:5001"
    static let pagePolicy: String? =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    @Option(help: "Notifications to keep, the newest. SERVER_KEEP. (default: 200)")
    var keep: Int?

    @Option(
        help: ArgumentHelp(
            "Bytes of memory for them, and once more for the alerts that fire. SERVER_KEEP_BYTES. (default: 4MiB)"))
    var keepBytes: ByteCountArgument?

    @Option(
        help: ArgumentHelp(
            "A folder of Markdown files: NAME.md is shown at /runbooks/NAME. Read at the start. SERVER_RUNBOOKS. "
                + "(default: none)",
            valueName: "path"))
    var runbooks: String?

    @OptionGroup var serving: ServingOptions<AlertSink>

    func run() async throws {
        let logger = try serving.logging.logger("alert-sink")
        let registry = MetricsRegistry()
        let bytes = try Environment.value(keepBytes, option: "keep-bytes")?.bytes
        let history = AlertHistory(
            maximumCount: try Environment.number(keep, option: "keep", in: 1...10_000) ?? 200,
            maximumBytes: try Environment.number(bytes, option: "keep-bytes", in: 1...(1 << 30)) ?? 4 << 20)
        let folder = try Environment.value(runbooks, option: "runbooks")
        let receiver = try AlertReceiver(
            registry: registry, logger: logger, history: history,
            runbooks: try folder.map { try Runbooks(folder: $0) } ?? Runbooks())
        try await serving.serve(receiver.router, registry: registry, logger: logger)
    }
}
