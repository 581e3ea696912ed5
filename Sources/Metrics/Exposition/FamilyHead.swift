/// Everything that a format writes of a family and that isn't in its series, as bytes.
final class FamilyHead: Sendable {
    /// The name as the format has it.
    let name: String
    /// What comes before the series: the metadata.
    let preamble: [UInt8]
    /// What comes after the series.
    let epilogue: [UInt8]
    /// The beginnings of the samples' lines; empty in formats that don't repeat names.
    let plain: SampleHead
    let bucket: SampleHead
    let sum: SampleHead
    let count: SampleHead
    let created: SampleHead
    /// The label of a state set's samples, which has the metric's name.
    let stateLabel: [UInt8]

    init(_ metadata: MetricMetadata, _ format: ExpositionFormat, _ escaping: EscapingScheme) {
        name = escaping.escape(metricName: metadata.name)
        var label: [UInt8] = []
        label.append(labelName: name)
        stateLabel = label
        switch format {
        case .text, .text1:
            preamble = Self.textPreamble(metadata, name)
            epilogue = []
            plain = SampleHead(name)
            bucket = SampleHead(name + "_bucket")
            sum = SampleHead(name + "_sum")
            count = SampleHead(name + "_count")
            created = SampleHead(name + "_created")
        case .openMetrics:
            // Samples have the same names in all formats, and the family that of its samples: escaped as a whole.
            let family = MetricNames.family(of: name, metadata.type)
            // A unit that isn't in the name costs the whole scrape: names can have been escaped, and collectors make
            // theirs.
            let unit = metadata.unit.flatMap { MetricNames.ends(family, in: "_" + $0) ? $0 : nil }
            preamble = Self.openMetricsPreamble(metadata, family, unit: unit, help: metadata.help)
            epilogue = []
            plain = SampleHead(family + metadata.type.sampleSuffix)
            bucket = SampleHead(name + "_bucket")
            sum = SampleHead(name + "_sum")
            count = SampleHead(name + "_count")
            created = SampleHead(family + "_created")
        case .openMetrics2:
            // Registries see to it that a name ends as its type asks for; whoever renders families by themselves may not.
            let name = MetricNames.family(of: name, metadata.type) + metadata.type.sampleSuffix
            preamble = Self.openMetricsPreamble(metadata, name, unit: metadata.unit, help: metadata.openMetrics2Help)
            epilogue = []
            plain = SampleHead(name)
            bucket = SampleHead()
            sum = SampleHead()
            count = SampleHead()
            created = SampleHead()
        case .protobuf:
            preamble = Protobuf.preamble(metadata, name: name)
            epilogue = Protobuf.epilogue(metadata)
            plain = SampleHead()
            bucket = SampleHead()
            sum = SampleHead()
            count = SampleHead()
            created = SampleHead()
        }
    }

    private static func textPreamble(_ metadata: MetricMetadata, _ name: String) -> [UInt8] {
        var text: [UInt8] = []
        if !metadata.help.isEmpty {
            text.append(keyword: "# HELP ", name)
            text.append(escaped: metadata.help, quotes: false)
            text.append(UInt8(ascii: "\n"))
        }
        text.append(keyword: "# TYPE ", name)
        let type =
            switch metadata.type {
            case .info, .stateSet: "gauge"
            case .unknown: "untyped"
            default: metadata.type.rawValue
            }
        text.append(contentsOf: type.utf8)
        text.append(UInt8(ascii: "\n"))
        return text
    }

    private static func openMetricsPreamble(
        _ metadata: MetricMetadata, _ name: String, unit: String?, help: String
    ) -> [UInt8] {
        var text: [UInt8] = []
        text.append(keyword: "# TYPE ", name)
        text.append(contentsOf: metadata.type.rawValue.utf8)
        text.append(UInt8(ascii: "\n"))
        // The syntax has no quotes for units.
        if let unit, MetricNames.isUnit(unit) {
            text.append(keyword: "# UNIT ", name)
            text.append(contentsOf: unit.utf8)
            text.append(UInt8(ascii: "\n"))
        }
        if !help.isEmpty {
            text.append(keyword: "# HELP ", name)
            text.append(escaped: help, quotes: true)
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }
}

/// The beginning of a sample's line in a text format: its name, as it stands before labels and without any.
struct SampleHead: Sendable {
    /// `name{`, or `{"name",` where the name has to be quoted.
    let open: [UInt8]
    /// `name `, or `{"name"} `.
    let bare: [UInt8]

    init() {
        open = []
        bare = []
    }

    init(_ name: String) {
        var text: [UInt8] = []
        if MetricNames.isLegacyMetricName(name) {
            text.append(contentsOf: name.utf8)
            open = text + "{".utf8
            bare = text + " ".utf8
        } else {
            text.append(UInt8(ascii: "{"))
            text.append(quoted: name)
            open = text + ",".utf8
            bare = text + "} ".utf8
        }
    }
}

extension [UInt8] {
    /// Appends the beginning of a metadata line.
    fileprivate mutating func append(keyword: String, _ name: String) {
        append(contentsOf: keyword.utf8)
        if MetricNames.isLegacyMetricName(name) {
            append(contentsOf: name.utf8)
        } else {
            append(quoted: name)
        }
        append(UInt8(ascii: " "))
    }
}
