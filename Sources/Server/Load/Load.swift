internal import ArgumentParser
internal import Logging

struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a running server a steady and bounded stream of requests, with phases of errors and slowness.",
        discussion: """
            Five phases of equal length come round: calm, errors, calm, slow, calm. While all is calm, requests ask for /; \
            in a phase of errors a share of them asks for /error, in a slow one for /slow. Each request has a connection \
            of its own, to one of the addresses that the target's name has then. A target that is away is asked again \
            and again. SIGTERM ends it at once.

            Every option can be given by an environment variable as well; the command line wins.
            """
    )

    @Option(
        help: ArgumentHelp(
            "Where to send requests, repeatable; targets take turns. Plain http only. SERVER_TARGET, separated by commas. "
                + "(default: \(Self.defaultTarget))",
            valueName: "url"))
    var target: [String] = []

    @Option(help: "Requests per second, at most 1000. SERVER_RATE. (default: 10)")
    var rate: Int?

    @Option(help: "The share of /error in a phase of errors, from 0 to 1. SERVER_ERROR_SHARE. (default: 0.25)")
    var errorShare: Double?

    @Option(help: "The share of /slow in a slow phase, from 0 to 1. SERVER_SLOW_SHARE. (default: 0.25)")
    var slowShare: Double?

    @Option(help: "How long a phase is, such as 60s. SERVER_PHASE. (default: 60s)")
    var phase: DurationArgument?

    @Option(help: "Requests in flight at most; others that are due are skipped. SERVER_CONCURRENCY. (default: 100)")
    var concurrency: Int?

    @Option(help: "How long to go on. SERVER_DURATION. (default: until a signal comes)")
    var duration: DurationArgument?

    @OptionGroup var logging: LogOptions

    private static let defaultTarget = "http://127.0.0.1:5000"

    func run() throws {
        let logger = try logging.logger("load")
        let schedule = try schedule()
        let concurrency = try Environment.number(concurrency, option: "concurrency", in: 1...10_000) ?? 100
        let duration = try Environment.value(duration, option: "duration")?.duration
        let urls = Environment.list(target, option: "target") ?? [Self.defaultTarget]
        let targets = try urls.map { try LoadTarget($0, logger: logger) }
        let run = LoadRun(schedule, targets: targets, concurrency: concurrency, logger: logger)
        run.run(for: duration, until: EndingSignals())
    }

    private func schedule() throws -> LoadSchedule {
        let phaseLength = try Environment.value(phase, option: "phase")?.duration ?? .seconds(60)
        guard phaseLength > .zero else { throw ValidationError("--phase is 0; give more, such as 60s") }
        return LoadSchedule(
            rate: try Environment.number(rate, option: "rate", in: 1...1000) ?? 10, phaseLength: phaseLength,
            errorShare: try Environment.number(errorShare, option: "error-share", in: 0...1) ?? 0.25,
            slowShare: try Environment.number(slowShare, option: "slow-share", in: 0...1) ?? 0.25)
    }
}
