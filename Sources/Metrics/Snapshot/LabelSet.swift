/// The labels of one series, sorted by name, with their text rendered once.
public final class LabelSet: Sendable {
    /// Sorted, without labels whose value is empty.
    public let names: [String]
    /// In the order of `names`, unescaped.
    public let values: [String]
    /// `name="value",name="value"` in UTF-8, escaped for the text formats; without braces.
    let text: [UInt8]

    /// No labels.
    public static let empty = LabelSet([])

    /// - Parameter pairs: names that are valid and differ; an empty value is the same as no label and is left out.
    public init(_ pairs: [(name: String, value: String)]) {
        let sorted = pairs.filter { !$0.value.isEmpty }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        names = sorted.map(\.name)
        values = sorted.map(\.value)
        var text: [UInt8] = []
        for (name, value) in sorted {
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            text.append(contentsOf: name.utf8)
            text.append(contentsOf: "=\"".utf8)
            text.appendEscaped(value, quotes: true)
            text.append(UInt8(ascii: "\""))
        }
        self.text = text
    }

    /// The order of exposition.
    static func precedes(_ one: LabelSet, _ other: LabelSet) -> Bool {
        one.text.lexicographicallyPrecedes(other.text)
    }
}

extension [UInt8] {
    /// Appends a string with backslash and line feed escaped, and double quotes if asked: the rules of the text format
    /// for label values and, without quotes, for HELP.
    mutating func appendEscaped(_ string: String, quotes: Bool) {
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append(contentsOf: #"\\"#.utf8)
            case UInt8(ascii: "\n"): append(contentsOf: #"\n"#.utf8)
            case UInt8(ascii: "\"") where quotes: append(contentsOf: #"\""#.utf8)
            default: append(byte)
            }
        }
    }
}
