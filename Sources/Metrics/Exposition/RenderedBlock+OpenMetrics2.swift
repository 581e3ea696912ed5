// OpenMetrics 2.0.0-rc0: a line for each series, whatever its type, and names as they are. It differs from 1.0 in
// histograms and summaries, which are values of several fields, in when counting began, which stands in the same line,
// and in exemplars, which belong to the series and not to a bucket.
extension RenderedBlock {
    /// Bytes that a series takes, at most.
    func openMetrics2Size(_ series: Int) -> Int {
        let number = ByteWriter.maximumNumber
        // Name, labels, value and the time at which counting began, with 16 bytes for what stands between them.
        let line = head.plain.bare.count + labels[series].count + 2 * number + 16
        var size = line
        switch block.roster.shape {
        case .scalar: break
        case .states(let names):
            size = names.reduce(0) { $0 + line + head.stateLabel.count + 2 * $1.utf8.count }
        case .summary(let quantiles):
            size += 64 + 2 * number + quantiles.count * (2 * number + 2)
        case .histogram(let buckets, let hasNative):
            let record = HistogramRecord(block.record(series), buckets)
            size += 64 + 2 * number + record.bucketCount * (2 * number + 2)
            // A bucket has its own span and an empty one before it, at worst.
            if hasNative {
                size += 256 + 4 * number * (record.native.positive.count + record.native.negative.count)
            }
        }
        for placed in block.exemplars(of: series) {
            size += placed.exemplar.labels.labels.text.count + 2 * number + " # {}  ".utf8.count
        }
        return size
    }

    func writeOpenMetrics2(_ series: Int, _ writer: inout ByteWriter) {
        switch block.roster.shape {
        case .scalar: writeCounter(series, &writer)
        case .histogram(let buckets, let hasNative):
            let record = HistogramRecord(block.record(series), buckets)
            begin(head.plain, series, &writer)
            writeHistogram(record, buckets, hasNative: hasNative, &writer)
            writeEnd(series, began: record.created, &writer)
        case .summary(let quantiles):
            let record = SummaryRecord(block.record(series))
            begin(head.plain, series, &writer)
            writeSummary(record, quantiles, &writer)
            writeEnd(series, began: record.created, &writer)
        case .states(let names): writeStates(series, names, &writer)
        }
    }

    private func writeCounter(_ series: Int, _ writer: inout ByteWriter) {
        begin(head.plain, series, &writer)
        writer.write(integerOrFloat: block.number(series))
        writeEnd(series, began: block.roster.created.isEmpty ? 0 : block.roster.created[series], &writer)
    }

    private func writeSummary(_ record: SummaryRecord, _ quantiles: [Double], _ writer: inout ByteWriter) {
        writer.write("{count:")
        writer.write(decimal: record.count)
        // The text wants a counter, neither negative nor NaN; the grammar, which prevails, has any sum. There is no
        // leaving it out.
        writer.write(",sum:")
        writer.write(integerOrFloat: record.sum)
        writer.write(",quantile:[")
        var isFirst = true
        for (index, quantile) in quantiles.enumerated() {
            let value = record.value(index)
            // There are no negative ones, by the text.
            if value < 0 { continue }
            if !isFirst { writer.write(UInt8(ascii: ",")) }
            isFirst = false
            writer.write(bound: quantile)
            writer.write(UInt8(ascii: ":"))
            writer.write(integerOrFloat: value)
        }
        writer.write("]}")
    }

    private func writeHistogram(
        _ record: HistogramRecord, _ buckets: Buckets, hasNative: Bool, _ writer: inout ByteWriter
    ) {
        writer.write("{count:")
        writer.write(decimal: record.total)
        writer.write(",sum:")
        writer.write(integerOrFloat: record.sum)
        if hasNative { write(record.native, &writer) }
        if !hasNative || !buckets.bounds.isEmpty {
            writer.write(",bucket:[")
            var cumulative: UInt64 = 0
            for bucket in 0..<record.bucketCount {
                if bucket > 0 { writer.write(UInt8(ascii: ",")) }
                writer.write(buckets.table.text(ofBound: bucket))
                writer.write(UInt8(ascii: ":"))
                cumulative += record.count(bucket)
                writer.write(decimal: cumulative)
            }
            writer.write(UInt8(ascii: "]"))
        }
        writer.write(UInt8(ascii: "}"))
    }

