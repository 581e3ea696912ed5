/// Why a metric can't be registered. All of these are mistakes in the program, found when it starts.
public enum RegistrationError: Error, Hashable, CustomStringConvertible {
    case invalidName(String)
    case counterWithoutTotal(String)
    case duplicateName(String)
    /// Another metric already exposes samples of this name.
    case nameClash(name: String, sample: String, other: String)
    case invalidLabelName(String, metric: String)
    case duplicateLabelName(String, metric: String)
    case unsupportedLabels(type: String, reason: String)
    case invalidBuckets(String)

    public var description: String {
        switch self {
        case .invalidName(let name):
            "metric name '\(name)': use letters, digits, '_' and ':', and no digit first"
        case .counterWithoutTotal(let name):
            "counter '\(name)': the name of a counter ends in '_total'"
        case .duplicateName(let name):
            "metric '\(name)' is registered already"
        case .nameClash(let name, let sample, let other):
            "metric '\(name)' would expose '\(sample)', which belongs to '\(other)'"
        case .invalidLabelName(let label, let metric):
            "metric '\(metric)', label '\(label)': use letters, digits and '_', no digit first; 'le', 'quantile' and "
                + "names that begin with '__' are reserved"
        case .duplicateLabelName(let label, let metric):
            "metric '\(metric)' has the label '\(label)' twice"
        case .unsupportedLabels(let type, let reason):
            "label set \(type): \(reason)"
        case .invalidBuckets(let reason):
            "histogram buckets: \(reason)"
        }
    }
}
