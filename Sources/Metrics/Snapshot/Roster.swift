/// The series of a family, in the order of exposition: everything about them that stays the same from one scrape to the
/// next, laid out to be read from front to back.
final class Roster: Sendable {
    /// What the series' records hold.
    enum Shape: Sendable {
        /// One number: counters, gauges, untyped values, info.
        case scalar
        case histogram(Buckets, hasNative: Bool)
        /// By the quantiles.
        case summary([Double])
        /// One bit for each state.
        case states([String])

        /// Whether each record is a single word.
        var isScalar: Bool {
            switch self {
            case .scalar, .states: true
            case .histogram, .summary: false
            }
        }
    }

    let shape: Shape
    let labels: [LabelSet]
    /// When counters began, in seconds since the Unix epoch; empty where the records say it, or nothing does.
    let created: [Double]
    private let isLegacy: Bool
    private let text: PackedLabels
    private let protobuf = LazyReference<PackedLabels>()

    /// - Parameter labels: in the order of exposition.
    init(shape: Shape, labels: [LabelSet], created: [Double] = []) {
        self.shape = shape
        self.labels = labels
        self.created = created
        isLegacy = labels.allSatisfy(\.isLegacy)
        text = PackedLabels(labels)
    }

    var count: Int { labels.count }

    /// The labels as the text formats write them.
    func text(_ escaping: EscapingScheme) -> PackedLabels {
        isUnchanged(by: escaping) ? text : PackedLabels(labels.map { $0.text(escaping) })
    }

    /// The labels as encoded LabelPair fields of a protobuf Metric.
    func protobuf(_ escaping: EscapingScheme) -> PackedLabels {
        func pack() -> PackedLabels { PackedLabels(labels.map { Protobuf.labels($0, escaping) }) }
        guard isUnchanged(by: escaping) else { return pack() }
        return protobuf.load() ?? protobuf.storeIfNil(pack())
    }

    private func isUnchanged(by escaping: EscapingScheme) -> Bool {
        escaping == .allowUTF8 || isLegacy && escaping != .dots
    }
}

/// The encoded labels of many series, one after the other.
final class PackedLabels: @unchecked Sendable {
    // Sound: written once in `init`, freed in `deinit`, read-only in between.
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    /// Where each series' labels end; they begin where the ones before end.
    private let ends: UnsafeMutableBufferPointer<Int>

    convenience init(_ pieces: [[UInt8]]) {
        self.init(count: pieces.count, size: pieces.reduce(0) { $0 + $1.count }) { index, body in
            pieces[index].withUnsafeBufferPointer(body)
        }
    }

    /// The text of label sets.
    convenience init(_ labels: [LabelSet]) {
        self.init(count: labels.count, size: labels.reduce(0) { $0 + $1.text.count }) { index, body in
            body(labels[index].text)
        }
    }

    private init(
        count: Int, size: Int, _ piece: (_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Void
    ) {
        bytes = .allocate(capacity: size)
        ends = .allocate(capacity: count)
        var end = 0
        for index in 0..<count {
            piece(index) { piece in
                if let source = piece.baseAddress, let target = bytes.baseAddress {
                    (target + end).initialize(from: source, count: piece.count)
                }
                end += piece.count
            }
            ends.initializeElement(at: index, to: end)
        }
    }

    deinit {
        bytes.deallocate()
        ends.deallocate()
    }

    /// All labels, one after the other, and where each series' labels end; valid as long as this object lives.
    var all: (bytes: UnsafePointer<UInt8>, ends: UnsafePointer<Int>)? {
        guard let bytes = bytes.baseAddress, let ends = ends.baseAddress else { return nil }
        return (UnsafePointer(bytes), UnsafePointer(ends))
    }

    /// Valid as long as this object lives.
    subscript(_ series: Int) -> UnsafeBufferPointer<UInt8> {
        let start = series == 0 ? 0 : ends[series - 1]
        return UnsafeBufferPointer(rebasing: bytes[start..<ends[series]])
    }
}
