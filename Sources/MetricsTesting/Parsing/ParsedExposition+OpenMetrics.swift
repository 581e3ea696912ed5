extension ParsedExposition {
    /// Reads an exposition in OpenMetrics 1.0 and checks it against the whole specification: the grammar, metadata,
    /// grouping, names that clash, and the rules of each type (values, buckets, quantiles, exemplars, timestamps).
    ///
    /// Names in quotes, which Prometheus 3 adds to the format (`{"my.name","my.label"="v"} 1`), are read too.
    /// O(length). One text gives one result on every thread.
    ///
    /// - Throws: the first breach, with its line.
    public init(openMetrics text: String, strictness: Strictness = .recommended) throws(ExpositionError) {
        try self.init(openMetrics: Array(text.utf8), strictness: strictness)
    }

    /// The same for bytes, as a response carries them.
    public init(openMetrics bytes: [UInt8], strictness: Strictness = .recommended) throws(ExpositionError) {
        let rules = Rules.openMetrics(strictness)
        var scanner = ExpositionScanner(bytes: try Self.terminated(bytes), rules: rules)
        var assembler = FamilyAssembler(rules: rules)
        var hasEnded = false
        while !hasEnded, !scanner.isAtEnd {
            let line = scanner.line
            switch scanner.current {
            case UInt8(ascii: "#"):
                hasEnded = try !scanner.openMetricsMetadata(into: &assembler)
            case UInt8(ascii: "\n") where !bytes.isEmpty:
                throw scanner.error("OpenMetrics has no blank lines")
            case UInt8(ascii: "\n"):
                throw scanner.error("the text ends without '# EOF'")
            default:
                let sample = try scanner.sample()
                try scanner.endLine()
                try assembler.add(sample, line: line)
            }
        }
        guard hasEnded else {
            throw ExpositionError(line: scanner.line - 1, reason: "the text ends without '# EOF'")
        }
        guard scanner.isAtEnd else { throw scanner.error("nothing may follow '# EOF'") }
        if strictness == .recommended, bytes.last != UInt8(ascii: "\n") {
            throw ExpositionError(line: scanner.line - 1, reason: "'# EOF' has no line feed behind it")
        }
        self.init(format: .openMetrics, families: try assembler.finished())
    }
}

extension ExpositionScanner {
    /// A line that begins with `#`. False if it is the end of the exposition.
    fileprivate mutating func openMetricsMetadata(
        into assembler: inout FamilyAssembler
    ) throws(ExpositionError) -> Bool {
        let start = line
        try expect(UInt8(ascii: "#"), "'#'")
        try expect(UInt8(ascii: " "), "one space behind '#'")
        let keyword = word()
        guard keyword != "EOF" else {
            try endLine()
            return false
        }
        guard let keyword = MetadataKeyword(rawValue: keyword) else {
            throw error(
                "'# \(keyword)' is none of '# TYPE', '# UNIT', '# HELP' and '# EOF': OpenMetrics has no comments")
        }
        try skipSeparator(before: "a metric name")
        let name = try metadataName()
        try skipSeparator(before: "the text of \(keyword.rawValue)")
        let text = keyword == .help ? try helpText() : word()
        if keyword == .help, text.utf8.last == UInt8(ascii: "\r") { throw error("a line ends with a carriage return") }
        try endLine()
        try assembler.add(keyword, text, of: name, line: start)
        return true
    }
}
