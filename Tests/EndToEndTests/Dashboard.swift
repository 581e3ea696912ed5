import Foundation
import TestSupport

/// A Grafana dashboard of the stack. What else there is to say of it, `Tests/Stack/check-dashboards` checks.
struct Dashboard: Decodable {
    let uid: String
    let panels: [Panel]

    struct Panel: Decodable {
        let targets: [Target]?
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

    /// Whether the application's own metrics answer all of it; the others need the rest of the stack.
    var asksTheApplicationAlone: Bool { ["lab", "service", "saturation"].contains(uid) }

    /// The panels' expressions with Grafana's variables put in, as for a scrape interval of 5 s.
    var expressions: [String] {
        panels.flatMap { $0.targets ?? [] }.map {
            $0.expr.replacing("$__rate_interval", with: "20s").replacing("$__range", with: "15m")
                .replacing("$job", with: "app").replacing("$service", with: "app").replacing("$instance", with: ".*")
        }
    }
}
