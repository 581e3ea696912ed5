/// A family as the conventions see it, which know the names and types of the text format.
struct LintedMetric {
    let family: ParsedFamily
    let name: String
    let type: ParsedFamily.Kind
    let labelNames: Set<String>
    private let lowercased: String

    init(_ family: ParsedFamily, in format: ParsedExposition.Format) {
        self.family = family
        switch (family.type, format) {
        case (.counter, .openMetrics): (name, type) = (family.name + "_total", .counter)
        case (.info, _): (name, type) = (family.name + "_info", .gauge)
        case (.stateset, _): (name, type) = (family.name, .gauge)
        case (.gaugehistogram, _): (name, type) = (family.name, .histogram)
        default: (name, type) = (family.name, family.type)
        }
        lowercased = name.lowercased()
        labelNames = Set(family.samples.flatMap { $0.labels.map(\.name) })
    }

    /// Whether the name has this word, or words, between underscores or behind the last one, in any case.
    func hasWord(_ word: String) -> Bool {
        lowercased.contains("_\(word)_") || lowercased.hasSuffix("_\(word)")
    }
}
