internal import Glibc
public import Synchronization

/// Counts observations in buckets: latencies, sizes.
///
/// May be used from any thread. An observation costs a search through the bounds and three atomic updates; nothing
/// locks or allocates. A read never shows a torn state: its buckets, count and sum stand for one set of whole
/// observations, whatever other threads do meanwhile.
///
/// How: there are two shards, one of them active. `ticket` says which one (its top bit) and how many observations have
/// ever begun (the rest), so that one addition both counts an observation and tells it where to go. The observation
/// then adds to the shard's sum, and to its bucket last. A shard whose buckets add up to the observations begun in it
/// is therefore complete, sum and all. Readers try that first; when writers never pause, they flip the active shard
/// and wait for the one at rest, which only needs the few observations already under way.
public final class Histogram: Instrument {
    /// The upper bounds of the buckets.
    public let buckets: Buckets

    @usableFromInline
    let bounds: Bounds
    @usableFromInline
    let ticket = Atomic<UInt64>(0)
    @usableFromInline
    let shards: AtomicWords
    private let reader = Mutex(Reader())

    /// What only readers need, one at a time.
    private struct Reader {
        /// Observations that ended in the shard at rest; it is complete and stays so until the next flip.
        var atRest: UInt64 = 0
    }

    @usableFromInline
    static let shardBit: UInt64 = 1 << 63

    /// Optimistic reads before the shards are flipped.
    private static let attempts = 3

    /// A histogram that belongs to no registry yet; registries make theirs with
    /// ``MetricsRegistry/histogram(_:help:buckets:)``.
    public init(buckets: Buckets) {
        self.buckets = buckets
        bounds = Bounds(buckets.bounds)
        // A shard is a sum (the bits of a double), then a word for every bucket, +Inf among them.
        shards = AtomicWords(count: 2 * (buckets.bounds.count + 2))
    }

    @inlinable
    var shardSize: Int { bounds.count + 2 }

    /// Counts a value. NaN counts in the +Inf bucket, and makes the sum NaN.
    @inlinable
    public func observe(_ value: Double) {
        let bucket = bounds.bucket(of: value)
        let before = ticket.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
        let shard = before & Self.shardBit == 0 ? 0 : shardSize
        shards.words[shard].add(double: value)
        shards.words[shard + 1 + bucket].wrappingAdd(1, ordering: .releasing)
    }

    /// One consistent state.
    public func snapshot() -> HistogramSnapshot {
        reader.withLock { reader in
            for _ in 0..<Self.attempts {
                let active = ticket.load(ordering: .acquiring) & Self.shardBit
                let running = readShard(active)
                // Read after the shard: whoever's sum was seen above had drawn a ticket before.
                if running.count == ticket.load(ordering: .acquiring) & ~Self.shardBit - reader.atRest {
                    return merge(running, readShard(active ^ Self.shardBit))
                }
            }
            return flip(&reader)
        }
    }

    private func flip(_ reader: inout Reader) -> HistogramSnapshot {
        let active = ticket.load(ordering: .acquiring) & Self.shardBit
        let rested = readShard(active ^ Self.shardBit)
        let begun = ticket.wrappingAdd(Self.shardBit, ordering: .acquiringAndReleasing).oldValue & ~Self.shardBit
        let expected = begun - reader.atRest
        var resting = readShard(active)
        while resting.count != expected {
            // A writer was stopped in the middle of an observation; let it run.
            sched_yield()
            resting = readShard(active)
        }
        reader.atRest = expected
        return merge(resting, rested)
    }

    private struct Shard {
        var counts: [UInt64]
        var count: UInt64
        var sum: Double
    }

    private func readShard(_ bit: UInt64) -> Shard {
        let start = bit == 0 ? 0 : shardSize
        var shard = Shard(counts: [], count: 0, sum: 0)
        shard.counts.reserveCapacity(shardSize - 1)
        for index in (start + 1)..<(start + shardSize) {
            let count = shards.words[index].load(ordering: .acquiring)
            shard.counts.append(count)
            shard.count += count
        }
        shard.sum = Double(bitPattern: shards.words[start].load(ordering: .acquiring))
        return shard
    }

    private func merge(_ one: Shard, _ other: Shard) -> HistogramSnapshot {
        var counts = one.counts
        for index in counts.indices { counts[index] += other.counts[index] }
        return HistogramSnapshot(buckets: buckets, counts: counts, sum: one.sum + other.sum)
    }

    public static let type = MetricType.histogram
    public convenience init(options: Buckets) { self.init(buckets: options) }
    public func read() -> MetricValue { .histogram(snapshot()) }
}

/// Bucket bounds, laid out for the search.
@usableFromInline
final class Bounds: @unchecked Sendable {
    // Sound: written once in `init`, freed in `deinit`, read-only in between.
    @usableFromInline
    let values: UnsafeMutablePointer<Double>
    @usableFromInline
    let count: Int

    init(_ bounds: [Double]) {
        count = bounds.count
        values = .allocate(capacity: max(1, bounds.count))
        values.initialize(from: bounds, count: bounds.count)
    }

    deinit { values.deallocate() }

    /// The index of the first bound that isn't less than `value`; the number of bounds, which stands for +Inf, when
    /// there is none. Costs O(log n).
    @inlinable
    func bucket(of value: Double) -> Int {
        // The comparison is this way round so that NaN, which is less than nothing, goes to +Inf.
        var low = 0
        var length = count
        while length > 0 {
            let half = length / 2
            if values[low + half] >= value {
                length = half
            } else {
                low += half + 1
                length -= half + 1
            }
        }
        return low
    }
}
