/// A block of series on its way into one of the formats.
struct RenderedBlock: Sendable {
    let block: SeriesBlock
    let type: MetricType
    let format: ExpositionFormat
    let head: FamilyHead
    let labels: PackedLabels
    let createdSamples: Bool
    private let escaping: EscapingScheme

    init(_ family: MetricFamily, _ index: Int, _ exposition: Exposition) {
        format = exposition.format
        escaping = exposition.escaping
        createdSamples = exposition.createdSamples
        block = family.block(index)
        type = family.type
        head = family.metadata.head(format, escaping)
        labels = format == .protobuf ? block.roster.protobuf(escaping) : block.roster.text(escaping)
    }

    /// Bytes to be written before a family's first series, at most.
    var preambleSize: Int { head.preamble.count + Protobuf.maximumVarint }

    func writePreamble(_ family: MetricFamily, _ exposition: Exposition, _ writer: inout ByteWriter) {
        if format == .protobuf {
            var size = head.preamble.count + head.epilogue.count + protobufSize
            for index in 1..<family.blockCount { size += RenderedBlock(family, index, exposition).protobufSize }
            writer.write(varint: UInt64(size))
        }
        writer.write(head.preamble)
    }

    private var protobufSize: Int {
        var size = ProtobufSize()
        for series in 0..<block.count { Protobuf.write(self, series, labels[series], &size) }
        return size.count
    }

    /// Writes series from `series` on, which is left at the first that isn't written.
    ///
    /// - Returns: how much room the next series needs if it doesn't fit; 0 when all are written or `limit` is reached.
    func write(from series: inout Int, _ writer: inout ByteWriter, upTo limit: Int) -> Int {
        if isPlain { return writePlain(from: &series, &writer, upTo: limit) }
        while series < block.count, writer.count < limit {
            let size = room(for: series)
            guard writer.room >= size else { return size }
            switch format {
            case .protobuf: Protobuf.write(self, series, labels[series], &writer)
            case .openMetrics2: writeOpenMetrics2(series, &writer)
            case .text, .text1, .openMetrics: writeText(series, &writer)
            }
            series += 1
        }
        return 0
    }

    private func room(for series: Int) -> Int {
        switch format {
        case .protobuf: roomForProtobuf(series)
        case .openMetrics2: openMetrics2Size(series)
        case .text, .text1, .openMetrics: textSize(series)
        }
    }

    /// Bytes that a series takes in protobuf, at most: a message of two numbers takes less than 32.
    private func roomForProtobuf(_ series: Int) -> Int {
        var size = 128 + labels[series].count
        switch block.roster.shape {
        case .scalar: break
        case .summary(let quantiles): size += 32 * quantiles.count
        case .states(let names):
            size += names.reduce(0) { $0 + 64 + labels[series].count + head.name.utf8.count + $1.utf8.count }
        case .histogram(let buckets, let hasNative):
            let record = HistogramRecord(block.record(series), buckets)
            size += 32 * record.bucketCount
            // A bucket has its own span and up to two empty ones before it, at worst.
            if hasNative { size += 64 + 64 * (record.native.positive.count + record.native.negative.count) }
        }
        for placed in block.exemplars(of: series) {
            let labels = placed.exemplar.labels.labels
            size += 64 + labels.text.count + 16 * labels.names.count
        }
        return size
    }
}
