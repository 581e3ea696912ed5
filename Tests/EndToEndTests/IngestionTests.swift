import Foundation
import PrometheusMetrics
import PrometheusMetricsTesting
import TestSupport
import Testing

/// What a real Prometheus makes of every format.
@Suite struct IngestionTests {
    private let registry = MetricsRegistry(constantLabels: ["zone": "a\"b\\c\nd"])

    private enum Phase: String, MetricLabelEnum { case starting, serving }
    private struct Build: MetricLabels { var version: String }
    private static let texts = [
        "plain", "\"", "\\", "\n", "\r\n", "\t", " ", "\0", "a\0b", "é", "e\u{301}", "\u{301}", "日本", "👩‍👩‍👧‍👦", "\u{202E}",
        "\u{FEFF}", "\u{FFFF}", "\u{10FFFF}", "{a=\"b\"} 1 # EOF", "# HELP", String(repeating: "x", count: 10_000),
    ]
    private static let numbers = [
        0, -0.0, 1, -1, 0.1, 1 / 3, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
        .leastNonzeroMagnitude, .leastNormalMagnitude, 0x1p53, 0x1p53 + 2, 1e21, 1e-7, 123_456_789.123,
    ]

    /// Every type, and in labels and values what is hard.
    private func fill() throws {
        let gauges = try registry.gauge("number", help: Self.texts.joined(), labelNames: ["index", "text"])
        for (index, number) in Self.numbers.enumerated() { try gauges.child("\(index)", "").set(to: number) }
        for (index, text) in Self.texts.enumerated() { try gauges.child("\(index)", text).set(to: 1) }
        let bytes = try registry.counter("sent_bytes_total", help: "", unit: "bytes")
        bytes.increment(by: 0x1p40, exemplar: try ExemplarLabels(["trace_id": "\"\\\n}é", "empty": ""]))
        let buckets = try Buckets([-1, 0.005, 1, 100_000, 1e6, 1.5e300])
        for name in ["classic", "both_seconds"] {
            let histogram = try registry.histogram(
                name, help: "", buckets: buckets, native: name == "classic" ? nil : .standard)
            for value in [-2, 0, 0.005, 3, 1e5, .infinity] {
                histogram.observe(value, exemplar: try ExemplarLabels(["value": "\(value)"]))
            }
        }
        let positive = try registry.histogram("positive", help: "", buckets: Buckets([1, 2]))
        positive.observe(1.5)
        let summary = try registry.summary("summary", help: "", quantiles: Quantiles([0, 0.5, 0.999, 1]))
        for value in [0.25, 1, 2, 3] { summary.observe(value) }
        try registry.stateSet("phase", help: "", states: Phase.self).set(only: .serving)
        try registry.info("build_info", help: "", Build(version: "1.0-é"))
        try registry.gauge("answer", help: "") { 42 }
        try registry.register(Foreign())
    }

    private struct Foreign: Collector {
        var metrics: [(name: String, type: MetricType)] { [("foreign", .unknown)] }
        func collect() -> [MetricFamily] { [.unknown("foreign", help: "", [(.empty, -0.5)])] }
    }

    /// Waits until all pages have been scraped.
    private func scrape(_ pages: FixedPages, count: Int) async throws -> PrometheusProgram {
        let prometheus = try await PrometheusProgram(
            pages.configuration, features: ["native-histograms", "exemplar-storage"])
        let areScraped = try await eventually(within: .seconds(60)) {
            try prometheus.value("count(max_over_time(up[1h]) == 1)") == Double(count)
        }
        #expect(areScraped)
        if !areScraped {
            for (path, reason) in try prometheus.failures() {
                // Not the text itself, which would end at a byte 0.
                Issue.record("\(reason): \(pages.text(at: path).debugDescription)")
            }
        }
        return prometheus
    }

    private typealias Samples = [[String: String]: UInt64]

    /// Samples by all of their labels, the name among them; values by their bits, and all NaNs alike.
    private func samples(_ exposition: ParsedExposition) -> Samples {
        var samples: Samples = [:]
        for sample in exposition.families.flatMap(\.samples) {
            var labels = ["__name__": sample.name]
            for label in sample.labels { labels[label.name] = label.value }
            samples[labels] = bits(sample.value)
        }
        return samples
    }

    private func bits(_ value: Double) -> UInt64 { value.isNaN ? Double.nan.bitPattern : value.bitPattern }

    /// What Prometheus has of a job, without what it adds itself.
    private func samples(_ prometheus: PrometheusProgram, job: String) throws -> Samples {
        var samples: Samples = [:]
        for sample in try prometheus.latest("{job=\"\(job)\", __name__!~\"up|scrape_.*\"}") {
            let labels = sample.labels.filter { $0.key != "job" && $0.key != "instance" }
            samples[labels] = bits(sample.value)
        }
        return samples
    }

    private struct Example: Hashable {
        var labels: [String: String]
        let value: Double
        let milliseconds: Double

