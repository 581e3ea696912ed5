/// Which names a registry takes.
public enum Naming: Sendable {
    /// Letters, digits, `_` and, for metrics, `:`, with no digit first: what every version of Prometheus reads, and what
    /// needs no quotes in queries.
    case legacy
    /// Everything that Prometheus 3 reads: any UTF-8 that isn't empty. Scrapers that don't ask for such names get them
    /// escaped.
    case utf8
}

/// The rules for names in the Prometheus data model.
enum MetricNames {
    static func isMetricName(_ name: String, _ naming: Naming) -> Bool {
        switch naming {
        case .legacy: isLegacyMetricName(name)
        case .utf8: isUTF8Name(name)
        }
    }

    /// Without what Prometheus keeps for itself.
    static func isLabelName(_ name: String, _ naming: Naming) -> Bool {
        let isReserved =
            name.utf8.starts(with: "__".utf8) || name == "le" || name == "quantile" || canBecomeMetricName(name)
        return switch naming {
        case .legacy: isLegacyLabelName(name) && !isReserved
        case .utf8: isUTF8Name(name) && !isReserved
        }
    }

    /// Prometheus takes the byte 0 for the end of the exposition, except in a label's value or a help.
    private static func isUTF8Name(_ name: String) -> Bool { !name.isEmpty && !name.utf8.contains(0) }

    /// Whether escaping makes of it the label that holds the metric's name: what would be two of them costs the whole
    /// scrape.
    private static func canBecomeMetricName(_ label: String) -> Bool {
        // Letters stay what they are: nearly all names are done with here.
        guard let first = label.utf8.first, !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first | 0x20) else {
            return false
        }
        return EscapingScheme.allCases.contains { $0.escape(labelName: label) == "__name__" }
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    static func isLegacyMetricName(_ name: String) -> Bool { isName(name) { $0 == UInt8(ascii: ":") } }

    /// `[a-zA-Z0-9_:]+`
    static func isUnit(_ unit: String) -> Bool { !unit.isEmpty && isLegacyMetricName("_" + unit) }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`
    static func isLegacyLabelName(_ name: String) -> Bool { isName(name) { _ in false } }

    /// The name that OpenMetrics gives to a family whose samples have this one: a counter's without `_total`, an info's
    /// without `_info`. The name itself if it doesn't end so, or is nothing else.
    static func family(of name: String, _ type: MetricType) -> String {
        let suffix = type.sampleSuffix
        guard ends(name, in: suffix), name.utf8.count > suffix.utf8.count else { return name }
        return String(decoding: name.utf8.dropLast(suffix.utf8.count), as: UTF8.self)
    }

    /// Whether a name ends in the suffix, byte by byte: to Swift's own comparison, a letter with an accent behind it is
    /// another character.
    static func ends(_ name: String, in suffix: String) -> Bool {
        name.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// The names of all samples that a metric exposes, in any format.
    static func samples(of metadata: MetricMetadata) -> [String] {
        let name = metadata.name
        let family = metadata.familyName
        return switch metadata.type {
        case .gauge, .stateSet, .unknown: [name]
        // OpenMetrics calls the counter `x_total` just `x`, and may add `x_created`.
        case .counter: [name, family, family + "_created"]
        case .info: [name, family]
        case .histogram: [name, name + "_bucket", name + "_sum", name + "_count", name + "_created"]
        case .summary: [name, name + "_sum", name + "_count", name + "_created"]
        }
    }

    private static func isName(_ name: String, or isExtra: (UInt8) -> Bool) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: isExtra(byte)
            }
        }
    }
}
