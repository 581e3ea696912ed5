extension ExpositionScanner {
    /// A line with a value, without its end.
    mutating func sample() throws(ExpositionError) -> ParsedSample {
        var name: String?
        var labels: [ParsedLabel] = []
        if current != UInt8(ascii: "{") {
            name = try metricName()
            skipBlanks()
        }
        if accept(UInt8(ascii: "{")) {
            if name == nil { name = try quotedMetricName() }
            labels = try self.labels()
        }
        guard let name else { throw error("the braces have no metric name in front, nor one in quotes as the first") }
        try skipSeparator(before: "the value")
        let (value, text) = try number("the value")
        var timestamp: Double?
        var exemplar: ParsedExemplar?
        switch format {
        case .text: timestamp = try milliseconds()
        case .openMetrics:
            var hasMore = accept(UInt8(ascii: " "))
            if hasMore, current != UInt8(ascii: "#") {
                timestamp = try seconds("the timestamp")
                hasMore = accept(UInt8(ascii: " "))
            }
            if hasMore { exemplar = try self.exemplar() }
        }
        return ParsedSample(
            name: name, labels: labels, value: value, valueText: text, timestamp: timestamp, exemplar: exemplar)
    }

    /// The metric's name in metadata: as it is, or in quotes.
    mutating func metadataName() throws(ExpositionError) -> String {
        current == UInt8(ascii: "\"") ? try quotedName() : try metricName()
    }

    /// The metric's name as the first in the braces, with the comma behind it; nil, and nothing read, if a label is.
    private mutating func quotedMetricName() throws(ExpositionError) -> String? {
        var ahead = self
        ahead.skipBlanks()
        guard ahead.current == UInt8(ascii: "\"") else { return nil }
        let name = try ahead.quotedName()
        ahead.skipBlanks()
        if ahead.current == UInt8(ascii: "=") { return nil }
        if ahead.current != UInt8(ascii: "}") { try ahead.nextLabel() }
        self = ahead
        return name
    }

    private mutating func quotedName() throws(ExpositionError) -> String {
        let name = try quoted("a name")
        guard !name.isEmpty else { throw error("a name in quotes is empty") }
        // Values may have them, and Prometheus reads those.
        guard !name.utf8.contains(0) else { throw error("a name in quotes has a byte 0: Prometheus can't read it") }
        return name
    }

    /// What stands between braces, the first of them read already.
    private mutating func labels() throws(ExpositionError) -> [ParsedLabel] {
        var labels: [ParsedLabel] = []
        skipBlanks()
        while !accept(UInt8(ascii: "}")) {
            let name = current == UInt8(ascii: "\"") ? try quotedName() : try labelName()
            try check(name, isNewTo: labels)
            skipBlanks()
            try expect(UInt8(ascii: "="), "'=' behind the label name '\(name)'")
            skipBlanks()
            labels.append(ParsedLabel(name: name, value: try quoted("the value of the label '\(name)'")))
            skipBlanks()
            if current != UInt8(ascii: "}") { try nextLabel() }
        }
        return labels
    }

    /// The comma between labels, which the text format allows behind the last one too.
    private mutating func nextLabel() throws(ExpositionError) {
        try expect(UInt8(ascii: ","), "',' or '}'")
        skipBlanks()
        if format == .openMetrics, current == UInt8(ascii: "}") {
            throw error("OpenMetrics has no ',' behind the last label")
        }
    }

    private func check(_ name: String, isNewTo labels: [ParsedLabel]) throws(ExpositionError) {
        if labels.contains(where: { ExactString($0.name) == ExactString(name) }) {
            throw error("the label '\(name)' occurs twice")
        }
        switch format {
        case .openMetrics where name.utf8.first == UInt8(ascii: "_"):
            throw error("the label '\(name)' begins with '_', which OpenMetrics reserves")
        case .text where name == "__name__": throw error("'__name__' is the metric's name, not a label")
        default: break
        }
    }

    private mutating func seconds(_ what: String) throws(ExpositionError) -> Double {
        let (value, text) = try number(what)
        guard value.isFinite else { throw error("\(what) is '\(text)', which is no time") }
        return value
    }

    private mutating func milliseconds() throws(ExpositionError) -> Double? {
        skipBlanks()
        guard current != UInt8(ascii: "\n") else { return nil }
        let text = word()
        guard let milliseconds = Int64(text) else {
            throw error("the timestamp is '\(text)', which is no whole number of milliseconds")
        }
        return Double(milliseconds) / 1000
    }

    private mutating func exemplar() throws(ExpositionError) -> ParsedExemplar {
        try expect(UInt8(ascii: "#"), "'#' and an exemplar")
        try expect(UInt8(ascii: " "), "one space and an exemplar")
        try expect(UInt8(ascii: "{"), "the labels of the exemplar in braces")
        let labels = try self.labels()
        try skipSeparator(before: "the exemplar's value")
        let (value, text) = try number("the exemplar's value")
        let timestamp = accept(UInt8(ascii: " ")) ? try seconds("the exemplar's timestamp") : nil
        return ParsedExemplar(labels: labels, value: value, valueText: text, timestamp: timestamp)
    }
}
