/// A syntax in which metrics are exposed.
public enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    /// The Prometheus text format 0.0.4, which everything reads.
    case text
    /// The Prometheus text format 1.0.0: 0.0.4 with quoted names, which may hold any UTF-8.
    case text1
    /// OpenMetrics text 1.0.0.
    case openMetrics
    /// OpenMetrics text 2.0.0, by the release candidate 2.0.0-rc0 of its specification, "OpenMetrics 2.0
    /// [EXPERIMENTAL]" of March 2026, <https://prometheus.io/docs/specs/om/open_metrics_spec_2_0/>: as long as that is
    /// experimental, the format may change in any version, and with it what is rendered here.
    ///
    /// It carries native histograms, and says when counting began. Prometheus reads it from 3.15 on if told to
    /// (`--enable-feature=openmetrics2`, and `OpenMetricsText2.0.0` among its `scrape_protocols`).
    case openMetrics2
    /// Prometheus' protobuf messages (`io.prometheus.client.MetricFamily`), each after its length: the only stable
    /// format that carries native histograms.
    case protobuf

    /// All but OpenMetrics 2.0.0, which may still change.
    public static let stable: Set<ExpositionFormat> = [.text, .text1, .openMetrics, .protobuf]

    /// The Content-Type to send it with.
    ///
    /// - Parameter escaping: what the receiver is told about the names; `nil` says nothing.
    public func contentType(escaping: EscapingScheme? = nil) -> String {
        var text = mediaType
        for parameter in parameters { text += "; \(parameter.name)=\(parameter.value)" }
        if let escaping { text += "; escaping=\(escaping.rawValue)" }
        return text
    }

    var mediaType: String {
        switch self {
        case .text, .text1: "text/plain"
        case .openMetrics, .openMetrics2: "application/openmetrics-text"
        case .protobuf: "application/vnd.google.protobuf"
        }
    }

    /// What tells formats of the same media type apart.
    ///
    /// `isImplied`: a client that leaves the parameter out gets this format all the same.
    var parameters: [(name: String, value: String, isImplied: Bool)] {
        switch self {
        case .text: [("version", "0.0.4", true), ("charset", "utf-8", true)]
        case .text1: [("version", "1.0.0", false), ("charset", "utf-8", true)]
        case .openMetrics: [("version", "1.0.0", true), ("charset", "utf-8", true)]
        case .openMetrics2: [("version", "2.0.0", false), ("charset", "utf-8", true)]
        case .protobuf: [("proto", "io.prometheus.client.MetricFamily", false), ("encoding", "delimited", false)]
        }
    }
}
