import Foundation
import PrometheusMetrics
import TestSupport

/// A rendering of a random registry, by the program that makes those that `check.py` reads.
struct RandomExposition {
    /// The case that it belongs to.
    let number: Int
    let format: ExpositionFormat
    let escaping: String
    let body: [UInt8]

    /// The renderings of the first cases of a seed.
    static func generate(seed: UInt64, count: Int) async throws -> [RandomExposition] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let (status, printed) = try await Program.run(
            URL(fileURLWithPath: "/bin/sh"),
            [
                "-c", "exec \"$0\" \(seed) 0 \(count) >\"$1\"",
                Program.products.appendingPathComponent("ExpositionFuzz").path, file.path,
            ])
        guard status == 0 else { throw TestFailure("ExpositionFuzz: \(printed)") }

        struct Header: Decodable {
            let `case`: Int
            let renderings: [Rendering]
            struct Rendering: Decodable {
                let format: String
                let escaping: String
                let length: Int
            }
        }
        var rest = try Data(contentsOf: file)[...]
        var expositions: [RandomExposition] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let header = try JSONDecoder().decode(Header.self, from: rest[..<end])
            rest = rest[(end + 1)...]
            for rendering in header.renderings {
                guard let format = ExpositionFormat.allCases.first(where: { "\($0)" == rendering.format }) else {
                    throw TestFailure("no format: \(rendering.format)")
                }
                expositions.append(
                    RandomExposition(
                        number: header.case, format: format, escaping: rendering.escaping,
                        body: [UInt8](rest.prefix(rendering.length))))
                rest = rest.dropFirst(rendering.length)
            }
        }
        return expositions
    }
}
