// The text formats: Prometheus' 0.0.4 and 1.0.0, and OpenMetrics 1.0.0, which differs in exemplars, `_created` samples
// and in what it doesn't allow: sums and quantiles that are negative, and sums that are NaN. Such samples are left out,
// because one of them would cost a strict scraper all others.
extension RenderedBlock {
    private var isOpenMetrics: Bool { format == .openMetrics }

    /// Whether the series are lines with a number, and nothing more.
    var isPlain: Bool {
        guard format != .protobuf, case .scalar = block.roster.shape else { return false }
        if format == .openMetrics2 { return type != .counter }
        return !isOpenMetrics || type != .counter || block.exemplars.isEmpty && !createdSamples
    }

    /// As ``write(from:_:upTo:)``, for the many lines that are nothing but a name, labels and a number.
    func writePlain(from series: inout Int, _ writer: inout ByteWriter, upTo limit: Int) -> Int {
        let labels = labels.all
        let words = block.storage.words + block.start
        return withExtendedLifetime((self.labels, block)) {
            head.plain.open.withUnsafeBufferPointer { open in
                var start = series == 0 ? 0 : labels?.ends[series - 1] ?? 0
                while series < block.count, writer.count < limit {
                    let end = labels?.ends[series] ?? 0
                    let size = open.count + (end - start) + 4 + ByteWriter.maximumNumber
                    guard writer.room >= size else { return size }
                    if let labels, end > start {
                        writer.write(open)
                        writer.write(UnsafeBufferPointer(start: labels.bytes + start, count: end - start))
                        writer.write(UInt8(ascii: "}"))
                        writer.write(UInt8(ascii: " "))
                    } else {
                        writer.write(head.plain.bare)
                    }
                    let value = Double(bitPattern: words[series])
                    format == .openMetrics2 ? writer.write(integerOrFloat: value) : writer.write(number: value)
                    writer.write(UInt8(ascii: "\n"))
                    start = end
                    series += 1
                }
                return 0
            }
        }
    }

    /// Bytes that a series takes, at most.
    func textSize(_ series: Int) -> Int {
        let line =
            head.created.open.count + 1 + head.bucket.open.count + labels[series].count + ByteWriter.maximumNumber
        var size: Int
        switch block.roster.shape {
        case .scalar:
            size = 2 * line
        case .histogram(let buckets, _):
            size = (buckets.bounds.count + 4) * (line + buckets.table.longestSuffix + 1)
        case .summary(let quantiles):
            size = (quantiles.count + 3) * (line + ByteWriter.maximumNumber + "quantile=\"\"".utf8.count)
        case .states(let names):
            size = names.reduce(0) { $0 + 2 * line + 2 * $1.utf8.count }
        }
        if isOpenMetrics {
            for placed in block.exemplars(of: series) {
                size += placed.exemplar.labels.labels.text.count + 2 * ByteWriter.maximumNumber + " # {}  ".utf8.count
            }
        }
        return size
    }

    func writeText(_ series: Int, _ writer: inout ByteWriter) {
        switch block.roster.shape {
        case .scalar: writeScalar(series, &writer)
        case .histogram(let buckets, _):
            writeHistogram(series, HistogramRecord(block.record(series), buckets), buckets, &writer)
        case .summary(let quantiles):
            writeSummary(series, SummaryRecord(block.record(series)), quantiles, &writer)
        case .states(let names): writeStates(series, names, &writer)
        }
    }

    private func writeScalar(_ series: Int, _ writer: inout ByteWriter) {
        begin(head.plain, series, &writer)
        writer.write(number: block.number(series))
        guard isOpenMetrics, type == .counter else { return writer.write(UInt8(ascii: "\n")) }
        if let placed = block.exemplars(of: series).first { write(placed.exemplar, &writer) }
        writer.write(UInt8(ascii: "\n"))
        if !block.roster.created.isEmpty { writeCreated(block.roster.created[series], series, &writer) }
    }