    private func write(_ record: NativeRecord, _ writer: inout ByteWriter) {
        writer.write(",schema:")
        writer.write(signed: record.schema)
        writer.write(",zero_threshold:")
        writer.write(integerOrFloat: record.zeroThreshold)
        writer.write(",zero_count:")
        writer.write(decimal: record.zeroCount)
        if !record.negative.isEmpty {
            writer.write(",negative_spans:[")
            writeSpans(record, record.negative, &writer)
            writer.write("],negative_buckets:[")
            writeCounts(record, record.negative, &writer)
            writer.write(UInt8(ascii: "]"))
        }
        if !record.positive.isEmpty {
            writer.write(",positive_spans:[")
            writeSpans(record, record.positive, &writer)
            writer.write("],positive_buckets:[")
            writeCounts(record, record.positive, &writer)
            writer.write(UInt8(ascii: "]"))
        }
    }

    /// The most empty buckets that are written as such rather than skipped by a new span, which takes more bytes.
    private static let filledGap = 1

    private func writeSpans(_ record: NativeRecord, _ buckets: Range<Int>, _ writer: inout ByteWriter) {
        var offset = record.index(buckets.lowerBound)
        var length = 0
        var next = offset
        for bucket in buckets {
            let gap = record.index(bucket) - next
            if gap > Self.filledGap {
                writer.write(span: offset, length)
                writer.write(UInt8(ascii: ","))
                offset = gap
                length = 1
            } else {
                length += gap + 1
            }
            next += gap + 1
        }
        writer.write(span: offset, length)
    }

    private func writeCounts(_ record: NativeRecord, _ buckets: Range<Int>, _ writer: inout ByteWriter) {
        var next = record.index(buckets.lowerBound)
        for bucket in buckets {
            if bucket > buckets.lowerBound { writer.write(UInt8(ascii: ",")) }
            let gap = record.index(bucket) - next
            if gap <= Self.filledGap { for _ in 0..<gap { writer.write("0,") } }
            writer.write(decimal: record.count(bucket))
            next += gap + 1
        }
    }

    /// Writes what comes after the value of a sample that counts: when that began, and the exemplars.
    private func writeEnd(_ series: Int, began seconds: Double, _ writer: inout ByteWriter) {
        if let time = ByteWriter.milliseconds(seconds) {
            writer.write(" st@")
            writer.write(milliseconds: time)
        }
        for placed in block.exemplars(of: series) {
            let exemplar = placed.exemplar
            // Those from before a reset are of observations that are gone.
            guard exemplar.timestamp >= seconds, let time = ByteWriter.milliseconds(exemplar.timestamp) else {
                continue
            }
            writer.write(" # {")
            writer.write(exemplar.labels.labels.text)
            writer.write("} ")
            writer.write(integerOrFloat: exemplar.value)
            writer.write(UInt8(ascii: " "))
            writer.write(milliseconds: time)
        }
        writer.write(UInt8(ascii: "\n"))
    }
}

extension ByteWriter {
    /// Writes a number: whole ones below 2^53 as integers, others as floats, which have a point or an exponent.
    mutating func write(integerOrFloat value: Double) {
        value.magnitude < 0x1p53 ? write(number: value) : write(bound: value)
    }

    fileprivate mutating func write(signed value: Int) {
        if value < 0 { write(UInt8(ascii: "-")) }
        write(decimal: UInt64(value.magnitude))
    }

    fileprivate mutating func write(span offset: Int, _ length: Int) {
        write(signed: offset)
        write(UInt8(ascii: ":"))
        write(signed: length)
    }

    /// - Returns: `nil` for a time that isn't known, or that no timestamp can have.
    fileprivate static func milliseconds(_ seconds: Double) -> UInt64? {
        guard seconds > 0, seconds < 1e12 else { return nil }
        return UInt64((seconds * 1000).rounded())
    }

    /// Writes a timestamp: in seconds, with three decimals.
    fileprivate mutating func write(milliseconds: UInt64) {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        write(decimal: seconds)
        write(rest < 10 ? ".00" : rest < 100 ? ".0" : ".")
        write(decimal: rest)
    }
}

extension MetricMetadata {
    /// The help, without carriage returns at its end, where they would be part of the line's end.
    var openMetrics2Help: String {
        var help = help.unicodeScalars
        while help.last == "\r" { help.removeLast() }
        return String(help)
    }
}
