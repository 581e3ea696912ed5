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
        case .utf8: !name.isEmpty
        }
    }

    /// Without what Prometheus keeps for itself.
    static func isLabelName(_ name: String, _ naming: Naming) -> Bool {
        let isReserved = name.hasPrefix("__") || name == "le" || name == "quantile"
        return switch naming {
        case .legacy: isLegacyLabelName(name) && !isReserved
        case .utf8: !name.isEmpty && !isReserved
        }
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    static func isLegacyMetricName(_ name: String) -> Bool { isName(name) { $0 == UInt8(ascii: ":") } }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`
    static func isLegacyLabelName(_ name: String) -> Bool { isName(name) { _ in false } }

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
