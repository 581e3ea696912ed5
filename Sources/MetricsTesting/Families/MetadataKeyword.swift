/// What a line of metadata says of its family.
enum MetadataKeyword: String {
    case type = "TYPE"
    case unit = "UNIT"
    case help = "HELP"

    /// The place that OpenMetrics recommends, from 0.
    var place: Int {
        switch self {
        case .type: 0
        case .unit: 1
        case .help: 2
        }
    }
}
