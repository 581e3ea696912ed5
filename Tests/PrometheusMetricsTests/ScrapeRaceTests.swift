import Foundation
import TestSupport
import Testing

/// A few of the scrapes under load that `scripts/test` makes by the hundred thousand: enough for a sanitizer to see what
/// threads have in common.
@Suite struct ScrapeRaceTests {
    @Test func noScrapeUnderLoadIsTornAndNothingIsLost() async throws {
        let (status, printed) = try await Program.run(
            Program.products.appendingPathComponent("ScrapeRace"), ["200"], within: .seconds(600))
        #expect(status == 0, "\(printed)")
    }
}
