/// What two expositions don't have in common: `#expect(ExpositionDifference(expected: …, actual: …).isEmpty)`.
///
/// The order of families, of series and of labels doesn't count, nor does the way a number is written (`1`, `1.0`,
/// `1e0`), except in labels such as `le`. All else does: metadata, values to the last bit, timestamps, exemplars.
public struct ExpositionDifference: Sendable, CustomStringConvertible {
    /// One line that differs. Timestamps are in seconds.
    public enum Change: Sendable, Hashable {
        /// Expected, and not there.
        case missing(String)
        /// There, and not expected.
        case unexpected(String)
        /// The same metadata or series with other text, value, timestamp or exemplar.
        case changed(expected: String, actual: String)
    }

    /// In the order of what was expected; families that weren't come last.
    public let changes: [Change]

    /// Whether the expositions are the same.
    public var isEmpty: Bool { changes.isEmpty }

    /// A line with `-` for what is missing and one with `+` for what is unexpected; a change is both.
    public var description: String {
        changes.map { change in
            switch change {
            case .missing(let line): "- \(line)"
            case .unexpected(let line): "+ \(line)"
            case .changed(let expected, let actual): "- \(expected)\n+ \(actual)"
            }
        }
        .joined(separator: "\n")
    }

    /// Compares two expositions of the same format. O(lines).
    ///
    /// - Parameter ignored: names of families or samples to leave out on both sides. A `*` at the beginning or end
    ///   stands for any text: `*_created`, `process_*`.
    public init(expected: ParsedExposition, actual: ParsedExposition, ignoring ignored: [String] = []) {
        let ignored = ignored.map(NamePattern.init)
        let expected = expected.families.filter { family in !ignored.contains { $0.matches(family.name) } }
        let actual = actual.families.filter { family in !ignored.contains { $0.matches(family.name) } }
        let found = Dictionary(actual.map { (ExactString($0.name), $0) }) { first, _ in first }
        let known = Set(expected.map { ExactString($0.name) })
        changes =
            expected.flatMap { Self.changes($0, found[ExactString($0.name)], ignored) }
            + actual.filter { !known.contains(ExactString($0.name)) }.flatMap { Self.changes(nil, $0, ignored) }
    }

    private static func changes(
        _ expected: ParsedFamily?, _ actual: ParsedFamily?, _ ignored: [NamePattern]
    ) -> [Change] {
        var changes = [\ParsedFamily.typeLine, \.unitLine, \.helpLine].compactMap { line in
            change(expected?[keyPath: line], actual?[keyPath: line])
        }
        let expected = SeriesTable(expected?.samples ?? [], ignored)
        let actual = SeriesTable(actual?.samples ?? [], ignored)
        for key in expected.keys + actual.keys.filter({ expected.points[$0] == nil }) {
            let (expected, actual) = (expected.points[key] ?? [], actual.points[key] ?? [])
            for index in 0..<max(expected.count, actual.count) {
                let one = expected.dropFirst(index).first
                let other = actual.dropFirst(index).first
                if let one, let other, one.isSame(as: other) { continue }
                if let change = change(one?.description, other?.description) { changes.append(change) }
            }
        }
        return changes
    }

    private static func change(_ expected: String?, _ actual: String?) -> Change? {
        switch (expected, actual) {
        case (nil, nil): nil
        case (let line?, nil): .missing(line)
        case (nil, let line?): .unexpected(line)
        case (let one?, let other?):
            ExactString(one) == ExactString(other) ? nil : .changed(expected: one, actual: other)
        }
    }
}

/// The samples of a family by series, each in the order of its points.
private struct SeriesTable {
    struct Key: Hashable {
        let name: ExactString
        let labels: Set<ParsedLabel>
    }

    private(set) var keys: [Key] = []
    private(set) var points: [Key: [ParsedSample]] = [:]

    init(_ samples: [ParsedSample], _ ignored: [NamePattern]) {
        for sample in samples where !ignored.contains(where: { $0.matches(sample.name) }) {
            let key = Key(name: ExactString(sample.name), labels: Set(sample.labels.filter { !$0.value.isEmpty }))
            if points[key] == nil { keys.append(key) }
            points[key, default: []].append(sample)
        }
    }
}

extension ParsedFamily {
    fileprivate var typeLine: String? { type == .unknown ? nil : "# TYPE \(nameText(name)) \(type.rawValue)" }
    fileprivate var unitLine: String? { unit.map { "# UNIT \(nameText(name)) \($0)" } }
    fileprivate var helpLine: String? { help.map { "# HELP \(nameText(name)) \(escaped($0))" } }
}

extension ParsedSample {
    /// Whether two samples of one series say the same.
    fileprivate func isSame(as other: ParsedSample) -> Bool {
        guard isSameNumber(value, other.value), timestamp == other.timestamp else { return false }
        switch (exemplar, other.exemplar) {
        case (nil, nil): return true
        case (let one?, let other?):
            return isSameNumber(one.value, other.value) && one.timestamp == other.timestamp
                && Set(one.labels) == Set(other.labels)
        default: return false
        }
    }
}

private func isSameNumber(_ one: Double, _ other: Double) -> Bool { one == other || one.isNaN && other.isNaN }
