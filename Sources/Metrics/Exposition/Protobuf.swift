/// Prometheus' protobuf messages: `io.prometheus.client`, metrics.proto.
enum Protobuf {
    /// The most bytes that a varint takes.
    static let maximumVarint = 10

    /// The fields of a MetricFamily before its metrics.
    static func preamble(_ metadata: MetricMetadata, name: String) -> [UInt8] {
        let type: UInt64 =
            switch metadata.type {
            case .counter: 0
            case .gauge, .info, .stateSet: 1
            case .summary: 2
            case .unknown: 3
            case .histogram: 4
            }
        var sink = ProtobufBytes()
        sink.write(1, name)
        if !metadata.help.isEmpty { sink.write(2, metadata.help) }
        sink.write(3, varint: type)
        return sink.bytes
    }

    /// The fields of a MetricFamily after its metrics.
    static func epilogue(_ metadata: MetricMetadata) -> [UInt8] {
        var sink = ProtobufBytes()
        if let unit = metadata.unit { sink.write(5, unit) }
        return sink.bytes
    }

    /// The LabelPair fields of a Metric.
    static func labels(_ labels: LabelSet, _ escaping: EscapingScheme) -> [UInt8] {
        var sink = ProtobufBytes()
        write(labels, field: 1, escaping, &sink)
        return sink.bytes
    }

    private static func write(
        _ labels: LabelSet, field: UInt64, _ escaping: EscapingScheme, _ sink: inout some ProtobufSink
    ) {
        for (name, value) in zip(labels.names, labels.values) {
            write(name: escaping.escape(labelName: name), value: value, field: field, &sink)
        }
    }

    private static func write(name: String, value: String, field: UInt64, _ sink: inout some ProtobufSink) {
        sink.nest(field) { sink in
            sink.write(1, name)
            sink.write(2, value)
        }
    }

    /// The MetricFamily's field for a series: a Metric; for a state set one for each state.
    static func write(
        _ rendered: RenderedBlock, _ series: Int, _ labels: UnsafeBufferPointer<UInt8>,
        _ sink: inout some ProtobufSink
    ) {
        let block = rendered.block
        if case .states(let names) = block.roster.shape {
            for (index, name) in names.enumerated() {
                sink.nest(4) { sink in
                    sink.write(bytes: labels)
                    write(name: rendered.head.name, value: name, field: 1, &sink)
                    sink.nest(2) { $0.write(1, block.word(series) & 1 << index != 0 ? 1.0 : 0.0) }
                }
            }
            return
        }
        sink.nest(4) { sink in
            sink.write(bytes: labels)
            switch block.roster.shape {
            case .scalar:
                let number = block.number(series)
                switch rendered.type {
                case .counter:
                    sink.nest(3) { sink in
                        sink.write(1, number)
                        if let placed = block.exemplars(of: series).first { write(placed.exemplar, field: 2, &sink) }
                        if !block.roster.created.isEmpty {
                            write(timestamp: block.roster.created[series], field: 3, &sink)
                        }
                    }
                case .unknown: sink.nest(5) { $0.write(1, number) }
                default: sink.nest(2) { $0.write(1, number) }
                }
            case .summary(let quantiles):
                sink.nest(4) { write(SummaryRecord(block.record(series)), quantiles, &$0) }
            case .histogram(let buckets, let hasNative):
                sink.nest(7) { sink in
                    write(
                        HistogramRecord(block.record(series), buckets), buckets, hasNative: hasNative,
                        block.exemplars(of: series), &sink)
                }
            case .states: break
            }
        }
    }

    private static func write(
        _ record: SummaryRecord, _ quantiles: [Double], _ sink: inout some ProtobufSink
    ) {
        sink.write(1, varint: record.count)
        sink.write(2, record.sum)
        for (index, quantile) in quantiles.enumerated() {
            sink.nest(3) { sink in
                sink.write(1, quantile)
                sink.write(2, record.value(index))
            }
        }
        write(timestamp: record.created, field: 4, &sink)
    }

