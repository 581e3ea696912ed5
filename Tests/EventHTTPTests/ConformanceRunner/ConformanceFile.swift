import EventHTTP
import Foundation
import TestSupport

/// Reads case files, and refuses malformed ones: a case that says less than it seems to would test nothing.
enum ConformanceFile {
    private static let folder = Program.root.appendingPathComponent("Tests/EventHTTPTests/Conformance")

    /// The cases of all files, read once.
    static let all = Result {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }
        return try names.sorted().flatMap { name in
            try cases(in: String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8), of: name)
        }
    }

    /// - Parameter name: the file's, for messages.
    static func cases(in text: String, of name: String) throws -> [ConformanceCase] {
        var cases: [ConformanceCase] = []
        var draft: CaseDraft?
        var number = 0
        do {
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                number += 1
                if line.isEmpty || line.hasPrefix("#") { continue }
                if line.hasPrefix("== ") {
                    if let draft { cases.append(try draft.finished()) }
                    draft = try CaseDraft(title: line.dropFirst(3), place: "\(name):\(number)")
                } else {
                    guard draft != nil else { throw TestFailure("a case begins with '== ' and its title") }
                    try draft!.read(line)
                }
            }
            if let draft { cases.append(try draft.finished()) }
        } catch {
            throw TestFailure("\(name):\(number): \(error)")
        }
        guard !cases.isEmpty else { throw TestFailure("\(name): no cases") }
        if let (one, other) = firstPair(in: cases, where: { $0.title == $1.title }) {
            throw TestFailure("\(other.place): has the title of \(one.place)")
        }
        return cases
    }

    /// Two cases that send the same to the same server: one of them is in vain.
    static func firstDuplicate(in cases: [ConformanceCase]) -> (ConformanceCase, ConformanceCase)? {
        firstPair(in: cases) {
            $0.sends == $1.sends && $0.limits == $1.limits
                && ($0.ending == .endedByClient) == ($1.ending == .endedByClient)
        }
    }

    private static func firstPair(
        in cases: [ConformanceCase], where matches: (ConformanceCase, ConformanceCase) -> Bool
    ) -> (ConformanceCase, ConformanceCase)? {
        for (index, one) in cases.enumerated() {
            if let other = cases[(index + 1)...].first(where: { matches(one, $0) }) { return (one, other) }
        }
        return nil
    }
}
