/// What proves that a peer did its work.
public struct CheckFailure: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

public enum Check {
    public static func equal<Value: Equatable>(_ actual: Value, _ expected: Value, _ what: String) throws {
        guard actual == expected else { throw CheckFailure("\(what) is \(actual) instead of \(expected)") }
    }

    /// - Parameter buckets: a count for each of ``Workload/bounds``, not cumulated, then +Inf's.
    public static func histogram(buckets: [UInt64], sum: Double, operations: Int) throws {
        let rounds = operations / Line.granularity
        var expected = [UInt64](repeating: 0, count: Workload.bounds.count + 1)
        for value in Workload.observedValues {
            expected[Workload.bounds.firstIndex { value <= $0 } ?? Workload.bounds.count] += UInt64(rounds)
        }
        try equal(buckets, expected, "buckets")
        try histogram(count: buckets.reduce(0, +), sum: sum, operations: operations)
    }

    public static func histogram(count: UInt64, sum: Double, operations: Int) throws {
        try equal(count, UInt64(operations), "count")
        let expected = Workload.observedValues.reduce(0, +) * Double(operations / Line.granularity)
        guard abs(sum / expected - 1) < 1e-6 else { throw CheckFailure("sum is \(sum) instead of \(expected)") }
    }

    /// An exposition of ``Workload/requests`` as text of any kind.
    public static func requests(_ text: [UInt8], _ count: Int) throws {
        let samples = samples(of: "http_requests_total", in: text)
        try equal(samples.count, count, "number of counters")
        try equal(samples.reduce(0, +), Double(37 * (count - 1) * count / 2), "sum of counters")
    }

    /// An exposition of ``Workload/durations`` as text of any kind.
    public static func durations(_ text: [UInt8]) throws {
        let name = "http_request_duration_seconds"
        let counts = samples(of: name + "_count", in: text)
        try equal(counts.count, 1000, "number of histograms")
        try equal(counts.reduce(0, +), 24_000, "number of observations")
        try equal(samples(of: name + "_bucket", in: text).count, 12_000, "number of buckets")
    }

    /// An exposition in protobuf of one family.
    public static func protobuf(_ message: [UInt8], series: Int) throws {
        var rest = message[...]
        func readNumber() -> Int {
            let bytes = rest.prefix { $0 >= 128 } + rest.drop { $0 >= 128 }.prefix(1)
            rest = rest.dropFirst(bytes.count)
            return bytes.reversed().reduce(0) { $0 << 7 | Int($1 & 127) }
        }
        try equal(readNumber(), rest.count, "size of the family")
        var metrics = 0
        while !rest.isEmpty {
            let tag = readNumber()
            let number = readNumber()
            // All of a family's fields are of bytes, but for its type.
            if tag & 7 == 2 { rest = rest.dropFirst(number) }
            if tag >> 3 == 4 { metrics += 1 }
        }
        try equal(metrics, series, "number of series")
    }

    private static func samples(of name: String, in text: [UInt8]) -> [Double] {
        String(decoding: text, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix(name + "{") }.map { line in
            Double(line[line.index(after: line.lastIndex(of: " ")!)...])!
        }
    }
}
