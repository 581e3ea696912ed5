internal import ArgumentParser
internal import EventHTTP

/// How long clients may take, and how the server ends.
struct DeadlineOptions: ParsableArguments {
    @Option(help: "For the TLS handshake. SERVER_HANDSHAKE_TIMEOUT. (default: 10s)")
    var handshakeTimeout: DurationArgument?

    @Option(help: "For the head of a request; 408 beyond. SERVER_HEADER_TIMEOUT. (default: 10s)")
    var headerTimeout: DurationArgument?

    @Option(help: "For a whole request; 408 beyond. SERVER_REQUEST_TIMEOUT. (default: 30s)")
    var requestTimeout: DurationArgument?

    @Option(help: "Between a reply and the next request. SERVER_IDLE_TIMEOUT. (default: 60s)")
    var idleTimeout: DurationArgument?

    @Option(help: "The period over which --min-write-rate counts. SERVER_WRITE_TIMEOUT. (default: 30s)")
    var writeTimeout: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "Bytes per second that a client has to take of its reply. SERVER_MIN_WRITE_RATE. (default: 256)"))
    var minWriteRate: Int?

    @Option(
        help: ArgumentHelp(
            "How long to go on after a signal, unready, before draining begins. SERVER_DRAIN_DELAY. (default: 0s)"))
    var drainDelay: DurationArgument?

    @Option(help: "How long draining waits for requests in flight. SERVER_GRACE. (default: 8s)")
    var grace: DurationArgument?

    func deadlines() throws -> ServerDeadlines {
        var deadlines = ServerDeadlines()
        func set(_ given: DurationArgument?, _ option: String, _ deadline: inout Duration) throws {
            guard let value = try Environment.value(given, option: option) else { return }
            guard value.duration > .zero else { throw ValidationError("--\(option) is 0; give more, such as 10s") }
            deadline = value.duration
        }
        try set(handshakeTimeout, "handshake-timeout", &deadlines.handshake)
        try set(headerTimeout, "header-timeout", &deadlines.header)
        try set(requestTimeout, "request-timeout", &deadlines.request)
        try set(idleTimeout, "idle-timeout", &deadlines.idle)
        try set(writeTimeout, "write-timeout", &deadlines.write)
        if let rate = try Environment.number(minWriteRate, option: "min-write-rate", in: 0...1_000_000_000) {
            deadlines.minimumBytesPerSecond = rate
        }
        return deadlines
    }

    func draining() throws -> HTTPServer.Draining {
        var draining = HTTPServer.Draining()
        if let delay = try Environment.value(drainDelay, option: "drain-delay") { draining.delay = delay.duration }
        if let grace = try Environment.value(grace, option: "grace") { draining.grace = grace.duration }
        return draining
    }
}