    private static func write(
        _ record: HistogramRecord, _ buckets: Buckets, hasNative: Bool, _ exemplars: ArraySlice<PlacedExemplar>,
        _ sink: inout some ProtobufSink
    ) {
        let isNativeOnly = hasNative && buckets.bounds.isEmpty
        sink.write(1, varint: record.total)
        sink.write(2, record.sum)
        if !isNativeOnly {
            var cumulative: UInt64 = 0
            var exemplars = exemplars
            for bucket in 0..<record.bucketCount {
                cumulative += record.count(bucket)
                sink.nest(3) { sink in
                    sink.write(1, varint: cumulative)
                    sink.write(2, bucket < buckets.bounds.count ? buckets.bounds[bucket] : .infinity)
                    if let placed = exemplars.first, placed.slot == bucket {
                        write(placed.exemplar, field: 3, &sink)
                        exemplars = exemplars.dropFirst()
                    }
                }
            }
        }
        if hasNative { write(record.native, &sink) }
        write(timestamp: record.created, field: 15, &sink)
        if isNativeOnly {
            for placed in exemplars { write(placed.exemplar, field: 16, &sink) }
        }
    }

    private static func write(_ record: NativeRecord, _ sink: inout some ProtobufSink) {
        sink.write(5, signed: Int64(record.schema))
        sink.write(6, record.zeroThreshold)
        sink.write(7, varint: record.zeroCount)
        write(record, record.negative, spanField: 9, deltaField: 10, &sink)
        write(record, record.positive, spanField: 12, deltaField: 13, &sink)
        if record.zeroThreshold == 0, record.zeroCount == 0, record.positive.isEmpty, record.negative.isEmpty {
            // Without this span nothing would tell the histogram from a classic one.
            writeSpan(offset: 0, length: 0, field: 12, &sink)
        }
    }

    /// The most empty buckets that are written as such rather than skipped by a new span.
    private static let filledGap = 2

    private static func write(
        _ record: NativeRecord, _ buckets: Range<Int>, spanField: UInt64, deltaField: UInt64,
        _ sink: inout some ProtobufSink
    ) {
        var next = 0
        var start = buckets.lowerBound
        while start < buckets.upperBound {
            var end = start + 1
            while end < buckets.upperBound, record.index(end) - record.index(end - 1) - 1 <= filledGap { end += 1 }
            let last = record.index(end - 1)
            writeSpan(
                offset: record.index(start) - next, length: last - record.index(start) + 1, field: spanField, &sink)
            next = last + 1
            start = end
        }
        var previous: Int64 = 0
        func write(_ count: UInt64, _ sink: inout some ProtobufSink) {
            sink.write(deltaField, signed: Int64(count) - previous)
            previous = Int64(count)
        }
        for bucket in buckets {
            if bucket > buckets.lowerBound {
                let gap = record.index(bucket) - record.index(bucket - 1) - 1
                if gap <= filledGap { for _ in 0..<gap { write(0, &sink) } }
            }
            write(record.count(bucket), &sink)
        }
    }

    private static func writeSpan(offset: Int, length: Int, field: UInt64, _ sink: inout some ProtobufSink) {
        sink.nest(field) { sink in
            sink.write(1, signed: Int64(offset))
            sink.write(2, varint: UInt64(length))
        }
    }

    private static func write(_ exemplar: Exemplar, field: UInt64, _ sink: inout some ProtobufSink) {
        sink.nest(field) { sink in
            write(exemplar.labels.labels, field: 1, .allowUTF8, &sink)
            sink.write(2, exemplar.value)
            write(timestamp: exemplar.timestamp, field: 3, &sink)
        }
    }

    private static func write(timestamp seconds: Double, field: UInt64, _ sink: inout some ProtobufSink) {
        guard seconds > 0, seconds < 1e12 else { return }
        let milliseconds = UInt64((seconds * 1000).rounded())
        sink.nest(field) { sink in
            sink.write(1, varint: milliseconds / 1000)
            sink.write(2, varint: milliseconds % 1000 * 1_000_000)
        }
    }
}
