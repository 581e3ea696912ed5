/// The rules for names in the Prometheus data model.
enum MetricNames {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    static func isMetricName(_ name: String) -> Bool {
        isName(name) { $0 == UInt8(ascii: ":") }
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`, without what Prometheus keeps for itself.
    static func isLabelName(_ name: String) -> Bool {
        isName(name) { _ in false } && !name.hasPrefix("__") && name != "le" && name != "quantile"
    }

    /// The names of all samples that a metric exposes, in any format.
    static func samples(of name: String, _ type: MetricType) -> [String] {
        switch type {
        case .gauge: [name]
        // OpenMetrics calls the counter `x_total` just `x`, and may add `x_created`.
        case .counter: [name, name.dropLast("_total".count) + "", name.dropLast("_total".count) + "_created"]
        case .histogram: [name, name + "_bucket", name + "_sum", name + "_count"]
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
