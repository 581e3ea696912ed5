import PrometheusMetrics
import TestSupport
import Testing

@Suite struct SummaryTests {
    @Test(arguments: [0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0])
    func estimatesLieWithinTheStatedError(quantile: Double) throws {
        let summary = Summary(try Quantiles([quantile]))
        var generator = SystemRandomNumberGenerator()
        // Over nine powers of ten, of both signs.
        let values = (0..<20_000).map { _ -> Double in
            let exponent = Double.random(in: -4...5, using: &generator)
            return (Bool.random(using: &generator) ? 1 : -1) * (exponent * 2.302585).exponential
        }
        for value in values { summary.observe(value) }
        let sorted = values.sorted()
        let exact = sorted[max(0, Int((quantile * Double(sorted.count)).rounded(.up)) - 1)]
        let estimate = try #require(summary.snapshot().quantiles.first).value
        #expect(abs(estimate - exact) <= Quantiles.relativeError * abs(exact))
    }

    @Test func theWindowPassesAndTheTotalsStay() async throws {
        let summary = Summary(try Quantiles([0.5], window: .milliseconds(50), slices: 5))
        for _ in 0..<10 { summary.observe(3) }
        let isOver = try await eventually { summary.snapshot().quantiles[0].value.isNaN }
        #expect(isOver)
        summary.observe(5)
        let snapshot = summary.snapshot()
        #expect(snapshot.count == 11)
        #expect(snapshot.sum == 35)
    }

    @Test func isExposedByQuantile() throws {
        let registry = MetricsRegistry()
        let summary = try registry.summary("s_seconds", help: "S.", quantiles: Quantiles([0.9, 0.5]))
        summary.observe(.seconds(0))
        #expect(
            Exposition.text(registry.snapshot()) == """
                # HELP s_seconds S.
                # TYPE s_seconds summary
                s_seconds{quantile="0.5"} 0
                s_seconds{quantile="0.9"} 0
                s_seconds_sum 0
                s_seconds_count 1

                """)
    }

    @Test func refusesWhatIsNoQuantile() {
        #expect(throws: RegistrationError.self) { try Quantiles([1.1]) }
        #expect(throws: RegistrationError.self) { try Quantiles([.nan]) }
        #expect(throws: RegistrationError.self) { try Quantiles([0.5, 0.5]) }
        #expect(throws: RegistrationError.self) { try Quantiles([0.5], window: .zero) }
        #expect(throws: RegistrationError.self) { try Quantiles([0.5], slices: 0) }
    }

    @Test func nothingIsLostWhileSlicesTurn() async throws {
        let summary = Summary(try Quantiles([0.5], window: .milliseconds(20), slices: 10))
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<50_000 { summary.observe(2) } }
            }
            group.addTask { for _ in 0..<200 { _ = summary.snapshot() } }
        }
        #expect(summary.snapshot().count == 200_000)
        #expect(summary.snapshot().sum == 400_000)
    }
}

extension Double {
    /// e to this power.
    fileprivate var exponential: Double {
        var sum = 1.0
        var term = 1.0
        for index in 1..<80 {
            term *= self / Double(index)
            sum += term
        }
        return sum
    }
}
