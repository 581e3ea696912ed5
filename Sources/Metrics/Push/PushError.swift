/// Why metrics didn't get to a Pushgateway.
public enum PushError: Error, CustomStringConvertible {
    /// The gateway's URL; without its credentials, if it has any.
    case invalidURL(String, reason: String)
    /// The job has no name.
    case emptyJob
    /// A grouping label is reserved, is `job`, or isn't letters, digits and `_` with no digit first.
    case invalidGroupingLabel(String)
    /// A series carries a label that belongs to the group: the gateway would overwrite it.
    case labelClash(metric: String, label: String)
    /// The gateway replaces this metric with its own.
    case reservedMetric(String)
    /// The gateway found the metrics invalid, or in conflict with those of other groups, and kept none of them.
    case rejected(url: String, message: String)
    /// The answer isn't of the 2xx class.
    case status(Int, url: String, message: String)
    /// There is no answer; the transport's own error says why.
    case transport(url: String, any Error)

    /// What went wrong and where, for a log; without credentials.
    public var description: String {
        switch self {
        case .invalidURL(let url, let reason):
            "Pushgateway URL '\(url)': \(reason)"
        case .emptyJob:
            "the job is empty: a Pushgateway needs a name for it"
        case .invalidGroupingLabel(let label):
            "grouping label '\(label)': use letters, digits and '_', no digit first; 'job' has an argument of its own, "
                + "and 'le', 'quantile' and names that begin with '__' are reserved"
        case .labelClash(let metric, let label):
            "metric '\(metric)' carries the label '\(label)', which is part of the grouping key: rename one of them"
        case .reservedMetric(let metric):
            "metric '\(metric)': the Pushgateway writes its own of this name; rename it"
        case .rejected(let url, let message):
            "\(url): the Pushgateway rejects the metrics: \(message)"
        case .status(let status, let url, let message):
            "\(url): status \(status)\(message.isEmpty ? "" : ": \(message)")"
        case .transport(let url, let error):
            "\(url): \(error)"
        }
    }
}
