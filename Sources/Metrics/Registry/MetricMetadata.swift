/// What is known of a metric besides its series.
final class MetricMetadata: Sendable {
    /// A counter's with `_total`, an info's with `_info`.
    let name: String
    /// Empty for none.
    let help: String
    let unit: String?
    let type: MetricType
    private let isLegacy: Bool
    private let textHead = LazyReference<FamilyHead>()
    private let openMetricsHead = LazyReference<FamilyHead>()
    private let openMetrics2Head = LazyReference<FamilyHead>()
    private let protobufHead = LazyReference<FamilyHead>()

    init(name: String, help: String, unit: String?, type: MetricType) {
        self.name = name
        self.help = help
        self.unit = unit
        self.type = type
        isLegacy = MetricNames.isLegacyMetricName(name)
    }

    /// The name without the suffix that only its samples have in OpenMetrics.
    var familyName: String { MetricNames.family(of: name, type) }

    /// What a format writes of it; made once for each format, unless names have to be escaped.
    func head(_ format: ExpositionFormat, _ escaping: EscapingScheme) -> FamilyHead {
        func make() -> FamilyHead { FamilyHead(self, format, escaping) }
        guard escaping == .allowUTF8 || isLegacy && escaping != .dots else { return make() }
        switch format {
        case .text, .text1: return textHead.load() ?? textHead.storeIfNil(make())
        case .openMetrics: return openMetricsHead.load() ?? openMetricsHead.storeIfNil(make())
        case .openMetrics2: return openMetrics2Head.load() ?? openMetrics2Head.storeIfNil(make())
        case .protobuf: return protobufHead.load() ?? protobufHead.storeIfNil(make())
        }
    }
}
