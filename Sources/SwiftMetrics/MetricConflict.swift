internal import Glibc
public import PrometheusMetrics

/// A metric of swift-metrics that can't have the name it should, or not for itself alone.
public struct MetricConflict: Sendable, CustomStringConvertible {
    /// What becomes of a metric in conflict.
    public enum Outcome: Sendable, Hashable {
        /// Another label became the same name: both are one metric.
        case shared(with: String)
        /// It is exposed under this name.
        case renamed(String)
        /// It isn't exposed; `prometheus_client_dropped_series_total` counts the handlers that were made for it.
        case notExposed
    }

    /// The name in swift-metrics.
    public let label: String
    /// Its type in swift-metrics.
    public let kind: MetricDefinition.Kind
    /// The name that it should have had.
    public let name: String
    /// What stands against it.
    public let reason: RegistrationError
    /// What becomes of it.
    public let outcome: Outcome

    public var description: String {
        let consequence =
            switch outcome {
            case .shared(let other): "it shares the metric '\(name)' with '\(other)'"
            case .renamed(let other): "it is exposed as '\(other)', because \(reason)"
            case .notExposed: "it is not exposed, because \(reason)"
            }
        return "swift-metrics' \(kind.rawValue) '\(label)': \(consequence); PrometheusMetricsFactory can rename it"
    }

    /// Writes the conflict to standard error, as a line.
    @Sendable public static func print(_ conflict: MetricConflict) {
        let line = Array("\(conflict)\n".utf8)
        // Nothing is left to be done where even this fails.
        _ = write(STDERR_FILENO, line, line.count)
    }
}
