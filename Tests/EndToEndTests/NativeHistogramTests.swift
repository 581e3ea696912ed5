import Foundation
import PrometheusMetrics
import TestSupport
import Testing

/// Native histograms in a real Prometheus, beside classic ones of the same observations.
@Suite struct NativeHistogramTests {
    /// Observations whose quantiles are known, because all are kept.
    private struct Sample {
        let name: String
        let values: [Double]
        let bounds: [Double]

        /// By the nearest rank.
        func quantile(_ quantile: Double) -> Double {
            let rank = max(1, Int((quantile * Double(values.count)).rounded(.up)))
            return values.sorted()[rank - 1]
        }

        /// The bounds of the classic bucket of a value.
        func bucket(of value: Double) -> ClosedRange<Double> {
            let upper = bounds.firstIndex { value <= $0 } ?? bounds.count - 1
            return bounds[max(0, upper - 1)]...bounds[upper]
        }
    }

    private static func samples() -> [Sample] {
        var random = SeededGenerator(seed: 20_260_807)
        func uniform() -> Double { Double.random(in: 0..<1, using: &random) }
        // Box and Muller's way to the normal distribution.
        func normal() -> Double { (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform()) }
        return [
            Sample(
                name: "log_normal", values: (0..<5000).map { _ in exp(normal()) },
                bounds: (-10...10).map { pow(2, Double($0) / 2) }),
            Sample(
                name: "uniform", values: (0..<5000).map { _ in uniform() },
                bounds: (0...20).map { Double($0) / 20 }),
            Sample(
                name: "with_negatives", values: (0..<5000).map { _ in 3 * normal() },
                bounds: (-15...15).map { Double($0) }),
        ]
    }

    /// How much a bound is above the one before, for schema 3.
    private static let growth = pow(2, 1.0 / 8)

    @Test func quantilesLieInTheirBucketAndTheClassicOnesAgree() async throws {
        let samples = Self.samples()
        let registry = MetricsRegistry()
        var histograms: [String: Histogram] = [:]
        for sample in samples {
            let histogram = try registry.histogram(
                sample.name, help: "", buckets: Buckets(sample.bounds), native: .standard)
            for value in sample.values { histogram.observe(value) }
            histograms[sample.name] = histogram
        }
        let families = registry.snapshot()
        let pages = try FixedPages([
            .init(job: "classic", format: .text, body: Exposition.bytes(families)),
            .init(job: "native", format: .protobuf, body: Exposition.bytes(families, as: .protobuf)),
        ])
        let prometheus = try await PrometheusProgram(pages.configuration, features: ["native-histograms"])
        #expect(
            try await eventually(within: .seconds(60)) {
                try prometheus.value("count(max_over_time(up[1h]) == 1)") == 2
            })
        // One series each, where the classic ones take a series for each bucket, the sum and the count.
        #expect(try prometheus.histograms("{job=\"native\"}").count == samples.count)
        #expect(try prometheus.latest("{job=\"native\", __name__!~\"up|scrape_.*\"}").isEmpty)

        for sample in samples {
            let state = try #require(histograms[sample.name]?.snapshot())
            let native = try #require(state.native)
            let found = try #require(try prometheus.histograms("\(sample.name){job=\"native\"}").first)
            #expect(found.count == Double(sample.values.count))
            #expect(found.sum == state.sum)
            #expect(try prometheus.value("histogram_count(\(sample.name))") == Double(sample.values.count))
            #expect(try prometheus.value("histogram_sum(\(sample.name))") == state.sum)
            // Prometheus shows all but the empty ones.
            let counts = Array(native.positive.values) + Array(native.negative.values) + [native.zeroCount]
            #expect(found.buckets.values.sorted() == counts.filter { $0 > 0 }.map { Double($0) }.sorted())
            #expect(counts.count <= NativeBuckets.standard.maximumCount + 1)

            for quantile in [0.01, 0.05, 0.25, 0.4, 0.6, 0.75, 0.9, 0.99, 0.999] {
                let exact = sample.quantile(quantile)
                let native = try #require(
                    try prometheus.value("histogram_quantile(\(quantile), \(sample.name){job=\"native\"})"))
                #expect(
                    native / exact <= Self.growth * (1 + 1e-9) && exact / native <= Self.growth * (1 + 1e-9),
                    "\(sample.name), \(quantile): \(native) for \(exact)")
                let classic = try #require(
                    try prometheus.value("histogram_quantile(\(quantile), \(sample.name)_bucket{job=\"classic\"})"))
                let bucket = sample.bucket(of: exact)
                #expect(bucket.contains(classic), "\(sample.name), \(quantile): \(classic) for \(exact)")
                let error = (Self.growth - 1) * exact.magnitude
                #expect(
                    (native - classic).magnitude <= bucket.upperBound - bucket.lowerBound + error,
                    "\(sample.name), \(quantile): \(native) and \(classic)")
            }
        }
    }
}
