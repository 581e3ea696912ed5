/// Checks an exposition against Prometheus' conventions for metrics, with the rules of `promtool check metrics`.
///
/// They are those of Prometheus 2.42. Where a name has two units, of which promtool picks one at random, the first
/// counts. Each problem is reported once, however many series have it, and families without samples are checked too,
/// which promtool leaves out.
public enum Lint {
    /// All problems, sorted by metric and text. O(samples).
    public static func problems(in exposition: ParsedExposition) -> [LintProblem] {
        exposition.families.flatMap { family in
            let metric = LintedMetric(family, in: exposition.format)
            return rules.flatMap { $0(metric) }.map { LintProblem(metric: metric.name, text: $0) }
        }
        .sorted { ($0.metric, $0.text) < ($1.metric, $1.text) }
    }

    private static let rules: [@Sendable (LintedMetric) -> [String]] = [
        help, unit, unitAbbreviation, total, reservedSuffix, reservedLabel, typeInName, colon, camelCase,
    ]

    private static func help(_ metric: LintedMetric) -> [String] {
        metric.family.help == nil ? ["say in HELP what it measures"] : []
    }

    private static func unit(_ metric: LintedMetric) -> [String] {
        for word in metric.name.split(separator: "_", omittingEmptySubsequences: false) {
            guard let base = UnitWords.base(of: word) else { continue }
            return word == base ? [] : ["measure in the base unit '\(base)', not in '\(word)'"]
        }
        return []
    }

    private static func unitAbbreviation(_ metric: LintedMetric) -> [String] {
        UnitWords.abbreviations.filter(metric.hasWord).map { "spell out the unit '\($0)'" }
    }

    private static func total(_ metric: LintedMetric) -> [String] {
        switch (metric.type, metric.name.hasSuffix("_total")) {
        case (.counter, false): ["end the name of a counter in '_total'"]
        case (.counter, true), (.unknown, _), (_, false): []
        case (_, true): ["keep '_total' at the end of a name for counters"]
        }
    }

    private static func reservedSuffix(_ metric: LintedMetric) -> [String] {
        let reserved: [String] =
            switch metric.type {
            case .unknown, .histogram: []
            case .summary: ["_bucket"]
            default: ["_bucket", "_count", "_sum"]
            }
        return reserved.filter(metric.name.hasSuffix).map {
            "keep '\($0)' at the end of a name for " + ($0 == "_bucket" ? "histograms" : "histograms and summaries")
        }
    }

    private static func reservedLabel(_ metric: LintedMetric) -> [String] {
        let reserved: [String] =
            switch metric.type {
            case .unknown: []
            case .histogram: ["quantile"]
            case .summary: ["le"]
            default: ["le", "quantile"]
            }
        return reserved.filter(metric.labelNames.contains).map {
            "keep the label '\($0)' for " + ($0 == "le" ? "histograms" : "summaries")
        }
    }

    private static func typeInName(_ metric: LintedMetric) -> [String] {
        ["counter", "gauge", "summary", "histogram", "gauge_histogram"].filter(metric.hasWord).map {
            "leave the type '\($0)' out of the name"
        }
    }

    private static func colon(_ metric: LintedMetric) -> [String] {
        metric.name.contains(":") ? ["keep ':' in names for recording rules"] : []
    }

    private static func camelCase(_ metric: LintedMetric) -> [String] {
        (isCamelCase(metric.name) ? ["write the name in snake_case, not in camelCase"] : [])
            + metric.labelNames.filter(isCamelCase).map { "write the label '\($0)' in snake_case, not in camelCase" }
    }

    private static func isCamelCase(_ name: String) -> Bool {
        zip(name.utf8, name.utf8.dropFirst()).contains { one, next in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(one)
                && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(next)
        }
    }
}
