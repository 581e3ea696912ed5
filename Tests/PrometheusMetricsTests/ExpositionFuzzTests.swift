import Foundation
import TestSupport
import Testing

/// A few of the random expositions that `scripts/test` has other parsers read by the hundred thousand: enough for a
/// sanitizer to see every path of the renderers, which write into memory without bounds checks.
@Suite struct ExpositionFuzzTests {
    @Test func randomExpositionsAreReadBackAsTheyWereWritten() async throws {
        let python = Program.root.appendingPathComponent(".build-tools/python/bin/python3")
        try #require(FileManager.default.isExecutableFile(atPath: python.path), "run 'make tools', or 'make test'")
        let (status, printed) = try await Program.run(
            python,
            [
                Program.root.appendingPathComponent("Tests/ExpositionFuzz/check.py").path,
                Program.products.appendingPathComponent("ExpositionFuzz").path, "300",
            ], within: .seconds(600))
        #expect(status == 0, "\(printed)")
    }
}
