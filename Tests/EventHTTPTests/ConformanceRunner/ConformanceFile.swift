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
        var titles: [Substring: Int] = [:]
        for block in try blocks(in: text, of: name) {
            let place = "\(name):\(block[0].number)"
            let title = block[0].text.dropFirst(3)
            if let other = titles.updateValue(block[0].number, forKey: title) {
                throw TestFailure("\(place): has the title of \(name):\(other)")
            }
            for variant in try block.variants(of: name) {
                let fullTitle = variant.byte.map { "\(title) (\($0))" } ?? String(title)
                var draft = CaseDraft(title: fullTitle, place: place)
                for line in variant.lines.dropFirst() { try named(name, line.number) { try draft.read(line.text) } }
                cases.append(try named(name, variant.lines.last!.number) { try draft.finished() })
            }
        }
        return cases
    }

    /// The lines of each case, its title first.
    private static func blocks(in text: String, of name: String) throws -> [[NumberedLine]] {
        var blocks: [[NumberedLine]] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            let line = NumberedLine(number: index + 1, text: line)
            if line.text.hasPrefix("== ") {
                guard line.text.count > 3 else { throw TestFailure("\(name):\(index + 1): a case without a title") }
                blocks.append([line])
            } else if blocks.isEmpty {
                throw TestFailure("\(name):\(index + 1): a case begins with '== ' and its title")
            } else {
                blocks[blocks.count - 1].append(line)
            }
        }
        guard !blocks.isEmpty else { throw TestFailure("\(name): no cases") }
        return blocks
    }

    /// Two cases that send the same to the same server: one of them is in vain.
    static func firstDuplicate(in cases: [ConformanceCase]) -> (ConformanceCase, ConformanceCase)? {
        struct Sent: Hashable {
            let sends: [ConformanceCase.Send]
            let limits: ServerLimits
            let endsSending: Bool
        }
        var seen: [Sent: ConformanceCase] = [:]
        for test in cases {
            let sent = Sent(sends: test.sends, limits: test.limits, endsSending: test.ending == .endedByClient)
            if let other = seen.updateValue(test, forKey: sent) { return (other, test) }
        }
        return nil
    }
}

private struct NumberedLine {
    let number: Int
    var text: Substring
}

/// Names the place in errors.
private func named<R>(_ name: String, _ number: Int, _ body: () throws -> R) throws -> R {
    do { return try body() } catch { throw TestFailure("\(name):\(number): \(error)") }
}

extension [NumberedLine] {
    /// The cases that these lines stand for: one for each of the bytes in `{each a b}`.
    fileprivate func variants(of name: String) throws -> [(byte: String?, lines: [NumberedLine])] {
        let list = #/{each ((?:\\.|[^\\}])+)}/#
        guard let index = firstIndex(where: { $0.text.hasPrefix(">") && $0.text.contains(list) }) else {
            return [(nil, self)]
        }
        return try named(name, self[index].number) {
            let match = self[index].text.firstMatch(of: list)!
            return try Self.bytes(match.1).map { byte in
                var lines = self
                lines[index].text.replaceSubrange(match.range, with: byte)
                return (byte, lines)
            }
        }
    }

    private static func bytes(_ list: Substring) throws -> [String] {
        try list.split(separator: " ").flatMap { item -> [String] in
            if let range = item.wholeMatch(of: #/\\x([0-9a-f]{2})\.\.\\x([0-9a-f]{2})/#) {
                let (first, last) = (UInt8(range.1, radix: 16)!, UInt8(range.2, radix: 16)!)
                guard first < last else { throw TestFailure("'\(item)' is no range") }
                return (first...last).map { #"\x"# + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            }
            guard item.wholeMatch(of: #/[^\\]|\\x[0-9a-f]{2}|\\[^x]/#) != nil else {
                throw TestFailure("'\(item)' is no byte, nor a range of bytes such as \\x00..\\x1f")
            }
            return [String(item)]
        }
    }
}
