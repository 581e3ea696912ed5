/// Reads OpenMetrics 2.0.0-rc0, and refuses whatever its grammar doesn't have.
///
/// Each function reads a rule of the ABNF, whose name it has, or a few small ones.
struct OpenMetrics2Reader {
    private let text: [Unicode.Scalar]
    private var position = 0

    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    /// The families of an exposition, in its order.
    static func read(_ bytes: [UInt8]) throws -> [OpenMetrics2Family] {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Refusal(description: "not UTF-8") }
        var reader = OpenMetrics2Reader(text: Array(text.unicodeScalars))
        return try reader.exposition()
    }

    private init(text: [Unicode.Scalar]) { self.text = text }

    // MARK: Lines

    private mutating func exposition() throws -> [OpenMetrics2Family] {
        var families: [OpenMetrics2Family] = []
        while !skip("# EOF") {
            if skip("# ") {
                try metricDescriptor(&families)
            } else {
                let sample = try sample()
                if families.last?.name != sample.name { families.append(OpenMetrics2Family(name: sample.name)) }
                families[families.count - 1].samples.append(sample)
            }
        }
        _ = skip("\n")
        guard next == nil else { throw refusal("nothing after EOF") }
        return families
    }

    private mutating func metricDescriptor(_ families: inout [OpenMetrics2Family]) throws {
        guard let keyword = ["TYPE", "UNIT", "HELP"].first(where: { skip($0) }) else { throw refusal("a keyword") }
        try expect(" ")
        let name = next == "\"" ? try quoted() : try metricName()
        try expect(" ")
        if families.last?.name != name || !families[families.count - 1].samples.isEmpty {
            families.append(OpenMetrics2Family(name: name))
        }
        let last = families.count - 1
        guard families[last].metadata[keyword] == nil else { throw refusal("one \(keyword) of '\(name)'") }
        families[last].metadataOrder.append(keyword)
        switch keyword {
        case "TYPE":
            let types = [
                "counter", "gaugehistogram", "gauge", "histogram", "stateset", "info", "summary", "unknown",
            ]
            guard let type = types.first(where: { skip($0) }) else { throw refusal("a type") }
            families[last].metadata[keyword] = type
        case "UNIT": families[last].metadata[keyword] = run { Self.isNameCharacter($0) || $0 == ":" }
        default: families[last].metadata[keyword] = try escapedString()
        }
        try expect("\n")
    }

    private mutating func sample() throws -> OpenMetrics2Sample {
        var sample = OpenMetrics2Sample()
        if skip("{") {
            sample.name = try quoted()
            while skip(",") { sample.labels.append(try label()) }
            try expect("}")
        } else {
            sample.name = try metricName()
            if next == "{" { sample.labels = try labelsInBraces() }
        }
        try expect(" ")
        sample.value = skip("{") ? try compositeValue() : .number(try number())
        if let second = peek(1), next == " ", second != "s", second != "#" {
            try expect(" ")
            sample.timestamp = try realNumber()
        }
        if skip(" st@") { sample.start = try realNumber() }
        while skip(" # ") {
            let labels = try labelsInBraces()
            try expect(" ")
            let value = try number()
            try expect(" ")
            sample.exemplars.append((labels, value.value, try realNumber()))
        }
        try expect("\n")
        return sample
    }

    // MARK: Names and labels

    private mutating func metricName() throws -> String {
        let name = run { Self.isNameCharacter($0) || $0 == ":" }
        guard let first = name.unicodeScalars.first, !Self.isDigit(first) else { throw refusal("a metric's name") }
        return name
    }

    private mutating func labelsInBraces() throws -> [(name: String, value: String)] {
        var labels: [(name: String, value: String)] = []
        try expect("{")
        if skip("}") { return labels }
        repeat { labels.append(try label()) } while skip(",")
        try expect("}")
        return labels
    }

    private mutating func label() throws -> (name: String, value: String) {
        let name: String
        if next == "\"" {
            name = try quoted()
        } else {
            name = run(Self.isNameCharacter)
            guard let first = name.unicodeScalars.first, !Self.isDigit(first) else { throw refusal("a label's name") }
        }
        try expect("=\"")
        let value = try escapedString()
        try expect("\"")
        return (name, value)
    }

    /// A name in quotes; it isn't empty.
    private mutating func quoted() throws -> String {
        try expect("\"")
        let name = try escapedString()
        guard !name.isEmpty else { throw refusal("a name") }
        try expect("\"")
        return name
    }

    private mutating func escapedString() throws -> String {
        var string = ""
        while let character = next, character != "\n", character != "\"" {
            position += 1
            guard character == "\\" else {
                string.unicodeScalars.append(character)
                continue
            }
            switch next {
            case "n": string += "\n"
            case "\"": string += "\""
            case "\\": string += "\\"
            case nil, "\n": throw refusal("an escaped character")
            case let other?:
                string += "\\"
                string.unicodeScalars.append(other)
            }
            position += 1
        }
        return string
    }

    private static func isDigit(_ character: Unicode.Scalar) -> Bool { ("0"..."9").contains(character) }

    private static func isNameCharacter(_ character: Unicode.Scalar) -> Bool {
        switch character {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    // MARK: Numbers

    private mutating func number() throws -> OpenMetrics2Number {
        let start = position
        let sign = skip("-") ? -1.0 : skip("+") ? 1 : nil
        for word in ["infinity", "inf"] where skipIgnoringCase(word) {
            return OpenMetrics2Number(value: (sign ?? 1) * .infinity, isInteger: false)
        }
        if sign == nil, skipIgnoringCase("nan") { return OpenMetrics2Number(value: .nan, isInteger: false) }
        position = start
        let value = try realNumber()
        return OpenMetrics2Number(
            value: value, isInteger: text[start..<position].allSatisfy { !".eE".unicodeScalars.contains($0) })
    }

    private mutating func realNumber() throws -> Double {
        let start = position
        if !skip("-") { _ = skip("+") }
        var digits = run(Self.isDigit).count
        if skip(".") { digits += run(Self.isDigit).count }
        guard digits > 0 else { throw refusal("a number") }
        if skipIgnoringCase("e") {
            if !skip("-") { _ = skip("+") }
            guard !run(Self.isDigit).isEmpty else { throw refusal("an exponent") }
        }
        var literal = String(String.UnicodeScalarView(text[start..<position]))
        if literal.hasSuffix(".") { literal += "0" }
        guard let value = Double(literal), value.isFinite else { throw refusal("a number that a double can hold") }
        return value
    }

    private mutating func integer() throws -> Int {
        let start = position
        if !skip("-") { _ = skip("+") }
        guard !run(Self.isDigit).isEmpty, let value = Int(String(String.UnicodeScalarView(text[start..<position])))
        else {
            throw refusal("an integer")
        }
        return value
    }

    private mutating func nonNegativeInteger() throws -> Int {
        guard next != "-" else { throw refusal("no sign") }
        return try integer()
    }

    // MARK: Values of several fields

    private mutating func compositeValue() throws -> OpenMetrics2Value {
        let gauge = skip("g") ? "g" : ""
        try expect("count:")
        let count = try number()
        try expect(",\(gauge)sum:")
        let sum = try number().value
        try expect(",")
        let value: OpenMetrics2Value
        if gauge.isEmpty, skip("quantile:") {
            value = .summary(count: count, sum: sum, quantiles: try list { ($0, try $1.number().value) })
        } else {
            var histogram = OpenMetrics2Histogram(count: count, sum: sum)
            if skip("schema:") {
                histogram.native = try nativeBuckets()
                if skip(",") { histogram.buckets = try classicBuckets() }
            } else {
                histogram.buckets = try classicBuckets()
            }
            value = .histogram(histogram)
        }
        try expect("}")
        return value
    }

    private mutating func classicBuckets() throws -> [(bound: Double, count: OpenMetrics2Number)] {
        var buckets: [(bound: Double, count: OpenMetrics2Number)] = []
        try expect("bucket:[")
        if skip("-Inf:") {
            buckets.append((-.infinity, try number()))
            try expect(",")
        }
        while !skip("+Inf:") {
            let bound = try realNumber()
            try expect(":")
            buckets.append((bound, try number()))
            try expect(",")
        }
        buckets.append((.infinity, try number()))
        try expect("]")
        return buckets
    }

    private mutating func nativeBuckets() throws -> OpenMetrics2Native {
        let schema = try integer()
        try expect(",zero_threshold:")
        let threshold = try realNumber()
        try expect(",zero_count:")
        var native = OpenMetrics2Native(schema: schema, zeroThreshold: threshold, zeroCount: try number())
        if skip(",negative_spans:") { native.negative = try spansAndBuckets("negative") }
        if skip(",positive_spans:") { native.positive = try spansAndBuckets("positive") }
        return native
    }

    private mutating func spansAndBuckets(_ sign: String) throws -> OpenMetrics2Native.Side {
        var side = OpenMetrics2Native.Side()
        try expect("[")
        if !skip("]") {
            repeat {
                let offset = side.spans.isEmpty ? try integer() : try nonNegativeInteger()
                try expect(":")
                side.spans.append((offset, try nonNegativeInteger()))
            } while skip(",")
            try expect("]")
        }
        try expect(",\(sign)_buckets:[")
        if !skip("]") {
            repeat { side.counts.append(try number()) } while skip(",")
            try expect("]")
        }
        return side
    }

    /// `[number:…,number:…]`
    private mutating func list<Element>(
        _ element: (Double, inout OpenMetrics2Reader) throws -> Element
    ) throws -> [Element] {
        var elements: [Element] = []
        try expect("[")
        if skip("]") { return elements }
        repeat {
            let key = try realNumber()
            try expect(":")
            elements.append(try element(key, &self))
        } while skip(",")
        try expect("]")
        return elements
    }

    // MARK: Characters

    private var next: Unicode.Scalar? { peek(0) }
    private func peek(_ distance: Int) -> Unicode.Scalar? {
        position + distance < text.count ? text[position + distance] : nil
    }

    private mutating func run(_ isPart: (Unicode.Scalar) -> Bool) -> String {
        var string = ""
        while let character = next, isPart(character) {
            string.unicodeScalars.append(character)
            position += 1
        }
        return string
    }

    private mutating func skip(_ literal: String) -> Bool {
        guard text[position...].starts(with: literal.unicodeScalars) else { return false }
        position += literal.unicodeScalars.count
        return true
    }

    private mutating func skipIgnoringCase(_ word: String) -> Bool {
        let length = word.unicodeScalars.count
        guard position + length <= text.count,
            String(String.UnicodeScalarView(text[position..<position + length])).lowercased() == word
        else { return false }
        position += length
        return true
    }

    private mutating func expect(_ literal: String) throws {
        guard skip(literal) else { throw refusal("'\(literal)'") }
    }

    private func refusal(_ expected: String) -> Refusal {
        let before = String(String.UnicodeScalarView(text[max(0, position - 60)..<position]))
        let after = String(String.UnicodeScalarView(text[position..<min(text.count, position + 20)]))
        return Refusal(description: "expected \(expected) at \(before)⟨here⟩\(after)")
    }
}

struct OpenMetrics2Family {
    let name: String
    /// By keyword: TYPE, UNIT, HELP.
    var metadata: [String: String] = [:]
    var metadataOrder: [String] = []
    var samples: [OpenMetrics2Sample] = []
}

struct OpenMetrics2Sample {
    var name = ""
    var labels: [(name: String, value: String)] = []
    var value = OpenMetrics2Value.number(OpenMetrics2Number(value: 0, isInteger: true))
    var timestamp: Double?
    var start: Double?
    var exemplars: [(labels: [(name: String, value: String)], value: Double, timestamp: Double)] = []
}

struct OpenMetrics2Number {
    let value: Double
    /// Whether it has neither a point nor an exponent.
    let isInteger: Bool
}

enum OpenMetrics2Value {
    case number(OpenMetrics2Number)
    case histogram(OpenMetrics2Histogram)
    case summary(count: OpenMetrics2Number, sum: Double, quantiles: [(quantile: Double, value: Double)])
}

struct OpenMetrics2Histogram {
    let count: OpenMetrics2Number
    let sum: Double
    var native: OpenMetrics2Native?
    /// Cumulative, +Inf's last.
    var buckets: [(bound: Double, count: OpenMetrics2Number)]?
}

struct OpenMetrics2Native {
    struct Side {
        var spans: [(offset: Int, length: Int)] = []
        var counts: [OpenMetrics2Number] = []

        /// The counts by index, without empty ones.
        var byIndex: [Int: Double] {
            var byIndex: [Int: Double] = [:]
            var index = 0
            var counts = counts[...]
            for span in spans {
                index += span.offset
                for _ in 0..<span.length {
                    if let count = counts.popFirst(), count.value != 0 { byIndex[index] = count.value }
                    index += 1
                }
            }
            return byIndex
        }
    }

    let schema: Int
    let zeroThreshold: Double
    let zeroCount: OpenMetrics2Number
    var positive: Side?
    var negative: Side?
}
