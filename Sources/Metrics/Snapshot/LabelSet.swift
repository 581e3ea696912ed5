internal import Glibc

/// The labels of one series, sorted by name, with their text rendered once.
public final class LabelSet: @unchecked Sendable, Hashable {
    // Sound: everything is written once in `init`, and the text is freed in `deinit`.
    /// Sorted, without labels whose value is empty.
    public let names: [String]
    /// In the order of `names`, unescaped.
    public let values: [String]
    /// `name="value",name="value"` in UTF-8, escaped for the text formats, without braces. Names that aren't legacy
    /// ones are quoted.
    let text: UnsafeBufferPointer<UInt8>
    /// Whether no name has to be quoted.
    let isLegacy: Bool

    /// No labels.
    public static let empty = LabelSet(valid: [])

    /// - Parameter pairs: an empty value is the same as no label, and is left out.
    /// - Throws: ``LabelError`` when a name is empty, reserved (`le`, `quantile`, `__…`) or comes twice,
    ///   be it that two are the same once they are escaped with underscores.
    public convenience init(_ pairs: KeyValuePairs<String, String>) throws(LabelError) {
        try self.init(pairs.map { ($0.key, $0.value) })
    }

    /// As ``init(_:)-(KeyValuePairs<String,String>)``, for labels that are found at run time.
    public convenience init(_ pairs: [(name: String, value: String)]) throws(LabelError) {
        var seen: Set<String> = []
        for (name, _) in pairs {
            guard MetricNames.isLabelName(name, .utf8) else { throw .invalidName(name) }
            guard seen.insert(EscapingScheme.underscores.escape(labelName: name)).inserted else {
                throw .duplicateName(name)
            }
        }
        self.init(valid: pairs)
    }

    /// - Parameter pairs: names that are valid and differ.
    package init(valid pairs: [(name: String, value: String)]) {
        let sorted = pairs.filter { !$0.value.isEmpty }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        names = sorted.map(\.name)
        values = sorted.map(\.value)
        let text = Self.text(sorted.lazy.map { ($0.name, $0.value) })
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.count)
        _ = memory.initialize(from: text)
        self.text = UnsafeBufferPointer(memory)
        isLegacy = names.allSatisfy(MetricNames.isLegacyLabelName)
    }

    deinit { text.deallocate() }

    private static func text(_ pairs: some Sequence<(String, String)>) -> [UInt8] {
        var text: [UInt8] = []
        for (name, value) in pairs {
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            text.append(labelName: name)
            text.append(contentsOf: "=\"".utf8)
            text.append(escaped: value, quotes: true)
            text.append(UInt8(ascii: "\""))
        }
        return text
    }

    /// The value of a label; `nil` when it isn't there.
    public subscript(name: String) -> String? { names.firstIndex(of: name).map { values[$0] } }

    /// The text with names escaped.
    func text(_ escaping: EscapingScheme) -> [UInt8] {
        Self.text(zip(names.lazy.map { escaping.escape(labelName: $0) }, values))
    }

    public static func == (one: LabelSet, other: LabelSet) -> Bool {
        one === other || one.text.count == other.text.count && order(one.text, other.text) == 0
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes: UnsafeRawBufferPointer(text)) }

    /// The order of exposition.
    static func precedes(_ one: LabelSet, _ other: LabelSet) -> Bool { order(one.text, other.text) < 0 }

    /// The places of label sets, in the order of exposition.
    static func order(of sets: [LabelSet]) -> [Int] {
        // Not the label sets themselves: counting references to them would take longer than comparing them.
        withExtendedLifetime(sets) {
            sets.enumerated().map { (place: $0, text: $1.text) }.sorted { order($0.text, $1.text) < 0 }.map(\.place)
        }
    }

    /// Less than 0 when the first one comes first, 0 when both are the same.
    private static func order(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Int {
        let common = min(one.count, other.count)
        let order = common == 0 ? 0 : memcmp(one.baseAddress!, other.baseAddress!, common)
        return order == 0 ? one.count - other.count : Int(order)
    }
}

/// Why labels can't be those of a series.
public enum LabelError: Error, Hashable, CustomStringConvertible {
    /// A name is empty, `le`, `quantile`, begins with `__`, or would once it is escaped.
    case invalidName(String)
    /// A name comes twice, or two are the same once they are escaped with underscores.
    case duplicateName(String)
    /// A family by name was given other labels than it has.
    case otherNames(given: [String], expected: [String])
    /// A family by name was given more values than it has labels, or fewer.
    case otherCount(given: Int, expected: [String])

    /// What is wrong, with the names.
    public var description: String {
        switch self {
        case .invalidName(let name):
            "label name '\(name)' is empty, or reserved as 'le', 'quantile' and names that begin with '__' are"
        case .duplicateName(let name):
            "label '\(name)' comes twice"
        case .otherNames(let given, let expected):
            "labels \(given.joined(separator: ", ")) given where the metric has \(expected.joined(separator: ", "))"
        case .otherCount(let given, let expected):
            "\(given) label values given where the metric has the labels \(expected.joined(separator: ", "))"
        }
    }
}

extension [UInt8] {
    /// Appends a string with backslash and line feed escaped, and double quotes if asked: the rules of the text formats
    /// for label values and, without quotes, for HELP in version 0.0.4.
    mutating func append(escaped string: String, quotes: Bool) {
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append(contentsOf: #"\\"#.utf8)
            case UInt8(ascii: "\n"): append(contentsOf: #"\n"#.utf8)
            case UInt8(ascii: "\"") where quotes: append(contentsOf: #"\""#.utf8)
            default: append(byte)
            }
        }
    }

    /// Appends a label's name, quoted where it isn't a legacy one.
    mutating func append(labelName name: String) {
        if MetricNames.isLegacyLabelName(name) {
            append(contentsOf: name.utf8)
        } else {
            append(quoted: name)
        }
    }

    mutating func append(quoted name: String) {
        append(UInt8(ascii: "\""))
        append(escaped: name, quotes: true)
        append(UInt8(ascii: "\""))
    }
}
