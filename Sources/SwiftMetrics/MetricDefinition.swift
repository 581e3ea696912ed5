public import PrometheusMetrics

/// How a metric of swift-metrics is exposed; what the factory proposes, the program may change.
public struct MetricDefinition: Sendable {
    /// What swift-metrics calls the type.
    public enum Kind: String, Sendable, Hashable {
        /// `Counter` and `FloatingPointCounter`: a counter.
        case counter
        /// `Meter`, and `Gauge`, which is a recorder that doesn't aggregate: a gauge.
        case gauge
        /// `Recorder`, which aggregates: a histogram.
        case recorder
        /// `Timer`: a histogram of seconds, whatever unit it prefers for display.
        case timer
    }

    /// The name in swift-metrics, such as `http.server.requests`.
    public let label: String
    /// Its type in swift-metrics.
    public let kind: Kind

    /// The name in Prometheus. Proposed is the label with `_` for every character that isn't legacy-valid, and with
    /// `_total` for counters and `_seconds` for timers, where it doesn't end so. What is put here is made valid in the
    /// same way; other characters stay if the registry's naming is `utf8`.
    public var name: String
    /// What the metric measures, for readers. Proposed is the label: swift-metrics knows no description.
    public var help: String
    /// The classic buckets of recorders and timers. Proposed are ``PrometheusMetrics/Buckets/httpDuration`` for timers,
    /// and for recorders the bounds that OpenTelemetry's SDKs take where none are chosen, from 0 to 10,000.
    public var buckets: Buckets
    /// The native buckets of recorders and timers; none are proposed.
    public var native: NativeBuckets?
    /// How many series the metric may have. Those beyond share one, as in a ``PrometheusMetrics/Family``.
    public var limit = MetricsRegistry.defaultLimit

    init(_ metric: MetricID) {
        label = metric.label
        kind = metric.kind
        name = ValidNames.metricName(metric.label, suffix: kind == .timer ? "_seconds" : kind.requiredSuffix)
        help = metric.label
        buckets = kind == .timer ? .httpDuration : .recorderDefault
    }

    /// What is exposed where `name` is taken: `jobs_total` becomes `jobs_counter_total`.
    var alternativeName: String {
        for suffix in ["_total", "_seconds"] where name.hasSuffix(suffix) {
            return "\(name.dropLast(suffix.count))_\(kind.rawValue)\(suffix)"
        }
        return "\(name)_\(kind.rawValue)"
    }

    /// Whether observations of both can go into one family.
    func hasLayout(of other: MetricDefinition) -> Bool {
        switch kind {
        case .counter, .gauge: true
        case .recorder, .timer: buckets == other.buckets && native == other.native
        }
    }
}

extension MetricDefinition.Kind {
    /// What the name has to end in.
    var requiredSuffix: String { self == .counter ? "_total" : "" }
}

/// What swift-metrics knows a metric by.
struct MetricID: Hashable, Sendable {
    let kind: MetricDefinition.Kind
    let label: String
}

extension Buckets {
    // Valid bounds can't throw.
    fileprivate static let recorderDefault =
        (try? Buckets([0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000])) ?? .none
}
