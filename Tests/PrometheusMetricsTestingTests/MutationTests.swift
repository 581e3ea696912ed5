import PrometheusMetricsTesting
import Testing

/// Random damage to good expositions: whatever comes of it is refused with a line, or read and understood.
@Suite struct MutationTests {
    private static let openMetrics = #"""
        # TYPE a_seconds counter
        # UNIT a_seconds seconds
        # HELP a_seconds The \"first\",\n\\.
        a_seconds_total{b="c\"\\\n"} 1.5 10 # {d="é"} 2 9.5
        a_seconds_created{b="c\"\\\n"} 3 10
        # TYPE h histogram
        h_bucket{le="-1.0"} 1
        h_bucket{le="+Inf"} 2 # {} 7
        # TYPE s summary
        s{quantile="0.5"} NaN
        s_sum 2e3
        s_count 4
        # TYPE e stateset
        e{e="on"} 1
        # TYPE "q.r" gauge
        {"q.r","x y"="z"} -Inf
        # EOF

        """#

    private static let text = #"""
        # HELP a_total The "first",\n\\.
        # TYPE a_total counter
        a_total{b="c\"\\\n",} 1.5 -10
        # a comment
        # TYPE h histogram
        h_bucket{le="1"} 1
         h_bucket{ le = "+Inf" } 2

        h_sum 2
        h_count 2
        # TYPE s summary
        s{quantile="0.5"} NaN
        {"q.r","x y"="z"} -Inf

        """#

    private static let fragments: [[UInt8]] =
        [
            "{", "}", "\"", ",", "=", " ", "\\", "\n", "#", "# ", "_total", "_sum", "_bucket", "_created", "_info",
            "le",
            "quantile", "+Inf", "NaN", "-1", "0", "2", "1e3", "1e999", "a", "# EOF\n", "# TYPE ", "\\n", "\\z", "\t",
            "\r",
            "é", "\0", "_", ":", "",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3]]

    /// SplitMix64: the same numbers for a seed on every machine.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    private static func damaged(_ text: String, _ generator: inout Generator) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0...Int.random(in: 0..<3, using: &generator) {
            let start = Int.random(in: 0...bytes.count, using: &generator)
            let end = min(bytes.count, start + [0, 1, 1, 2, 8, 60].randomElement(using: &generator)!)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: bytes.replaceSubrange(start..<end, with: bytes[start..<end].reversed())
            case 1: bytes.insert(contentsOf: bytes[start..<end], at: end)
            case 2: bytes.removeSubrange(start...)
            case 3 where start < bytes.count: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            default: bytes.replaceSubrange(start..<end, with: fragments.randomElement(using: &generator)!)
            }
        }
        return bytes
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func damagedOpenMetricsIsRefusedOrUnderstood(seed: UInt64) throws {
        var generator = Generator(state: seed)
        var accepted = 0
        for round in 0..<15_000 {
            let bytes = Self.damaged(Self.openMetrics, &generator)
            let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
            do throws(ExpositionError) {
                let parsed = try ParsedExposition(openMetrics: bytes, strictness: .required)
                accepted += 1
                let again = try ParsedExposition(openMetrics: Self.rendered(parsed), strictness: .required)
                let difference = ExpositionDifference(expected: parsed, actual: again)
                #expect(difference.isEmpty, "seed \(seed), round \(round): \(difference)")
            } catch {
                #expect((1...lines).contains(error.line), "seed \(seed), round \(round): \(error)")
                #expect(throws: ExpositionError.self, "seed \(seed), round \(round)") {
                    try ParsedExposition(openMetrics: bytes)
                }
            }
        }
        #expect(accepted > 100)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func damagedTextIsRefusedOrUnderstood(seed: UInt64) throws {
        var generator = Generator(state: seed)
        var accepted = 0
        for round in 0..<10_000 {
            let bytes = Self.damaged(Self.text, &generator)
            let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
            do throws(ExpositionError) {
                let parsed = try ParsedExposition(text: bytes)
                accepted += 1
                for sample in parsed.families.flatMap(\.samples) {
                    let labels = Dictionary(sample.labels.map { ($0.name, $0.value) }) { first, _ in first }
                    #expect(parsed.sample(sample.name, labels) != nil, "seed \(seed), round \(round): \(sample)")
                }
            } catch {
                #expect((1...lines).contains(error.line), "seed \(seed), round \(round): \(error)")
            }
        }
        #expect(accepted > 100)
    }

    /// The exposition written anew from what was read.
    private static func rendered(_ parsed: ParsedExposition) -> String {
        parsed.families.map { family in
            let name = "\"\(escaped(family.name))\""
            let help = escaped(family.help ?? "")
            return
                "# TYPE \(name) \(family.type.rawValue)\n# UNIT \(name) \(family.unit ?? "")\n# HELP \(name) \(help)\n"
                + family.samples.map { "\($0)\n" }.joined()
        }
        .joined() + "# EOF\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing("\"", with: "\\\"")
    }
}
