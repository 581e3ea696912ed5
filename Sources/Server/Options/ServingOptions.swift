internal import ArgumentParser
internal import EventHTTP
internal import Glibc
internal import Logging
internal import Observability
internal import PrometheusMetrics

/// A command that serves, in what it differs from others that do.
protocol ServingCommand {
    /// Where it listens unless it is told.
    static var defaultAddress: String { get }
    /// What a browser may do with its pages, as a Content-Security-Policy; `nil` for a service without pages.
    static var pagePolicy: String? { get }
}

/// What every command that serves can be told.
struct ServingOptions<Command: ServingCommand>: ParsableArguments {
    @OptionGroup(title: "Addresses") var listening: ListenOptions<Command>
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup(title: "Deadlines") var deadlines: DeadlineOptions
    @OptionGroup(title: "Security") var security: SecurityOptions
    @OptionGroup var logging: LogOptions

    @Option(help: "Event loops, one thread each. SERVER_WORKERS. (default: the usable cores)")
    var workers: Int?

    @Option(
        help: ArgumentHelp(
            "Scrapes of /metrics at once; others are answered with 503. SERVER_MAX_SCRAPES. "
                + "(default: \(MetricsEndpoint.defaultConcurrentScrapes))"))
    var maxScrapes: Int?

    /// Serves a router beside its metrics and health, until a signal ends it.
    ///
    /// - Parameters:
    ///   - registry: where the server's metrics go, beside the service's own.
    ///   - observers: what else watches the service.
    func serve(
        _ router: Router, registry: MetricsRegistry, observers: [any ServerObserver] = [], logger: Logger
    ) async throws {
        let metricsAddresses = listening.metricsAddresses
        let service = try ObservedService(
            router, observers: observers, registry: registry, maximumScrapes: scrapes(),
            separatesMetrics: !metricsAddresses.isEmpty)
        var server = HTTPServer(
            service.router, listen: listening.addresses, loops: try loops(), draining: try deadlines.draining(),
            limits: try limits.limits(), deadlines: try deadlines.deadlines(), logger: logger
        )
        .observed(by: service.observers)
        if !metricsAddresses.isEmpty {
            server = server.listening(on: metricsAddresses, serving: service.metricsRouter)
        }
        raiseDescriptorLimit()
        try await security.securing(server, pagePolicy: Command.pagePolicy, logger: logger).run()
    }

    private func loops() throws -> Int {
        try Environment.number(workers, option: "workers", in: 1...1024) ?? HTTPServer.usableCores
    }

    private func scrapes() throws -> Int {
        try Environment.number(maxScrapes, option: "max-scrapes", in: 1...1024)
            ?? MetricsEndpoint.defaultConcurrentScrapes
    }

    /// The usual soft limit of 1,024 open files is there for select(2), which isn't used here.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit)
    }
}
