public import EventHTTP
public import PrometheusMetrics

/// Answers with everything that a registry holds, in the Prometheus text format.
public struct MetricsEndpoint: RequestHandler {
    private let registry: MetricsRegistry

    /// - Parameter registry: what is exposed, read anew for each request.
    public init(_ registry: MetricsRegistry) { self.registry = registry }

    public var handler: Handler {
        .synchronous { [registry] _ in
            var body: [UInt8] = []
            var exposition = Exposition(registry.snapshot())
            _ = exposition.render(into: &body)
            return Response(contentType: ExpositionFormat.text.contentType(), body: .bytes(body))
        }
    }
}
