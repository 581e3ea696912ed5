/// What instruments write their state into when a registry is read: one number after the other, in one piece of memory
/// for the whole registry.
///
/// Only for instruments of this library; what users read is ``MetricFamily``.
public struct SnapshotBuilder: ~Copyable {
    private(set) var families: [MetricFamily] = []
    private let storage: SnapshotStorage
    /// The storage's memory and its capacity.
    private var words: UnsafeMutablePointer<UInt64>
    private var capacity: Int
    /// How many words are written.
    private(set) var count = 0
    /// The place within its family of the series that is being written.
    private var series = 0
    /// Where the index of the family's records begins, if they differ in size.
    private var index: Int?

    /// - Parameters:
    ///   - capacity: the words to make room for at first.
    ///   - families: the families to make room for.
    init(capacity: Int, families: Int = 0) {
        storage = SnapshotStorage(capacity: capacity)
        words = storage.words
        self.capacity = capacity
        self.families.reserveCapacity(families)
    }

    /// Adds a family; its children are in the order of the roster.
    mutating func append<I: Instrument>(_ metadata: MetricMetadata, _ roster: Roster, _ children: [I]) {
        append(metadata, roster) { I.record(children, into: &$0) }
    }

    /// Adds a family whose records `write` appends, each after ``beginSeries(_:)``.
    mutating func append(
        _ metadata: MetricMetadata, _ roster: Roster, _ write: (inout SnapshotBuilder) -> Void
    ) {
        let start = count
        let firstExemplar = storage.exemplars.count
        index = roster.shape.isScalar ? nil : start
        if index != nil { _ = appendZeros(roster.count) }
        write(&self)
        families.append(
            MetricFamily(
                metadata: metadata,
                block: SeriesBlock(
                    roster: roster, storage: storage, start: start, exemplars: firstExemplar..<storage.exemplars.count))
        )
    }

    /// Begins the record of a series, by its place in the roster.
    mutating func beginSeries(_ series: Int) {
        self.series = series
        if let index { words[index + series] = UInt64(count) }
    }

    /// Adds what a collector made.
    mutating func append(_ family: MetricFamily) { families.append(family) }

    mutating func append(_ word: UInt64) {
        if count == capacity { grow(by: 1) }
        words[count] = word
        count += 1
    }

    mutating func append(_ number: Double) { append(number.bitPattern) }

    /// - Returns: the new words; valid until something else is appended.
    mutating func appendZeros(_ number: Int) -> UnsafeMutablePointer<UInt64> {
        if count + number > capacity { grow(by: number) }
        let start = words + count
        start.update(repeating: 0, count: number)
        count += number
        return start
    }

    mutating func set(_ index: Int, _ word: UInt64) { words[index] = word }

    /// Forgets what was written after the first `count` words.
    mutating func truncate(to count: Int) { self.count = count }

    /// Adds the exemplars of the current series.
    mutating func append(_ slots: ExemplarSlots?) {
        guard let slots else { return }
        for (slot, exemplar) in slots.all.enumerated() {
            guard let exemplar else { continue }
            storage.exemplars.append(PlacedExemplar(series: series, slot: slot, exemplar: exemplar))
        }
    }

    /// Calls `body` with what has been written.
    func withWords<Result>(_ body: (UnsafePointer<UInt64>) -> Result) -> Result { body(words) }

    private mutating func grow(by number: Int) {
        capacity = max(2 * capacity, count + number)
        storage.grow(to: capacity, keeping: count)
        words = storage.words
    }
}

/// The numbers and exemplars of a snapshot.
final class SnapshotStorage: @unchecked Sendable {
    // Sound: only the builder that made it writes to it, and it is shared only once the builder is done.
    private(set) var words: UnsafeMutablePointer<UInt64>
    fileprivate(set) var exemplars: [PlacedExemplar] = []

    init(capacity: Int) { words = .allocate(capacity: capacity) }

    deinit { words.deallocate() }

    fileprivate func grow(to capacity: Int, keeping count: Int) {
        let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
        larger.update(from: words, count: count)
        words.deallocate()
        words = larger
    }
}

/// An exemplar and where it belongs.
struct PlacedExemplar: Sendable {
    /// The place of its series within its block.
    let series: Int
    /// The bucket, for histograms with classic buckets.
    let slot: Int
    let exemplar: Exemplar
}
