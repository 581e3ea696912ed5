import EventHTTP
import Foundation
import Glibc
import TestSupport

/// A real Prometheus with the stack's own configuration, its targets moved to this machine.
final class PrometheusProgram {
    private let program: Program
    private let folder: URL
    private let url: String

    /// - Parameter app: the port that the scraped server listens on.
    init(app: UInt16) async throws {
        let port = try Self.freePort()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("prometheus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let configuration = try String(
            contentsOf: Program.root.appendingPathComponent("compose/prometheus/prometheus.yml"), encoding: .utf8)
        let file = folder.appendingPathComponent("prometheus.yml")
        try configuration.replacing("app:5000", with: "127.0.0.1:\(app)")
            .replacing("localhost:9090", with: "127.0.0.1:\(port)").write(to: file, atomically: true, encoding: .utf8)
        program = try Program(
            Program.tool("prometheus"),
            [
                "--config.file=\(file.path)", "--storage.tsdb.path=\(folder.path)/data",
                "--web.listen-address=127.0.0.1:\(port)",
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

    /// Evaluates an expression now.
    func query(_ expression: String) throws -> [Sample] {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        let query = expression.addingPercentEncoding(withAllowedCharacters: allowed)!
        let response = try HTTPClient.get("\(url)/api/v1/query?query=\(query)", timeout: .seconds(10))
        guard response.status == 200 else {
            throw TestFailure(
                "\(expression): \(String(decoding: response.body, as: UTF8.self))")
        }
        let answer = try JSONDecoder().decode(Answer.self, from: Data(response.body))
        return try answer.data.result.map { element in
            guard case .string(let text) = element.value[1], let value = Double(text) else {
                throw TestFailure("\(expression): not a number: \(element.value)")
            }
            return Sample(labels: element.metric, value: value)
        }
    }

    /// The value of an expression that has one.
    func value(_ expression: String) throws -> Double? { try query(expression).first?.value }

    private struct Answer: Decodable {
        let data: Result
        struct Result: Decodable { let result: [Element] }
        struct Element: Decodable {
            let metric: [String: String]
            let value: [Field]
        }
        enum Field: Decodable {
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