        init(_ labels: [(name: String, value: String)], _ value: Double, _ timestamp: Double) {
            self.labels = Dictionary(uniqueKeysWithValues: labels.filter { !$0.value.isEmpty })
            self.value = value
            milliseconds = (timestamp * 1000).rounded()
        }

        /// With label values as the text formats write them.
        var escaped: Example {
            var escaped = self
            escaped.labels = labels.mapValues {
                $0.replacing("\\", with: #"\\"#).replacing("\"", with: #"\""#).replacing("\n", with: #"\n"#)
            }
            return escaped
        }
    }

    private func exemplars(_ exposition: ParsedExposition) -> [[String: String]: Example] {
        var examples: [[String: String]: Example] = [:]
        for sample in exposition.families.flatMap(\.samples) {
            guard let exemplar = sample.exemplar else { continue }
            var labels = ["__name__": sample.name]
            for label in sample.labels { labels[label.name] = label.value }
            examples[labels] = Example(
                exemplar.labels.map { ($0.name, $0.value) }, exemplar.value, exemplar.timestamp ?? 0)
        }
        return examples
    }

    private func exemplars(_ prometheus: PrometheusProgram, job: String) throws -> [[String: String]: Example] {
        var examples: [[String: String]: Example] = [:]
        for (series, exemplars) in try prometheus.exemplars("{job=\"\(job)\"}") {
            let labels = series.filter { $0.key != "job" && $0.key != "instance" }
            for exemplar in exemplars {
                examples[labels] = Example(
                    exemplar.labels.map { ($0.key, $0.value) }, try #require(Double(exemplar.value)), exemplar.timestamp
                )
            }
        }
        return examples
    }

    private func expectEqual(_ found: Samples, _ expected: Samples, _ what: String) {
        for (labels, value) in expected where found[labels] != value {
            let number = found[labels].map { "\(Double(bitPattern: $0))" } ?? "nothing"
            Issue.record("\(what): \(labels): \(number) in place of \(Double(bitPattern: value))")
        }
        for labels in found.keys where expected[labels] == nil { Issue.record("\(what): \(labels) is one too many") }
    }

    @Test func everySampleAndExemplarOfEveryFormatArrivesAsItWasWritten() async throws {
        try fill()
        let families = registry.snapshot()
        let text = Exposition.bytes(families)
        let openMetrics = Exposition.bytes(families, as: .openMetrics, createdSamples: true)
        let pages = try FixedPages([
            .init(job: "text", format: .text, body: text),
            .init(job: "openmetrics", format: .openMetrics, body: openMetrics),
            .init(job: "protobuf", format: .protobuf, body: Exposition.bytes(families, as: .protobuf)),
        ])
        let prometheus = try await scrape(pages, count: 3)

        let inText = samples(try ParsedExposition(text: text))
        let inOpenMetrics = samples(try ParsedExposition(openMetrics: openMetrics, strictness: .required))
        #expect(inText.count > 70)
        expectEqual(try samples(prometheus, job: "text"), inText, "text")
        expectEqual(try samples(prometheus, job: "openmetrics"), inOpenMetrics, "OpenMetrics")
        // Prometheus takes a histogram that has native buckets as one series.
        let isNative = { (labels: [String: String]) in labels["__name__"]?.hasPrefix("both_seconds") ?? false }
        expectEqual(
            try samples(prometheus, job: "protobuf"), inText.filter { !isNative($0.key) }, "protobuf")
        #expect(try prometheus.histograms("both_seconds{job=\"protobuf\"}").map(\.count) == [6])

        let exemplars = exemplars(try ParsedExposition(openMetrics: openMetrics, strictness: .required))
        #expect(exemplars.count == 9)
        // Prometheus leaves the escapes of OpenMetrics as they are.
        #expect(try self.exemplars(prometheus, job: "openmetrics") == exemplars.mapValues(\.escaped))
        #expect(
            try self.exemplars(prometheus, job: "protobuf").filter { !isNative($0.key) }
                == exemplars.filter { !isNative($0.key) })
    }

    @Test func randomExpositionsAreTakenWhole() async throws {
        let seed = UInt64.random(in: 0..<1 << 48)
        let pages = try await RandomExposition.generate(seed: seed, count: 120)
            // This version of Prometheus knows legacy names only.
            .filter { $0.escaping != "allow-utf-8" }
            .map { FixedPages.Page(job: "\($0.number) \($0.format)", format: $0.format, body: $0.body) }
        #expect(pages.count > 200)
        let prometheus = try await scrape(try FixedPages(pages), count: pages.count)
        var compared = 0
        for page in pages {
            let exposition: ParsedExposition
            switch page.format {
            case .text, .text1: exposition = try ParsedExposition(text: page.body)
            case .openMetrics:
                // Escaped labels can begin with an underscore, which the specification keeps for itself.
                guard let parsed = try? ParsedExposition(openMetrics: page.body, strictness: .required) else {
                    continue
                }
                exposition = parsed
            default: continue
            }
            expectEqual(
                try samples(prometheus, job: page.job), samples(exposition), "seed \(seed), \(page.job)")
            compared += 1
        }
        #expect(compared > 100)
    }
}
