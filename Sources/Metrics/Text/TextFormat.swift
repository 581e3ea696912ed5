/// The Prometheus text exposition format, version 0.0.4.
public enum TextFormat {
    /// The Content-Type to send it with.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Appends the exposition of a snapshot in UTF-8: for every family HELP, TYPE and its samples.
    ///
    /// Costs O(output), and allocates only where `buffer` has to grow: use one again for the next scrape.
    public static func render(_ families: [MetricFamily], into buffer: inout [UInt8]) {
        for family in families { render(family, into: &buffer) }
    }

    /// The same as a string.
    public static func string(_ families: [MetricFamily]) -> String {
        var buffer: [UInt8] = []
        render(families, into: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    private static func render(_ family: MetricFamily, into buffer: inout [UInt8]) {
        buffer.append(contentsOf: "# HELP ".utf8)
        buffer.append(contentsOf: family.name.utf8)
        buffer.append(UInt8(ascii: " "))
        buffer.appendEscaped(family.help, quotes: false)
        buffer.append(contentsOf: "\n# TYPE ".utf8)
        buffer.append(contentsOf: family.name.utf8)
        buffer.append(UInt8(ascii: " "))
        buffer.append(contentsOf: family.type.rawValue.utf8)
        buffer.append(UInt8(ascii: "\n"))
        for series in family.series {
            switch series.value {
            case .counter(let value), .gauge(let value):
                appendSample(family.name, "", series.labels, value, to: &buffer)
            case .histogram(let histogram):
                render(histogram, family.name, series.labels, into: &buffer)
            }
        }
    }

    private static func render(
        _ histogram: HistogramSnapshot, _ name: String, _ labels: LabelSet, into buffer: inout [UInt8]
    ) {
        var cumulative: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            cumulative += count
            buffer.append(contentsOf: name.utf8)
            buffer.append(contentsOf: "_bucket{".utf8)
            if !labels.text.isEmpty {
                buffer.append(contentsOf: labels.text)
                buffer.append(UInt8(ascii: ","))
            }
            buffer.append(contentsOf: "le=\"".utf8)
            if index < histogram.buckets.bounds.count {
                buffer.append(contentsOf: histogram.buckets.boundTexts[index])
            } else {
                buffer.append(contentsOf: "+Inf".utf8)
            }
            buffer.append(contentsOf: "\"} ".utf8)
            buffer.append(decimal: cumulative)
            buffer.append(UInt8(ascii: "\n"))
        }
        appendSample(name, "_sum", labels, histogram.sum, to: &buffer)
        appendSample(name, "_count", labels, Double(cumulative), to: &buffer)
    }

    private static func appendSample(
        _ name: String, _ suffix: StaticString, _ labels: LabelSet, _ value: Double, to buffer: inout [UInt8]
    ) {
        buffer.append(contentsOf: name.utf8)
        buffer.append(contentsOf: UnsafeBufferPointer(start: suffix.utf8Start, count: suffix.utf8CodeUnitCount))
        if !labels.text.isEmpty {
            buffer.append(UInt8(ascii: "{"))
            buffer.append(contentsOf: labels.text)
            buffer.append(UInt8(ascii: "}"))
        }
        buffer.append(UInt8(ascii: " "))
        buffer.append(number: value)
        buffer.append(UInt8(ascii: "\n"))
    }
}
