/// Reads tokens from the bytes of an exposition. The formats share them all, except for the space between them: one
/// space or none in OpenMetrics, any number of blanks and tabs in the text format.
struct ExpositionScanner {
    /// Valid UTF-8, with a line feed at the end, so that every token has an end.
    let bytes: [UInt8]
    let rules: Rules
    private(set) var position = 0
    private(set) var line = 1

    var format: ParsedExposition.Format { rules.format }
    var isAtEnd: Bool { position == bytes.count }
    var current: UInt8 { bytes[position] }

    func error(_ reason: String) -> ExpositionError { ExpositionError(line: line, reason: reason) }

    func expected(_ what: String) -> ExpositionError {
        guard !isAtEnd, current != UInt8(ascii: "\n") else {
            return error("expected \(what), found the end of the line")
        }
        let rest = bytes[position...].prefix(40).prefix { $0 != UInt8(ascii: "\n") }
        return error("expected \(what), found '\(String(decoding: rest, as: UTF8.self))'")
    }

    mutating func accept(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    mutating func expect(_ byte: UInt8, _ what: @autoclosure () -> String) throws(ExpositionError) {
        guard accept(byte) else { throw expected(what()) }
    }

    /// Skips blanks and tabs, where the format lets them stand.
    mutating func skipBlanks() {
        guard format == .text else { return }
        while current == UInt8(ascii: " ") || current == UInt8(ascii: "\t") { position += 1 }
    }

    /// The space in front of what has to be apart from what stands before it.
    mutating func skipSeparator(before what: String) throws(ExpositionError) {
        switch format {
        case .openMetrics: try expect(UInt8(ascii: " "), "one space and \(what)")
        case .text: skipBlanks()
        }
    }

    mutating func endLine() throws(ExpositionError) {
        skipBlanks()
        guard current == UInt8(ascii: "\n") else { throw expected("the end of the line") }
        position += 1
        line += 1
    }

    mutating func skipLine() {
        while current != UInt8(ascii: "\n") { position += 1 }
        position += 1
        line += 1
    }

    /// A metric's name, `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    mutating func metricName() throws(ExpositionError) -> String {
        try name("a metric name", colons: true)
    }

    /// A label's name, `[a-zA-Z_][a-zA-Z0-9_]*`.
    mutating func labelName() throws(ExpositionError) -> String {
        try name("a label name", colons: false)
    }

    private mutating func name(_ what: String, colons: Bool) throws(ExpositionError) -> String {
        let start = position
        if !current.isDigit {
            while current.isNameCharacter, colons || current != UInt8(ascii: ":") { position += 1 }
        }
        guard position > start else { throw expected(what) }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// What stands between double quotes, unescaped.
    mutating func quoted(_ what: @autoclosure () -> String) throws(ExpositionError) -> String {
        try expect(UInt8(ascii: "\""), "\(what()) in double quotes")
        let start = position
        while current != UInt8(ascii: "\""), current != UInt8(ascii: "\\"), current != UInt8(ascii: "\n") {
            position += 1
        }
        if accept(UInt8(ascii: "\"")) { return String(decoding: bytes[start..<position - 1], as: UTF8.self) }
        var unescaped = Array(bytes[start..<position])
        while !accept(UInt8(ascii: "\"")) {
            guard current != UInt8(ascii: "\n") else { throw error("\(what()) has no closing double quote") }
            try appendCharacter(to: &unescaped, escapesQuotes: true)
        }
        return String(decoding: unescaped, as: UTF8.self)
    }

    /// The rest of the line, unescaped: the text of HELP.
    mutating func helpText() throws(ExpositionError) -> String {
        var unescaped: [UInt8] = []
        while current != UInt8(ascii: "\n") {
            if format == .openMetrics, current == UInt8(ascii: "\"") {
                throw error("a double quote in HELP is written \\\" in OpenMetrics")
            }
            try appendCharacter(to: &unescaped, escapesQuotes: format == .openMetrics)
        }
        return String(decoding: unescaped, as: UTF8.self)
    }

    /// One byte, or what an escape sequence stands for.
    private mutating func appendCharacter(
        to unescaped: inout [UInt8], escapesQuotes: Bool
    ) throws(ExpositionError) {
        let byte = current
        position += 1
        guard byte == UInt8(ascii: "\\") else { return unescaped.append(byte) }
        switch current {
        case UInt8(ascii: "\\"): unescaped.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "n"): unescaped.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "\"") where escapesQuotes: unescaped.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\n"): throw error("a backslash at the end of the line escapes nothing")
        default:
            // OpenMetrics lets a backslash before any other character stand for itself, and advises against it.
            position -= 1
            guard rules == .openMetrics(.required) else {
                throw expected(escapesQuotes ? #"one of the escapes \\, \" and \n"# : #"one of the escapes \\ and \n"#)
            }
            position += 1
            return unescaped.append(UInt8(ascii: "\\"))
        }
        position += 1
    }

    /// What stands before the next blank or the end of the line.
    mutating func word() -> String { String(decoding: bytes[wordRange()], as: UTF8.self) }

    private mutating func wordRange() -> Range<Int> {
        let start = position
        while current != UInt8(ascii: " "), current != UInt8(ascii: "\n"),
            format == .openMetrics || current != UInt8(ascii: "\t")
        {
            position += 1
        }
        return start..<position
    }

    mutating func number(_ what: String) throws(ExpositionError) -> (value: Double, text: String) {
        let range = wordRange()
        guard !range.isEmpty else { throw expected(what) }
        let text = String(decoding: bytes[range], as: UTF8.self)
        guard let value = NumberGrammar.value(of: bytes, in: range) else {
            throw error("\(what) is '\(text)': write a decimal number that a double can hold, +Inf, -Inf or NaN")
        }
        return (value, text)
    }
}
