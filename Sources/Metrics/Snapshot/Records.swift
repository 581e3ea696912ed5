/// A histogram's words in a snapshot: when counting began, the sum, the counts of the classic buckets and, if it has
/// native ones, a ``NativeRecord``.
struct HistogramRecord {
    // Valid while the block that it was read from lives.
    private let words: UnsafePointer<UInt64>
    let bucketCount: Int

    init(_ words: UnsafePointer<UInt64>, _ buckets: Buckets) {
        self.words = words
        bucketCount = buckets.bounds.count + 1
    }

    /// In seconds since the Unix epoch; 0 when it isn't known.
    var created: Double { Double(bitPattern: words[0]) }
    var sum: Double { Double(bitPattern: words[1]) }

    /// The observations of a bucket alone, the last one +Inf's.
    func count(_ bucket: Int) -> UInt64 { words[2 + bucket] }

    var total: UInt64 {
        var total: UInt64 = 0
        for bucket in 0..<bucketCount { total += count(bucket) }
        return total
    }

    /// Only there if the histogram has native buckets.
    var native: NativeRecord { NativeRecord(words: words + 2 + bucketCount) }
}

/// A histogram's native words: schema, zero threshold, zero count, how many positive and how many negative buckets, and
/// for each of these its index and its count, positive ones first, in the order of their indices.
struct NativeRecord {
    fileprivate let words: UnsafePointer<UInt64>
    private static let header = 5

    var schema: Int { Int(Int64(bitPattern: words[0])) }
    var zeroThreshold: Double { Double(bitPattern: words[1]) }
    var zeroCount: UInt64 { words[2] }
    var positive: Range<Int> { 0..<Int(words[3]) }
    var negative: Range<Int> { Int(words[3])..<Int(words[3] + words[4]) }

    func index(_ bucket: Int) -> Int { Int(Int64(bitPattern: words[Self.header + 2 * bucket])) }
    func count(_ bucket: Int) -> UInt64 { words[Self.header + 2 * bucket + 1] }
}

extension SnapshotBuilder {
    /// Appends a ``NativeRecord`` without its buckets.
    ///
    /// - Returns: where the numbers of positive and negative buckets are to be set.
    mutating func appendNativeHeader(schema: Int, zeroThreshold: Double, zeroCount: UInt64) -> Int {
        append(UInt64(bitPattern: Int64(schema)))
        append(zeroThreshold)
        append(zeroCount)
        _ = appendZeros(2)
        return count - 2
    }

    mutating func appendNativeBucket(index: Int, count: UInt64) {
        append(UInt64(bitPattern: Int64(index)))
        append(count)
    }
}

/// A summary's words in a snapshot: when counting began, the sum, the count, and the quantiles' values.
struct SummaryRecord {
    // Valid while the block that it was read from lives.
    private let words: UnsafePointer<UInt64>

    init(_ words: UnsafePointer<UInt64>) { self.words = words }

    var created: Double { Double(bitPattern: words[0]) }
    var sum: Double { Double(bitPattern: words[1]) }
    var count: UInt64 { words[2] }
    func value(_ quantile: Int) -> Double { Double(bitPattern: words[3 + quantile]) }
}

extension SeriesBlock {
    /// One series as a value of its own.
    func series(_ index: Int, _ type: MetricType) -> Series {
        let exemplars = exemplars(of: index).map(\.exemplar)
        func make(_ value: MetricValue, created: Double? = nil) -> Series {
            Series(
                labels: roster.labels[index], value: value, created: created == 0 ? nil : created, exemplars: exemplars)
        }
        switch roster.shape {
        case .scalar:
            let number = number(index)
            return switch type {
            case .counter: make(.counter(number), created: roster.created.isEmpty ? nil : roster.created[index])
            case .info: make(.info)
            case .unknown: make(.unknown(number))
            default: make(.gauge(number))
            }
        case .states(let names):
            let states = names.indices.filter { word(index) & 1 << $0 != 0 }.map { names[$0] }
            return make(.states(Set(states)))
        case .summary(let quantiles):
            let record = SummaryRecord(record(index))
            let values = quantiles.indices.map { (quantile: quantiles[$0], value: record.value($0)) }
            return make(
                .summary(SummarySnapshot(quantiles: values, count: record.count, sum: record.sum)),
                created: record.created)
        case .histogram(let buckets, let hasNative):
            let record = HistogramRecord(record(index), buckets)
            return make(
                .histogram(HistogramSnapshot(record, buckets, hasNative: hasNative)), created: record.created)
        }
    }
}

extension HistogramSnapshot {
    init(_ record: HistogramRecord, _ buckets: Buckets, hasNative: Bool) {
        self.init(
            buckets: buckets, counts: (0..<record.bucketCount).map(record.count), sum: record.sum,
            native: hasNative ? NativeHistogramSnapshot(record.native) : nil)
    }
}

extension NativeHistogramSnapshot {
    fileprivate init(_ record: NativeRecord) {
        func buckets(_ range: Range<Int>) -> [Int: UInt64] {
            Dictionary(uniqueKeysWithValues: range.map { (record.index($0), record.count($0)) })
        }
        self.init(
            schema: record.schema, zeroThreshold: record.zeroThreshold, zeroCount: record.zeroCount,
            positive: buckets(record.positive), negative: buckets(record.negative))
    }
}
