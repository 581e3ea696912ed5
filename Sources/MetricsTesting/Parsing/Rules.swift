/// The format that a text is read as, and how much of it is demanded.
enum Rules: Hashable {
    case text
    case openMetrics(Strictness)

    var format: ParsedExposition.Format {
        switch self {
        case .text: .text
        case .openMetrics: .openMetrics
        }
    }
}
