internal import ArgumentParser
internal import EventHTTP
internal import Glibc
internal import Logging
internal import Observability
internal import PrometheusMetrics

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the application and its metrics (the default).",
        discussion: """
            Every option can be given by an environment variable as well; the command line wins.
            """
    )

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Address to listen on, repeatable; [::1]:5000 for IPv6. SERVER_LISTEN, separated by commas. "
                + "(default: 127.0.0.1:5000)",
            valueName: "host:port"))
    var listen: [String] = []

    @Option(help: ArgumentHelp("Event loops, one thread each. SERVER_WORKERS. (default: the usable cores)"))
    var workers: Int?

    @Option(help: ArgumentHelp("Least simulated work of a request, such as 100ms. SERVER_WORK_MIN. (default: 100ms)"))
    var workMin: DurationArgument?

    @Option(help: ArgumentHelp("Most simulated work of a request; 0s for none. SERVER_WORK_MAX. (default: 500ms)"))
    var workMax: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "Scrapes of /metrics at once; others are answered with 503. SERVER_MAX_SCRAPES. "
                + "(default: \(MetricsEndpoint.defaultConcurrentScrapes))"))
    var maxScrapes: Int?

    static let defaultAddress = "127.0.0.1:5000"

    func run() async throws {
        let settings = try settings()
        raiseDescriptorLimit()
        let registry = MetricsRegistry()
        let application = try Application(
            registry: registry, work: settings.work, maximumScrapes: settings.maximumScrapes)
        try await HTTPServer(
            application.router, listen: settings.listen, loops: settings.workers, logger: application.logger
        )
        .observed(by: application.observers)
        .run()
    }

    struct Settings {
        var listen: [String]
        var workers: Int
        var work: ClosedRange<Duration>
        var maximumScrapes: Int
    }

    /// The command line, completed by the environment and the defaults.
    func settings() throws -> Settings {
        let addresses =
            listen.isEmpty ? Environment.list("SERVER_LISTEN") ?? [Self.defaultAddress] : listen
        let workers = try workers ?? Environment.value("SERVER_WORKERS") ?? HTTPServer.usableCores
        guard (1...1024).contains(workers) else {
            throw ValidationError("--workers is \(workers); give a number from 1 to 1024")
        }
        let least = try workMin ?? Environment.value("SERVER_WORK_MIN")
        let most = try workMax ?? Environment.value("SERVER_WORK_MAX")
        // One bound alone moves the other out of its way where that one is a mere default.
        let lower = least?.duration ?? min(.milliseconds(100), most?.duration ?? .milliseconds(100))
        let upper = most?.duration ?? max(.milliseconds(500), lower)
        guard lower <= upper else {
            throw ValidationError("--work-min (\(lower)) is more than --work-max (\(upper))")
        }
        let scrapes =
            try maxScrapes ?? Environment.value("SERVER_MAX_SCRAPES") ?? MetricsEndpoint.defaultConcurrentScrapes
        guard (1...1024).contains(scrapes) else {
            throw ValidationError("--max-scrapes is \(scrapes); give a number from 1 to 1024")
        }
        return Settings(listen: addresses, workers: workers, work: lower...upper, maximumScrapes: scrapes)
    }

    /// The usual soft limit of 1,024 open files is there for select(2), which isn't used here.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit)
    }
}
