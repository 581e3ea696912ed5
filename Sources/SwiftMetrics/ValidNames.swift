internal import PrometheusMetrics

/// Turns what swift-metrics allows, any text, into what Prometheus allows.
enum ValidNames {
    /// - Parameters:
    ///   - name: any text.
    ///   - suffix: what the result ends in, with something before it.
    ///   - naming: which characters may stay.
    static func metricName(_ name: String, suffix: String, _ naming: Naming = .legacy) -> String {
        var valid = naming == .utf8 ? name : EscapingScheme.underscores.escape(metricName: withoutLeadingDigit(name))
        if valid.hasSuffix(suffix) { valid.removeLast(suffix.count) }
        return (valid.isEmpty ? unnamed : valid) + suffix
    }

    /// Labels from dimensions.
    ///
    /// Dimensions whose names become the same one are one label, with their values separated by `;` in the order of the
    /// original names: the rule of OpenTelemetry's specification, "Prometheus and OpenMetrics Compatibility".
    ///
    /// - Parameter taken: names that no label may have, besides those that Prometheus reserves.
    static func labels(_ dimensions: [(String, String)], taken: Set<String>) -> LabelSet {
        var labels: [(name: String, value: String)] = []
        labels.reserveCapacity(dimensions.count)
        for (name, value) in dimensions where !value.isEmpty {
            let name = labelName(name, taken)
            // Not a set: there are a few dimensions, and a handler is made for each update in some programs.
            guard !labels.contains(where: { $0.name == name }) else { return joined(dimensions, taken) }
            labels.append((name, value))
        }
        return LabelSet(valid: labels)
    }

    private static func joined(_ dimensions: [(String, String)], _ taken: Set<String>) -> LabelSet {
        var values: [String: [String]] = [:]
        for (name, value) in dimensions.sorted(by: <) where !value.isEmpty {
            let name = labelName(name, taken)
            if values[name]?.contains(value) != true { values[name, default: []].append(value) }
        }
        return LabelSet(valid: values.map { ($0.key, $0.value.joined(separator: ";")) })
    }

    /// Names that are reserved or taken get the prefix that Prometheus puts before a target's labels that clash with
    /// its own.
    private static func labelName(_ name: String, _ taken: Set<String>) -> String {
        var valid = name.isEmpty ? unnamed : EscapingScheme.underscores.escape(labelName: withoutLeadingDigit(name))
        while !MetricsRegistry.isLabelName(valid) || taken.contains(valid) { valid = "exported_" + valid }
        return valid
    }

    private static let unnamed = "unnamed"

    /// A digit in front would be replaced, and with it what tells `2xx` from `5xx`.
    private static func withoutLeadingDigit(_ name: String) -> String {
        name.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true ? "_" + name : name
    }
}
