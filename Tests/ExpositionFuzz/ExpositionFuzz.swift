import Glibc
import PrometheusMetrics
import TestSupport

/// Writes random registries, rendered in every format, with what the expositions have to show; `check.py` reads them.
///
/// A case is a line of JSON, which tells the length of each rendering, and the renderings. Case n of a seed is always
/// the same but for the times in it: `ExpositionFuzz SEED FIRST COUNT`.
@main enum ExpositionFuzz {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        guard arguments.count == 3 else {
            write(Array("usage: ExpositionFuzz SEED FIRST COUNT\n".utf8), to: STDERR_FILENO)
            exit(2)
        }
        var output: [UInt8] = []
        for number in Int(arguments[1])..<Int(arguments[1] + arguments[2]) {
            append(number, seed: arguments[0], to: &output)
            guard output.count > 1 << 18 else { continue }
            write(output)
            output.removeAll(keepingCapacity: true)
        }
        write(output)
    }

    fileprivate struct Rendering {
        let format: ExpositionFormat
        let escaping: EscapingScheme
        let createdSamples: Bool
        let bytes: [UInt8]
    }

    private static func append(_ number: Int, seed: UInt64, to output: inout [UInt8]) {
        let test = RandomCase(seed: seed, number: number)
        var random = test.random
        let families = test.snapshot
        let formats: [ExpositionFormat] = [random.pick([.text, .text1]), .openMetrics, .protobuf]
        let renderings = formats.map { format in
            let rendering = Rendering(
                format: format, escaping: random.pick(EscapingScheme.allCases), createdSamples: random.once(in: 2),
                bytes: [])
            let bytes = render(families, rendering, pieces: 1 + random.below(200))
            precondition(
                bytes
                    == Exposition.bytes(
                        families, as: format, escaping: rendering.escaping,
                        createdSamples: rendering.createdSamples),
                "seed \(seed), case \(number): the pieces aren't the whole")
            return Rendering(
                format: format, escaping: rendering.escaping, createdSamples: rendering.createdSamples, bytes: bytes)
        }
        var json = JSON()
        json.object([
            "case": { $0.value(number) },
            "families": { $0.array(test.expected) { $1.value($0) } },
            "renderings": { $0.array(renderings) { $1.value($0) } },
        ])
        output += json.text.utf8
        output.append(UInt8(ascii: "\n"))
        for rendering in renderings { output += rendering.bytes }
    }

    /// Renders piece by piece into a buffer that is emptied in between.
    private static func render(_ families: [MetricFamily], _ rendering: Rendering, pieces size: Int) -> [UInt8] {
        var exposition = Exposition(
            families, as: rendering.format, escaping: rendering.escaping, createdSamples: rendering.createdSamples)
        var whole: [UInt8] = []
        var piece: [UInt8] = []
        var hasMore = true
        while hasMore {
            piece.removeAll(keepingCapacity: true)
            hasMore = exposition.render(into: &piece, atLeast: size)
            whole += piece
        }
        return whole
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32 = STDOUT_FILENO) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                // Who reads has had enough, or can't go on.
                guard written > 0 else { exit(1) }
                rest = rest.dropFirst(written)
            }
        }
    }
}

extension JSON {
    fileprivate mutating func value(_ rendering: ExpositionFuzz.Rendering) {
        object([
            "format": { $0.value("\(rendering.format)") },
            "escaping": { $0.value(rendering.escaping.rawValue) },
            "created": { $0.value(rendering.createdSamples) },
            "length": { $0.value(rendering.bytes.count) },
        ])
    }
}
