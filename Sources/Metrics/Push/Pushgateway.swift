/// A group of metrics in a [Pushgateway](https://github.com/prometheus/pushgateway), where Prometheus finds what a batch
/// job measured after the job has ended.
///
/// ```swift
/// let gateway = try Pushgateway(
///     url: "http://gateway:9091", job: "backup", grouping: ["volume": "/srv"], transport: URLSessionTransport())
/// try await gateway.push(registry)
/// ```
///
/// The gateway keeps a group until it is deleted, and adds `push_time_seconds` to it. A service that runs on is scraped
/// instead: a gateway can't tell that it is down.
///
/// A value without state of its own: may be used from any task, and holds nothing open.
public struct Pushgateway: Sendable {
    private let url: String
    private let labels: Set<String>
    private let transport: any PushTransport

    /// Names a group; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - url: `http://HOST[:PORT]` or https, with the gateway's route prefix if it has one, without `/metrics/job/…`.
    ///   - job: the value of the group's label `job`; not empty.
    ///   - grouping: the group's other labels, of any value. They are what sets this group apart from others of the job,
    ///     and the metrics that are pushed to it carry none of them.
    ///   - transport: how requests are sent.
    /// - Throws: ``PushError/invalidURL(_:reason:)``, ``PushError/emptyJob`` or
    ///   ``PushError/invalidGroupingLabel(_:)``.
    public init(
        url: String, job: String, grouping: [String: String] = [:], transport: some PushTransport
    ) throws(PushError) {
        let base = try GatewayURL.base(url)
        guard !job.isEmpty else { throw .emptyJob }
        let sorted = grouping.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (name, _) in sorted where name == "job" || !MetricNames.isLabelName(name, .legacy) {
            throw .invalidGroupingLabel(name)
        }
        self.url = base + GroupingKey.path(job: job, labels: sorted.lazy.map { (name: $0.key, value: $0.value) })
        labels = Set(grouping.keys).union(["job"])
        self.transport = transport
    }

    /// Replaces everything in the group (PUT). Without families, the group is left with `push_time_seconds` alone.
    ///
    /// - Throws: what ``add(_:)-([MetricFamily])`` throws.
    public func push(_ families: [MetricFamily]) async throws(PushError) {
        try await send("PUT", families)
    }

    /// The same with everything that a registry has.
    public func push(_ registry: MetricsRegistry) async throws(PushError) {
        try await push(registry.snapshot())
    }

    /// Replaces the group's metrics of the same names, and leaves the others (POST).
    ///
    /// - Throws: ``PushError/labelClash(metric:label:)`` and ``PushError/reservedMetric(_:)`` before anything is sent;
    ///   ``PushError/rejected(url:message:)``, ``PushError/status(_:url:message:)`` or
    ///   ``PushError/transport(url:_:)`` after that, the last of them for cancellation too.
    public func add(_ families: [MetricFamily]) async throws(PushError) {
        try await send("POST", families)
    }

    /// The same with everything that a registry has.
    public func add(_ registry: MetricsRegistry) async throws(PushError) {
        try await add(registry.snapshot())
    }

    /// Removes the group and all its metrics; a group that isn't there is no error (DELETE).
    ///
    /// - Throws: ``PushError/status(_:url:message:)`` or ``PushError/transport(url:_:)``.
    public func delete() async throws(PushError) {
        let response = try await answer(to: PushRequest(method: "DELETE", url: url, headers: [], body: []))
        try check(response)
    }

    private func send(_ method: String, _ families: [MetricFamily]) async throws(PushError) {
        for family in families { try check(family) }
        // The only format that native histograms survive.
        let body = Exposition.bytes(families, as: .protobuf)
        let headers = [(name: "Content-Type", value: ExpositionFormat.protobuf.contentType())]
        let response = try await answer(to: PushRequest(method: method, url: url, headers: headers, body: body))
        if response.status == 400 { throw .rejected(url: url, message: Self.message(of: response)) }
        try check(response)
    }

    private func check(_ family: MetricFamily) throws(PushError) {
        if family.name == "push_time_seconds" || family.name == "push_failure_time_seconds" {
            throw .reservedMetric(family.name)
        }
        for series in family.series {
            if let label = series.labels.names.first(where: labels.contains) {
                throw .labelClash(metric: family.name, label: label)
            }
        }
    }

    private func answer(to request: PushRequest) async throws(PushError) -> PushResponse {
        do {
            return try await transport.send(request)
        } catch {
            throw .transport(url: url, error)
        }
    }

    /// 200 and 202 are the gateway's own; stores that speak its protocol answer 204.
    private func check(_ response: PushResponse) throws(PushError) {
        guard (200..<300).contains(response.status) else {
            throw .status(response.status, url: url, message: Self.message(of: response))
        }
    }

    /// The beginning of the body, in one piece for a log; a proxy's error page can be long.
    private static func message(of response: PushResponse) -> String {
        let text = String(decoding: response.body.prefix(1024), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
