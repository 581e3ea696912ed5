import Foundation
import TestSupport

/// A Grafana dashboard of the stack.
struct Dashboard: Decodable {
    let uid: String
    let title: String
    let panels: [Panel]

    struct Panel: Decodable {
        let id: Int
        let title: String
        let description: String?
        let type: String
        let gridPos: GridPosition
        let targets: [Target]?
    }

    struct GridPosition: Decodable {
        let x, y, w, h: Int
    }

    struct Target: Decodable {
        let expr: String
    }

    /// Every dashboard that Grafana is given.
    static func all() throws -> [Dashboard] {
        let folder = Program.root.appendingPathComponent("compose/grafana/dashboards")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .map { try JSONDecoder().decode(Dashboard.self, from: Data(contentsOf: $0)) }
    }

    /// The panels' expressions with Grafana's variables put in, as for a scrape interval of 5 s.
    var expressions: [String] {
        panels.flatMap { $0.targets ?? [] }.map {
            $0.expr.replacing("$__rate_interval", with: "20s").replacing("$job", with: "app")
                .replacing("$instance", with: ".*")
        }
    }
}
