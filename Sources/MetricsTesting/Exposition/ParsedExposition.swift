/// What an exposition says, read back from its text: families and samples in the order in which they were written.
public struct ParsedExposition: Sendable {
    /// The format that it was read from, which decides how families are named: OpenMetrics calls the counter
    /// `x_total` just `x`.
    public enum Format: Sendable, Hashable {
        /// OpenMetrics 1.0.
        case openMetrics
        /// The Prometheus text format, version 0.0.4 (or 1.0.0, which adds quoted names).
        case text
    }

    /// What it was read as.
    public let format: Format
    /// In the order of the text.
    public let families: [ParsedFamily]
}

/// One metric family: its metadata and its samples.
public struct ParsedFamily: Sendable {
    /// The types of OpenMetrics, spelled as it spells them. The text format's `untyped` is `unknown`.
    public enum Kind: String, Sendable, Hashable {
        /// A type by the name that it has in a TYPE line.
        case counter, gauge, histogram, gaugehistogram, stateset, info, summary, unknown
    }

    /// The name in the metadata; a counter's has no `_total` in OpenMetrics, and has it in the text format.
    public let name: String
    /// `unknown` where the text has no TYPE line.
    public internal(set) var type = Kind.unknown
    /// Nil where the text has no UNIT line, or an empty one, which means the same.
    public internal(set) var unit: String?
    /// Unescaped; nil where the text has no HELP line, or an empty one, which means the same.
    public internal(set) var help: String?
    /// In the order of the text.
    public internal(set) var samples: [ParsedSample] = []
}

/// A label's name and value, unescaped. Two are equal if their bytes are.
public struct ParsedLabel: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The value.
    public let value: String

    /// Whether names and values are the same bytes.
    public static func == (one: ParsedLabel, other: ParsedLabel) -> Bool {
        ExactString(one.name) == ExactString(other.name) && ExactString(one.value) == ExactString(other.value)
    }
}

/// One line with a value.
public struct ParsedSample: Sendable {
    /// The name as the line has it, suffix included: `x_total`, `x_bucket`.
    public let name: String
    /// In the order of the line, `le` and `quantile` among them.
    public let labels: [ParsedLabel]
    /// The value, read as the format says.
    public let value: Double
    /// The value as it was written.
    public let valueText: String
    /// Seconds since 1970-01-01 00:00 UTC, whatever unit the format writes.
    public let timestamp: Double?
    /// What follows the value, in OpenMetrics alone.
    public let exemplar: ParsedExemplar?

    /// The value of a label; nil where the sample doesn't have it.
    public subscript(label name: String) -> String? {
        labels.first { ExactString($0.name) == ExactString(name) }?.value
    }
}

/// What a sample refers to, such as a trace.
public struct ParsedExemplar: Sendable {
    /// In the order of the line.
    public let labels: [ParsedLabel]
    /// What was observed.
    public let value: Double
    /// The value as it was written.
    public let valueText: String
    /// Seconds since 1970-01-01 00:00 UTC.
    public let timestamp: Double?
}
