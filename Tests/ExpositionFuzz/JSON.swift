/// Writes JSON by hand: a hundred thousand cases have to take seconds.
///
/// Doubles are written as their bits, which is the only form in which NaN has one.
struct JSON {
    private(set) var text = ""

    mutating func value(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}"..."\u{1F}": text += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    mutating func value(_ number: Double) { text += String(number.bitPattern) }
    mutating func value(_ number: some BinaryInteger) { text += String(number) }
    mutating func value(_ flag: Bool) { text += flag ? "true" : "false" }
    mutating func null() { text += "null" }
    /// Two whole numbers, one of which may be negative.
    mutating func pair(_ one: some BinaryInteger, _ other: some BinaryInteger) { text += "[\(one),\(other)]" }

    mutating func optional<Value>(_ value: Value?, _ write: (Value, inout JSON) -> Void) {
        if let value { write(value, &self) } else { null() }
    }

    mutating func array<Elements: Sequence>(_ elements: Elements, _ write: (Elements.Element, inout JSON) -> Void) {
        text += "["
        var isFirst = true
        for element in elements {
            if !isFirst { text += "," }
            isFirst = false
            write(element, &self)
        }
        text += "]"
    }

    mutating func object(_ members: KeyValuePairs<String, (inout JSON) -> Void>) {
        text += "{"
        var isFirst = true
        for (name, write) in members {
            if !isFirst { text += "," }
            isFirst = false
            text += "\"\(name)\":"
            write(&self)
        }
        text += "}"
    }
}
