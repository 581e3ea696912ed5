/// What a sample is to its family, which its name's suffix tells.
enum SampleRole: Hashable {
    case value, total, created, bucket, sum, count, quantile, state, info
}

extension ParsedFamily.Kind {
    typealias SuffixedRole = (suffix: String, role: SampleRole)

    /// The suffixes of the samples that a family of this type can have.
    func roles(in format: ParsedExposition.Format) -> [SuffixedRole] {
        switch (self, format) {
        case (.counter, .openMetrics): Self.counterRoles
        case (.histogram, .openMetrics): Self.histogramRoles
        case (.histogram, .text): Self.textHistogramRoles
        case (.gaugehistogram, _): Self.gaugeHistogramRoles
        case (.summary, .openMetrics): Self.summaryRoles
        case (.summary, .text): Self.textSummaryRoles
        case (.info, _): Self.infoRoles
        case (.stateset, _): Self.stateSetRoles
        case (.counter, .text), (.gauge, _), (.unknown, _): Self.valueRoles
        }
    }

    private static let valueRoles: [SuffixedRole] = [("", .value)]
    private static let counterRoles: [SuffixedRole] = [("_total", .total), ("_created", .created)]
    private static let textHistogramRoles: [SuffixedRole] = [("_bucket", .bucket), ("_sum", .sum), ("_count", .count)]
    private static let histogramRoles = textHistogramRoles + [("_created", .created)]
    private static let gaugeHistogramRoles: [SuffixedRole] = [
        ("_bucket", .bucket), ("_gsum", .sum), ("_gcount", .count),
    ]
    private static let textSummaryRoles: [SuffixedRole] = [("", .quantile), ("_sum", .sum), ("_count", .count)]
    private static let summaryRoles = textSummaryRoles + [("_created", .created)]
    private static let infoRoles: [SuffixedRole] = [("_info", .info)]
    private static let stateSetRoles: [SuffixedRole] = [("", .state)]
}

extension ParsedFamily {
    /// The label that tells the samples of one metric apart.
    func distinguishingLabel(of role: SampleRole) -> String? {
        switch role {
        case .bucket: "le"
        case .quantile: "quantile"
        case .state: name
        default: nil
        }
    }
}
