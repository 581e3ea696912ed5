internal import ArgumentParser
internal import EventHTTP
internal import Observability

/// What the application does, and with how many threads.
struct WorkOptions: ParsableArguments {
    @Option(help: "Event loops, one thread each. SERVER_WORKERS. (default: the usable cores)")
    var workers: Int?

    @Option(help: "Least simulated work of a request, such as 100ms. SERVER_WORK_MIN. (default: 100ms)")
    var workMin: DurationArgument?

    @Option(help: "Most simulated work of a request; 0s for none. SERVER_WORK_MAX. (default: 500ms)")
    var workMax: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "Scrapes of /metrics at once; others are answered with 503. SERVER_MAX_SCRAPES. "
                + "(default: \(MetricsEndpoint.defaultConcurrentScrapes))"))
    var maxScrapes: Int?

    func loops() throws -> Int {
        try Environment.number(workers, option: "workers", in: 1...1024) ?? HTTPServer.usableCores
    }

    func scrapes() throws -> Int {
        try Environment.number(maxScrapes, option: "max-scrapes", in: 1...1024)
            ?? MetricsEndpoint.defaultConcurrentScrapes
    }

    func work() throws -> ClosedRange<Duration> {
        let least = try Environment.value(workMin, option: "work-min")
        let most = try Environment.value(workMax, option: "work-max")
        // One bound alone moves the other out of its way where that one is a mere default.
        let lower = least?.duration ?? min(.milliseconds(100), most?.duration ?? .milliseconds(100))
        let upper = most?.duration ?? max(.milliseconds(500), lower)
        guard lower <= upper else {
            throw ValidationError("--work-min (\(lower)) is more than --work-max (\(upper))")
        }
        return lower...upper
    }
}
