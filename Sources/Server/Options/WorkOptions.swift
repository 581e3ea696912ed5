internal import ArgumentParser

/// What the application does.
struct WorkOptions: ParsableArguments {
    @Option(help: "Least simulated work of a request, such as 100ms. SERVER_WORK_MIN. (default: 100ms)")
    var workMin: DurationArgument?

    @Option(help: "Most simulated work of a request; 0s for none. SERVER_WORK_MAX. (default: 500ms)")
    var workMax: DurationArgument?

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
