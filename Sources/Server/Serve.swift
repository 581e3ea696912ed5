internal import ArgumentParser
internal import EventHTTP
internal import Glibc
internal import Logging
internal import PrometheusMetrics

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the application and its metrics (the default).",
        discussion: """
            Every option can be given by an environment variable as well; the command line wins.
            """
    )

    @OptionGroup(title: "Addresses") var listening: ListenOptions
    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup(title: "Deadlines") var deadlines: DeadlineOptions
    @OptionGroup(title: "Security") var security: SecurityOptions

    @Option(
        help: ArgumentHelp(
            "The least severe messages to log: trace, debug, info, notice, warning, error or critical. SERVER_LOG_LEVEL. "
                + "(default: info)"))
    var logLevel: LogLevelArgument?

    func run() async throws {
        var logger = Logger(label: "server")
        if let level = try Environment.value(logLevel, option: "log-level") { logger.logLevel = level.level }
        let metricsAddresses = listening.metricsAddresses
        let application = try Application(
            registry: MetricsRegistry(), logger: logger, work: work.work(), maximumScrapes: work.scrapes(),
            separatesMetrics: !metricsAddresses.isEmpty)
        var server = HTTPServer(
            application.router, listen: listening.addresses, loops: try work.loops(),
            draining: try deadlines.draining(), limits: try limits.limits(), deadlines: try deadlines.deadlines(),
            logger: logger
        )
        .observed(by: application.observers)
        if !metricsAddresses.isEmpty {
            server = server.listening(on: metricsAddresses, serving: application.metricsRouter)
        }
        raiseDescriptorLimit()
        try await security.securing(server, logger: logger).run()
    }

    /// The usual soft limit of 1,024 open files is there for select(2), which isn't used here.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// The severity of log messages.
struct LogLevelArgument: ExpressibleByArgument {
    let level: Logger.Level

    init?(argument: String) {
        guard let level = Logger.Level(rawValue: argument.lowercased()) else { return nil }
        self.level = level
    }
}
