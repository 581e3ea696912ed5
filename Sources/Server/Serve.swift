internal import ArgumentParser
internal import PrometheusMetrics

struct Serve: AsyncParsableCommand, ServingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the application and its metrics (the default).",
        discussion: """
            Every option can be given by an environment variable as well; the command line wins.
            """
    )

    static let defaultAddress = "127.0.0.1:5000"
    static let pagePolicy: String? = nil

    @OptionGroup(title: "Work") var work: WorkOptions
    @OptionGroup var serving: ServingOptions<Serve>

    func run() async throws {
        let registry = MetricsRegistry()
        let logger = try serving.logging.logger("server")
        let application = try Application(registry: registry, logger: logger, work: work.work())
        try await serving.serve(
            application.router, registry: registry, observers: [application.metrics], logger: logger)
    }
}
