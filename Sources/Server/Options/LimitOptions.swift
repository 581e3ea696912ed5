internal import ArgumentParser
internal import EventHTTP

/// How much the server takes from its clients.
struct LimitOptions: ParsableArguments {
    @Option(help: "Bytes of a request's head; 431 beyond. SERVER_MAX_HEADER_BYTES. (default: 16KiB)")
    var maxHeaderBytes: ByteCountArgument?

    @Option(help: "Bytes of a request's target; 414 beyond. SERVER_MAX_TARGET_BYTES. (default: 8KiB)")
    var maxTargetBytes: ByteCountArgument?

    @Option(help: "Header fields of a request; 431 beyond. SERVER_MAX_HEADER_FIELDS. (default: 100)")
    var maxHeaderFields: Int?

    @Option(help: "Bytes of a request's content; 413 beyond. SERVER_MAX_BODY_BYTES. (default: 1MiB)")
    var maxBodyBytes: ByteCountArgument?

    @Option(help: "Open connections; others are answered with 503. SERVER_MAX_CONNECTIONS. (default: 65536)")
    var maxConnections: Int?

    @Option(help: "Open connections of one loop. SERVER_MAX_CONNECTIONS_PER_LOOP. (default: no limit of its own)")
    var maxConnectionsPerLoop: Int?

    @Option(help: "Requests that one connection may bring. SERVER_MAX_REQUESTS_PER_CONNECTION. (default: no limit)")
    var maxRequestsPerConnection: Int?

    @Option(
        help: ArgumentHelp(
            "Pipelined requests of one connection that are answered before others have their turn. "
                + "SERVER_MAX_PIPELINED_REQUESTS. (default: 32)"))
    var maxPipelinedRequests: Int?

    @Option(
        help: ArgumentHelp(
            "Bytes of replies that clients haven't taken yet, all together; a reply beyond ends its connection. "
                + "SERVER_MAX_UNSENT_BYTES. (default: 256MiB)"))
    var maxUnsentBytes: ByteCountArgument?

    func limits() throws -> ServerLimits {
        var limits = ServerLimits()
        func set(_ given: ByteCountArgument?, _ option: String, _ range: ClosedRange<Int>, _ limit: inout Int) throws {
            let value = try Environment.value(given, option: option)?.bytes
            if let value = try Environment.number(value, option: option, in: range) { limit = value }
        }
        func number(_ given: Int?, _ option: String) throws -> Int? {
            try Environment.number(given, option: option, in: 1...1_000_000_000)
        }
        try set(maxHeaderBytes, "max-header-bytes", 256...(16 << 20), &limits.headerBytes)
        try set(maxTargetBytes, "max-target-bytes", 1...(16 << 20), &limits.targetBytes)
        try set(maxBodyBytes, "max-body-bytes", 0...(1 << 40), &limits.bodyBytes)
        try set(maxUnsentBytes, "max-unsent-bytes", 1...(1 << 50), &limits.unsentBytes)
        if let count = try number(maxHeaderFields, "max-header-fields") { limits.headerFields = count }
        if let count = try number(maxConnections, "max-connections") { limits.connections = count }
        if let count = try number(maxPipelinedRequests, "max-pipelined-requests") { limits.pipelinedRequests = count }
        limits.connectionsPerLoop = try number(maxConnectionsPerLoop, "max-connections-per-loop")
        limits.requestsPerConnection = try number(maxRequestsPerConnection, "max-requests-per-connection")
        return limits
    }
}
