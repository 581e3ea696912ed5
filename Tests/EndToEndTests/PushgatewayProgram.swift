import EventHTTP
import Foundation
import TestSupport

/// A real Pushgateway, on a port that the system chose.
final class PushgatewayProgram {
    private let program: Program
    let url: String

    init() async throws {
        let program = try Program(Program.tool("prometheus-pushgateway"), ["--web.listen-address=127.0.0.1:0"])
        self.program = program
        var address: Substring?
        let isUp = try await eventually {
            address = program.printed.firstMatch(of: #/"Listening on" address=(\S+)\n/#)?.1
            return address != nil
        }
        guard isUp, let address else { throw TestFailure("no Pushgateway; it printed: \(program.printed)") }
        url = "http://\(address)"
    }

    private func get(_ path: String) throws -> [UInt8] {
        let response = try HTTPClient.get(url + path, timeout: .seconds(10))
        guard response.status == 200 else { throw TestFailure("\(path): status \(response.status)") }
        return response.body
    }

    /// What Prometheus would scrape.
    func exposition() throws -> String { String(decoding: try get("/metrics"), as: UTF8.self) }

    /// The labels of every group that it keeps.
    func groups() throws -> Set<[String: String]> {
        struct Answer: Decodable {
            let data: [Group]
            struct Group: Decodable { let labels: [String: String] }
        }
        return Set(try JSONDecoder().decode(Answer.self, from: Data(get("/api/v1/metrics"))).data.map(\.labels))
    }
}
