extension ParsedExposition {
    /// Reads an exposition in the Prometheus text format, version 0.0.4, and checks what its description demands: the
    /// grammar, metadata in front of its samples and at most once, a family's lines together, no series twice, buckets
    /// and quantiles in ascending order, and of every histogram a `+Inf` bucket that is equal to its `_count`.
    ///
    /// Names in quotes, which version 1.0.0 adds to the format (`{"my.name","my.label"="v"} 1`), are read too.
    /// O(length). One text gives one result on every thread.
    ///
    /// - Throws: the first breach, with its line.
    public init(text: String) throws(ExpositionError) { try self.init(text: Array(text.utf8)) }

    /// The same for bytes, as a response carries them.
    public init(text bytes: [UInt8]) throws(ExpositionError) {
        var scanner = ExpositionScanner(bytes: try Self.terminated(bytes), rules: .text)
        var assembler = FamilyAssembler(rules: .text)
        while !scanner.isAtEnd {
            let line = scanner.line
            scanner.skipBlanks()
            switch scanner.current {
            case UInt8(ascii: "\n"): try scanner.endLine()
            case UInt8(ascii: "#"): try scanner.textMetadata(into: &assembler)
            default:
                let sample = try scanner.sample()
                try scanner.endLine()
                try assembler.add(sample, line: line)
            }
        }
        if let last = bytes.last, last != UInt8(ascii: "\n") {
            throw ExpositionError(line: scanner.line - 1, reason: "the last line has no line feed at its end")
        }
        self.init(format: .text, families: try assembler.finished())
    }
}

extension ExpositionScanner {
    /// A line that begins with `#`: HELP, TYPE or a comment.
    fileprivate mutating func textMetadata(into assembler: inout FamilyAssembler) throws(ExpositionError) {
        let start = line
        try expect(UInt8(ascii: "#"), "'#'")
        skipBlanks()
        // UNIT is of OpenMetrics alone.
        guard let keyword = MetadataKeyword(rawValue: word()), keyword != .unit else { return skipLine() }
        skipBlanks()
        let name = try metadataName()
        guard current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") || current == UInt8(ascii: "\n") else {
            throw expected("a blank behind the metric name '\(name)'")
        }
        skipBlanks()
        let text = keyword == .help ? try helpText() : word()
        // Blanks at a line's end are ignored, but both of Prometheus' parsers take those behind a type for part of it.
        guard current == UInt8(ascii: "\n") else { throw expected("the end of the line behind the type '\(text)'") }
        try endLine()
        try assembler.add(keyword, text, of: name, line: start)
    }
}
