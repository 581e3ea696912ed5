/// Why a metric can't be registered. All of these are mistakes in the program, found when it starts.
public enum RegistrationError: Error, Hashable, CustomStringConvertible {
    /// The registry's ``Naming`` doesn't take the name.
    case invalidName(String)
    /// A counter's name ends in `_total`.
    case counterWithoutTotal(String)
    /// An info's name ends in `_info`.
    case infoWithoutSuffix(String)
    /// The same metric, with the same constant labels, is there already.
    case duplicateName(String)
    /// A metric of this name is there already, with another type, help, unit or other label names.
    case differentDefinition(name: String, what: String)
    /// Another metric already exposes samples of this name.
    case nameClash(name: String, sample: String, other: String)
    /// The name doesn't end in `_` and the unit, a counter's before `_total`.
    case unitNotInName(unit: String, name: String)
    /// A label's name is reserved, or the registry's ``Naming`` doesn't take it.
    case invalidLabelName(String, metric: String)
    /// Two labels have the same name, or are escaped alike; constant labels count.
    case duplicateLabelName(String, metric: String)
    /// A ``MetricLabels`` has a property that can't be a label.
    case unsupportedLabels(type: String, reason: String)
    /// Bounds, or the settings of native buckets, are out of range.
    case invalidBuckets(String)
    /// Quantiles, or their window, are out of range.
    case invalidQuantiles(String)
    /// There are too many states, they don't have names that differ, or the metric's name can't be a label's.
    case invalidStates(String)

    /// What is wrong, with the metric's name, and how to put it right.
    public var description: String {
        switch self {
        case .invalidName(let name):
            "metric name '\(name)': use letters, digits, '_' and ':', and no digit first; a registry whose naming is "
                + "utf8 takes others too"
        case .counterWithoutTotal(let name):
            "counter '\(name)': the name of a counter ends in '_total', after what it counts"
        case .infoWithoutSuffix(let name):
            "info '\(name)': the name of an info ends in '_info', after what it is about"
        case .duplicateName(let name):
            "metric '\(name)' is registered already"
        case .differentDefinition(let name, let what):
            "metric '\(name)' is registered already with another \(what)"
        case .nameClash(let name, let sample, let other):
            "metric '\(name)' would expose '\(sample)', which belongs to '\(other)'"
        case .unitNotInName(let unit, let name):
            "metric '\(name)': its name has to end in its unit, '_\(unit)' (a counter's before '_total')"
        case .invalidLabelName(let label, let metric):
            "metric '\(metric)', label '\(label)': use letters, digits and '_', no digit first; 'le', 'quantile' and "
                + "names that begin with '__' are reserved"
        case .duplicateLabelName(let label, let metric):
            "metric '\(metric)' has the label '\(label)' twice"
        case .unsupportedLabels(let type, let reason):
            "label set \(type): \(reason)"
        case .invalidBuckets(let reason):
            "histogram buckets: \(reason)"
        case .invalidQuantiles(let reason):
            "summary quantiles: \(reason)"
        case .invalidStates(let reason):
            "state set: \(reason)"
        }
    }
}
