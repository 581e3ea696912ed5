/// Puts lines together into families, and refuses those that don't belong where they stand.
struct FamilyAssembler {
    private let rules: Rules
    private var families: [ParsedFamily] = []
    private var open: OpenFamily?
    /// Where each family begins.
    private var lines: [ExactString: Int] = [:]
    /// The family that owns each name that a sample has or could have, and where it begins.
    private var owners: [ExactString: (name: String, line: Int)] = [:]

    private struct OpenFamily {
        var family: ParsedFamily
        let line: Int
        var keywords: [MetadataKeyword] = []
        /// The names that the family's samples can have.
        var roles: [ExactString: SampleRole] = [:]
        var metrics: MetricGrouping

        init(_ name: String, line: Int, rules: Rules) {
            family = ParsedFamily(name: name)
            self.line = line
            metrics = MetricGrouping(rules: rules)
            become(.unknown, in: rules.format)
        }

        mutating func become(_ type: ParsedFamily.Kind, in format: ParsedExposition.Format) {
            family.type = type
            roles = [:]
            for (suffix, role) in type.roles(in: format) { roles[ExactString(family.name + suffix)] = role }
        }

        mutating func add(_ sample: ParsedSample, _ role: SampleRole, line: Int) throws(ExpositionError) {
            let label = family.distinguishingLabel(of: role)
            try metrics.add(MetricLine(sample: sample, role: role, label: label, line: line), family.type)
            family.samples.append(sample)
        }
    }

    init(rules: Rules) { self.rules = rules }

    private var format: ParsedExposition.Format { rules.format }

    /// A line of metadata.
    mutating func add(
        _ keyword: MetadataKeyword, _ text: String, of name: String, line: Int
    ) throws(ExpositionError) {
        func fail(_ reason: String) -> ExpositionError { ExpositionError(line: line, reason: reason) }
        var open = try open(name, line: line)
        guard open.family.samples.isEmpty else {
            throw fail("\(keyword.rawValue) of '\(name)' stands behind its samples")
        }
        guard !open.keywords.contains(keyword) else { throw fail("'\(name)' has a second \(keyword.rawValue) line") }
        if rules == .openMetrics(.recommended), let last = open.keywords.last, last.place > keyword.place {
            throw fail("\(keyword.rawValue) of '\(name)' stands behind \(last.rawValue): the order is TYPE, UNIT, HELP")
        }
        open.keywords.append(keyword)
        switch keyword {
        case .help: open.family.help = text.isEmpty ? nil : text
        case .type: open.become(try type(text, line: line), in: format)
        case .unit:
            guard text.isEmpty || name.utf8.reversed().starts(with: "_\(text)".utf8.reversed()) else {
                throw fail("the unit '\(text)' is not the end of the name '\(name)', behind an underscore")
            }
            guard text.utf8.allSatisfy(\.isNameCharacter) else {
                throw fail("the unit '\(text)' has other characters than letters, digits, '_' and ':'")
            }
            open.family.unit = text.isEmpty ? nil : text
        }
        if let unit = open.family.unit, open.family.type == .info || open.family.type == .stateset {
            throw fail("'\(name)' is of type \(open.family.type.rawValue), which has no unit, and has '\(unit)'")
        }
        self.open = open
    }

    /// A line with a value.
    mutating func add(_ sample: ParsedSample, line: Int) throws(ExpositionError) {
        let name = ExactString(sample.name)
        if let role = open?.roles[name] {
            try open?.add(sample, role, line: line)
        } else if let open, ExactString(open.family.name) == name {
            let names = open.roles.keys.sorted().map { "'\($0.string)'" }.joined(separator: ", ")
            throw ExpositionError(
                line: line,
                reason:
                    "'\(sample.name)' is no sample of the \(open.family.type.rawValue) '\(open.family.name)', which has "
                    + names)
        } else {
            var family = try open(sample.name, line: line)
            try family.add(sample, .value, line: line)
            open = family
        }
    }

    /// All families.
    consuming func finished() throws(ExpositionError) -> [ParsedFamily] {
        try close()
        return families
    }

    /// The family that is open, or a new one.
    private mutating func open(_ name: String, line: Int) throws(ExpositionError) -> OpenFamily {
        if let open, ExactString(open.family.name) == ExactString(name) { return open }
        try close()
        if format == .openMetrics, name.utf8.first == UInt8(ascii: "_") {
            throw ExpositionError(line: line, reason: "the name '\(name)' begins with '_', which OpenMetrics reserves")
        }
        if let first = lines.updateValue(line, forKey: ExactString(name)) {
            throw ExpositionError(
                line: line, reason: "'\(name)' began on line \(first) and has ended: a family's lines stand together")
        }
        return OpenFamily(name, line: line, rules: rules)
    }

    private mutating func close() throws(ExpositionError) {
        guard let open else { return }
        try open.metrics.finish(open.family.type)
        for sample in open.roles.keys.sorted() {
            guard let owner = owners.updateValue((open.family.name, open.line), forKey: sample) else { continue }
            throw ExpositionError(
                line: open.line,
                reason:
                    "'\(open.family.name)' can have the sample '\(sample.string)', and so can '\(owner.name)' of line "
                    + "\(owner.line): the names clash, or the family's lines don't stand together")
        }
        families.append(open.family)
        self.open = nil
    }

    private func type(_ text: String, line: Int) throws(ExpositionError) -> ParsedFamily.Kind {
        switch (ParsedFamily.Kind(rawValue: text), format) {
        case (let kind?, .openMetrics): return kind
        case (let kind?, .text) where [.counter, .gauge, .histogram, .summary].contains(kind): return kind
        case (nil, .text) where text == "untyped": return .unknown
        case (_, .openMetrics):
            throw ExpositionError(line: line, reason: "'\(text)' is no type of OpenMetrics")
        case (_, .text):
            throw ExpositionError(
                line: line,
                reason: "'\(text)' is no type of the text format: counter, gauge, histogram, summary or untyped")
        }
    }
}