    private func writeHistogram(
        _ series: Int, _ record: HistogramRecord, _ buckets: Buckets, _ writer: inout ByteWriter
    ) {
        var exemplars = isOpenMetrics ? block.exemplars(of: series) : []
        // The lines begin alike: the first one's beginning is copied for the others.
        let start = writer.count
        writer.write(head.bucket.open)
        if !labels[series].isEmpty {
            writer.write(labels[series])
            writer.write(UInt8(ascii: ","))
        }
        let length = writer.count - start
        var cumulative: UInt64 = 0
        for bucket in 0..<record.bucketCount {
            if bucket > 0 { writer.rewrite(from: start, count: length) }
            writer.write(buckets.table.suffixes[bucket])
            cumulative += record.count(bucket)
            writer.write(decimal: cumulative)
            // Those of a histogram without bounds have other slots, and all belong to its only bucket.
            if let placed = exemplars.first, placed.slot == bucket || buckets.bounds.isEmpty {
                write(placed.exemplar, &writer)
                exemplars = exemplars.dropFirst()
            }
            writer.write(UInt8(ascii: "\n"))
        }
        // "If and only if a Sum Value is present", there is a count; there is no sum beside buckets below zero.
        if !isOpenMetrics || record.sum >= 0 && (buckets.bounds.first ?? 0) >= 0 {
            writeSample(head.sum, series, record.sum, &writer)
            begin(head.count, series, &writer)
            writer.write(decimal: cumulative)
            writer.write(UInt8(ascii: "\n"))
        }
        if isOpenMetrics { writeCreated(record.created, series, &writer) }
    }

    private func writeSummary(
        _ series: Int, _ record: SummaryRecord, _ quantiles: [Double], _ writer: inout ByteWriter
    ) {
        for (index, quantile) in quantiles.enumerated() {
            let value = record.value(index)
            if isOpenMetrics, value < 0 { continue }
            writer.write(head.plain.open)
            if !labels[series].isEmpty {
                writer.write(labels[series])
                writer.write(UInt8(ascii: ","))
            }
            writer.write("quantile=\"")
            writer.write(bound: quantile)
            writer.write("\"} ")
            writer.write(number: value)
            writer.write(UInt8(ascii: "\n"))
        }
        if !isOpenMetrics || record.sum >= 0 { writeSample(head.sum, series, record.sum, &writer) }
        begin(head.count, series, &writer)
        writer.write(decimal: record.count)
        writer.write(UInt8(ascii: "\n"))
        if isOpenMetrics { writeCreated(record.created, series, &writer) }
    }

    func writeStates(_ series: Int, _ names: [String], _ writer: inout ByteWriter) {
        for (index, name) in names.enumerated() {
            writer.write(head.plain.open)
            if !labels[series].isEmpty {
                writer.write(labels[series])
                writer.write(UInt8(ascii: ","))
            }
            writer.write(head.stateLabel)
            writer.write("=\"")
            writer.write(escaped: name)
            writer.write("\"} ")
            writer.write(UInt8(ascii: block.word(series) & 1 << index != 0 ? "1" : "0"))
            writer.write(UInt8(ascii: "\n"))
        }
    }

    private func writeSample(_ head: SampleHead, _ series: Int, _ value: Double, _ writer: inout ByteWriter) {
        begin(head, series, &writer)
        writer.write(number: value)
        writer.write(UInt8(ascii: "\n"))
    }

    private func writeCreated(_ seconds: Double, _ series: Int, _ writer: inout ByteWriter) {
        guard createdSamples, seconds > 0 else { return }
        writeSample(head.created, series, seconds, &writer)
    }

    /// Writes a line up to its value.
    func begin(_ head: SampleHead, _ series: Int, _ writer: inout ByteWriter) {
        let text = labels[series]
        if text.isEmpty { return writer.write(head.bare) }
        writer.write(head.open)
        writer.write(text)
        writer.write("} ")
    }

    private func write(_ exemplar: Exemplar, _ writer: inout ByteWriter) {
        writer.write(" # {")
        writer.write(exemplar.labels.labels.text)
        writer.write("} ")
        writer.write(number: exemplar.value)
        writer.write(UInt8(ascii: " "))
        writer.write(number: exemplar.timestamp)
    }
}
