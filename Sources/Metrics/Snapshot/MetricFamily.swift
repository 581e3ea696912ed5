/// What a scrape reads of one metric: its metadata and all its series, as values. Every output format is rendered from
/// these.
///
/// Collectors make theirs with ``counter(_:help:unit:_:)-(_,_,_,Double)`` and the like.
public struct MetricFamily: Sendable {
    let metadata: MetricMetadata
    /// Nearly always one; several when sub-registries with other constant labels share the name.
    var block: SeriesBlock
    var moreBlocks: [SeriesBlock] = []
    /// Series that a collector gave twice, or that can't be exposed.
    var droppedSeries = 0

    init(metadata: MetricMetadata, block: SeriesBlock) {
        self.metadata = metadata
        self.block = block
    }

    /// The metric's name, a counter's with `_total`, an info's with `_info`.
    public var name: String { metadata.name }
    /// What it measures, for readers; unescaped.
    public var help: String { metadata.help }
    /// The unit that the name says, such as `seconds`.
    public var unit: String? { metadata.unit }
    /// What kind of metric it is.
    public var type: MetricType { metadata.type }

    /// The series in the order in which they are exposed, as values of their own; costs O(series) each time.
    public var series: [Series] { blocks.flatMap { block in (0..<block.count).map { block.series($0, type) } } }

    var blocks: [SeriesBlock] { [block] + moreBlocks }
    var blockCount: Int { 1 + moreBlocks.count }
    func block(_ index: Int) -> SeriesBlock { index == 0 ? block : moreBlocks[index - 1] }

    /// Adds the series of a family of the same name.
    mutating func merge(_ other: MetricFamily) {
        let sorted = (blocks + other.blocks).sorted {
            LabelSet.precedes($0.roster.labels[0], $1.roster.labels[0])
        }
        block = sorted[0]
        moreBlocks = Array(sorted[1...])
    }
}

/// Series of a family that were read together.
struct SeriesBlock: Sendable {
    let roster: Roster
    let storage: SnapshotStorage
    /// Where the records begin; for records that differ in size, where their index begins.
    let start: Int
    /// The block's part of the storage's exemplars, ordered by series.
    let exemplars: Range<Int>

    var count: Int { roster.count }

    /// The words of a scalar series.
    func word(_ index: Int) -> UInt64 { storage.words[start + index] }

    func number(_ index: Int) -> Double { Double(bitPattern: word(index)) }

    /// The words of a series whose records differ in size.
    func record(_ index: Int) -> UnsafePointer<UInt64> {
        UnsafePointer(storage.words + Int(storage.words[start + index]))
    }

    func exemplars(of series: Int) -> ArraySlice<PlacedExemplar> {
        guard !exemplars.isEmpty else { return [] }
        let all = storage.exemplars[exemplars]
        let first = all.partitioningIndex { $0.series >= series }
        return all[first...].prefix { $0.series == series }
    }
}

extension ArraySlice {
    /// The first index from which on all elements satisfy the predicate, in a slice that is ordered by it.
    func partitioningIndex(where isSecond: (Element) -> Bool) -> Index {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if isSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The kinds of metric of the Prometheus and OpenMetrics data models, with their names in OpenMetrics.
public enum MetricType: String, Sendable, Hashable {
    /// A value that only grows.
    case counter
    /// A value that goes up and down.
    case gauge
    /// Observations counted in buckets.
    case histogram
    /// Quantiles of observations, estimated by the program itself.
    case summary
    /// Facts told by labels; a gauge in all formats but OpenMetrics.
    case info
    /// Which of some states are on; a gauge in all formats but OpenMetrics.
    case stateSet = "stateset"
    /// A value from another system, of which more isn't known; `untyped` outside OpenMetrics.
    case unknown

    /// What the names of all samples end in.
    var sampleSuffix: String {
        switch self {
        case .counter: "_total"
        case .info: "_info"
        default: ""
        }
    }
}
