internal import ArgumentParser
internal import Logging

/// What is logged.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The least severe messages to log: trace, debug, info, notice, warning, error or critical. SERVER_LOG_LEVEL. "
                + "(default: info)"))
    var logLevel: LogLevelArgument?

    func logger(_ label: String) throws -> Logger {
        var logger = Logger(label: label)
        if let level = try Environment.value(logLevel, option: "log-level") { logger.logLevel = level.level }
        return logger
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
