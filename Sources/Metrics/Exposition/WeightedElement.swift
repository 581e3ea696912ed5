/// One element of a header field in which a client lists what it accepts: a value, its parameters and a weight
/// (RFC 9110 §5.6.1, §5.6.6, §12.4.2).
package struct WeightedElement {
    /// What stands before the first `;`, in lower case: a media range or a content coding.
    package let value: String
    /// The weight in thousandths, 0 for "not acceptable".
    package private(set) var weight = 1000
    /// Without the weight; names in lower case, values without their quotes.
    private var parameters: [(name: String, value: String)] = []

    private init(_ value: String) { self.value = value }

    /// The value of a parameter; of the first, if it stands there twice.
    package subscript(parameter name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The elements of all lines of a field, in their order. Leaves out what is malformed; a quoted string without an
    /// end takes the rest of its line with it. Costs O(length).
    package static func list(_ lines: [String]) -> [WeightedElement] {
        var elements: [WeightedElement] = []
        for line in lines {
            var reader = Reader(line)
            while !reader.isAtEnd {
                if let element = reader.element(), !element.value.isEmpty { elements.append(element) }
            }
        }
        return elements
    }

    private mutating func add(_ name: String, _ value: String) -> Bool {
        guard name == "q" else {
            parameters.append((name, value))
            return true
        }
        guard let weight = Self.weight(value) else { return false }
        self.weight = weight
        return true
    }

    /// `0` or `1`, with up to three decimals; none of them above 1.
    private static func weight(_ text: String) -> Int? {
        let text = Array(text.utf8)
        guard let first = text.first, (1...5).contains(text.count),
            first == UInt8(ascii: "0") || first == UInt8(ascii: "1"),
            text.count < 2 || text[1] == UInt8(ascii: ".")
        else { return nil }
        var weight = 1000 * Int(first - UInt8(ascii: "0"))
        var unit = 100
        for digit in text.dropFirst(2) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            weight += unit * Int(digit - UInt8(ascii: "0"))
            unit /= 10
        }
        return weight <= 1000 ? weight : nil
    }

    /// Reads one line from its start to its end.
    private struct Reader {
        private let bytes: [UInt8]
        private var position = 0

        init(_ line: String) { bytes = Array(line.utf8) }

        var isAtEnd: Bool { position == bytes.count }
        private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

        /// Reads an element and the comma after it; `nil` for one that is malformed.
        mutating func element() -> WeightedElement? {
            var element = WeightedElement(text(until: [UInt8(ascii: ";")]).lowercased())
            var isWellFormed = true
            while skip(UInt8(ascii: ";")) {
                let name = text(until: [UInt8(ascii: ";"), UInt8(ascii: "=")]).lowercased()
                if skip(UInt8(ascii: "=")) {
                    guard let value = parameterValue(), !name.isEmpty, element.add(name, value) else {
                        isWellFormed = false
                        continue
                    }
                } else if !name.isEmpty {
                    isWellFormed = false
                }
            }
            // After a quoted string there may be more, which is part of no element.
            if !text(until: []).isEmpty { isWellFormed = false }
            _ = skip(UInt8(ascii: ","))
            return isWellFormed ? element : nil
        }

        /// A token, or what stands between quotes; `nil` when the closing quote is missing.
        private mutating func parameterValue() -> String? {
            skipSpace()
            guard skip(UInt8(ascii: "\"")) else { return text(until: [UInt8(ascii: ";")]) }
            var value: [UInt8] = []
            while let byte = take() {
                if byte == UInt8(ascii: "\"") {
                    skipSpace()
                    return String(decoding: value, as: UTF8.self)
                }
                if byte != UInt8(ascii: "\\") {
                    value.append(byte)
                } else if let escaped = take() {
                    value.append(escaped)
                }
            }
            return nil
        }

        /// Everything up to a comma, one of these bytes or the end, without the space around it.
        private mutating func text(until ends: [UInt8]) -> String {
            skipSpace()
            let start = position
            var end = position
            while let byte = next, byte != UInt8(ascii: ","), !ends.contains(byte) {
                position += 1
                if !Self.isSpace(byte) { end = position }
            }
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }

        private mutating func take() -> UInt8? {
            defer { if next != nil { position += 1 } }
            return next
        }

        private mutating func skip(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            position += 1
            return true
        }

        private mutating func skipSpace() {
            while let byte = next, Self.isSpace(byte) { position += 1 }
        }

        private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    }
}
