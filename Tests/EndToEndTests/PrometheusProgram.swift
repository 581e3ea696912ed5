import EventHTTP
import Foundation
import Glibc
import TestSupport

/// A real Prometheus.
final class PrometheusProgram {
    private let program: Program
    private let folder: URL
    private let url: String

    /// One with the stack's own configuration, its application moved to this machine; nothing else of it is there.
    ///
    /// - Parameter app: the port that the scraped server listens on.
    convenience init(app: UInt16) async throws {
        let configuration = try String(
            contentsOf: Program.root.appendingPathComponent("compose/prometheus/prometheus.yml"), encoding: .utf8)
        let discovery = /dns_sd_configs:\n +- names: \[app\]\n +type: A\n +port: 5000\n +refresh_interval: 5s/
        try await self.init(
            configuration.replacing(discovery, with: "static_configs: [{targets: [\"127.0.0.1:\(app)\"]}]"))
    }

    /// - Parameters:
    ///   - configuration: `localhost:9090` stands for the address that it listens on.
    ///   - features: what it has to be asked for, by name.
    init(_ configuration: String, features: [String] = []) async throws {
        let port = try Self.freePort()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("prometheus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("prometheus.yml")
        try configuration.replacing("localhost:9090", with: "127.0.0.1:\(port)")
            .write(to: file, atomically: true, encoding: .utf8)
        program = try Program(
            Program.tool("prometheus"),
            [
                "--config.file=\(file.path)", "--storage.tsdb.path=\(folder.path)/data",
                "--web.listen-address=127.0.0.1:\(port)", "--enable-feature=\(features.joined(separator: ","))",
            ])
        url = "http://127.0.0.1:\(port)"
        let url = url
        guard
            try await eventually(
                within: .seconds(60), { (try? HTTPClient.get("\(url)/-/ready", timeout: .seconds(5)))?.status == 200 })
        else { throw TestFailure("Prometheus isn't ready; it printed: \(program.printed)") }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    struct Sample {
        let labels: [String: String]
        let value: Double
    }

    struct Histogram {
        let labels: [String: String]
        let count: Double
        let sum: Double
        /// The counts of the buckets that hold something, by their upper bounds.
        let buckets: [Double: Double]
    }

    struct Exemplar: Decodable {
        let labels: [String: String]
        let value: String
        /// In seconds since the Unix epoch.
        let timestamp: Double
    }

    /// The last sample of every series that a selector selects, even if its scrapes have failed since.
    func latest(_ selector: String) throws -> [Sample] {
        try answer("\(selector)[1h]").compactMap { element in
            guard let value = element.values?.last else { return nil }
            return Sample(labels: element.metric, value: try value.number(1))
        }
    }

    /// Evaluates an expression now.
    func query(_ expression: String) throws -> [Sample] {
        try answer(expression).compactMap { element in
            guard let value = element.value else { return nil }
            return Sample(labels: element.metric, value: try value.number(1))
        }
    }

    /// The value of an expression that has one.
    func value(_ expression: String) throws -> Double? { try query(expression).first?.value }

    /// The native histograms that an expression gives now.
    func histograms(_ expression: String) throws -> [Histogram] {
        try answer(expression).compactMap { element in
            guard let histogram = element.histogram?.histogram else { return nil }
            let buckets = try (histogram.buckets ?? []).map { (try $0.number(2), try $0.number(3)) }
            return Histogram(
                labels: element.metric, count: try histogram.count.number, sum: try histogram.sum.number,
                buckets: Dictionary(uniqueKeysWithValues: buckets))
        }
    }

    /// The exemplars of the series that a selector selects, with the labels of these.
    func exemplars(_ selector: String) throws -> [(series: [String: String], exemplars: [Exemplar])] {
        struct Element: Decodable {
            let seriesLabels: [String: String]
            let exemplars: [Exemplar]
        }
        struct Answer: Decodable { let data: [Element] }
        let answer: Answer = try get("query_exemplars?query=\(Self.encoded(selector))&start=0&end=9999999999")
        return answer.data.map { ($0.seriesLabels, $0.exemplars) }
    }

    /// What went wrong with the last scrape of each target whose scrape failed, by its path.
    func failures() throws -> [(path: String, reason: String)] {
        struct Target: Decodable {
            let scrapeUrl: String
            let lastError: String
        }
        struct Targets: Decodable { let activeTargets: [Target] }
        struct Answer: Decodable { let data: Targets }
        let answer: Answer = try get("targets?state=active")
        return answer.data.activeTargets.filter { !$0.lastError.isEmpty }
            .map { (URL(string: $0.scrapeUrl)?.path ?? $0.scrapeUrl, $0.lastError) }
    }

    private static func encoded(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        return text.addingPercentEncoding(withAllowedCharacters: allowed)!
    }

    private func answer(_ expression: String) throws -> [Answer.Element] {
        let answer: Answer = try get("query?query=\(Self.encoded(expression))")
        return answer.data.result
    }

    private func get<Value: Decodable>(_ path: String) throws -> Value {
        let response = try HTTPClient.get("\(url)/api/v1/\(path)", timeout: .seconds(30))
        guard response.status == 200 else {
            throw TestFailure("\(path): \(String(decoding: response.body, as: UTF8.self))")
        }
        return try JSONDecoder().decode(Value.self, from: Data(response.body))
    }

    private struct Answer: Decodable {
        let data: Result
        struct Result: Decodable { let result: [Element] }
        struct Element: Decodable {
            let metric: [String: String]
            let value: [Field]?
            let values: [[Field]]?
            let histogram: TimedHistogram?
        }
        struct TimedHistogram: Decodable {
            let histogram: Histogram
            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                _ = try container.decode(Double.self)
                histogram = try container.decode(Histogram.self)
            }
        }
        struct Histogram: Decodable {
            let count: Field
            let sum: Field
            /// How the bounds are meant, the lower one, the upper one, and the count.
            let buckets: [[Field]]?
        }
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, length)
                getsockname(descriptor, $0, &length)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// A number in Prometheus' JSON: most come as strings.
private enum Field: Decodable {
    case number(Double)
    case string(String)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    var number: Double {
        get throws {
            switch self {
            case .number(let number): return number
            case .string(let text):
                guard let number = Double(text) else { throw TestFailure("not a number: \(text)") }
                return number
            }
        }
    }
}

extension [Field] {
    fileprivate func number(_ index: Int) throws -> Double { try self[index].number }
}
