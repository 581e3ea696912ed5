import EventHTTP
import TestSupport

/// A case of which some lines have been read.
struct CaseDraft {
    private let title: String
    private let place: String
    private var hasSection = false
    private var limits = ServerLimits()
    private var sends: [ConformanceCase.Send] = []
    private var answers: [ExpectedAnswer] = []
    private var endsSending = false
    private var ending: ConformanceCase.Ending?

    init(title: String, place: String) {
        self.title = title
        self.place = place
    }

    mutating func read(_ line: Substring) throws {
        guard ending == nil else { throw TestFailure("nothing follows 'open' or 'closed' but the next case") }
        if line.hasPrefix(">") {
            try readRequest(line)
        } else if line.hasPrefix("< ") {
            try readExpectation(line.dropFirst(2))
        } else if !sends.isEmpty {
            throw TestFailure("a line begins with '> ', '< ', '== ' or '#'")
        } else if line.hasPrefix("RFC ") {
            guard line.wholeMatch(of: #/RFC \d{4} §\d+(\.\d+)*/#) != nil, !hasSection else {
                throw TestFailure("a case names one section: 'RFC 9112 §6.3'")
            }
            hasSection = true
        } else if line.hasPrefix("limits: ") {
            for limit in line.dropFirst(8).split(separator: " ") { try readLimit(limit) }
        } else {
            throw TestFailure("a line begins with '> ', '< ', '== ', 'RFC ', 'limits: ' or '#'")
        }
    }

    func finished() throws -> ConformanceCase {
        guard hasSection else { throw TestFailure("'\(title)' names no section: 'RFC 9112 §6.3'") }
        guard let last = sends.last else { throw TestFailure("'\(title)' sends nothing") }
        guard let ending else { throw TestFailure("'\(title)' doesn't end in '< open' or '< closed'") }
        guard endsSending || answers.count > last.precedingAnswers else {
            throw TestFailure("'\(title)' expects no answer to what it sends last")
        }
        guard answers.last?.isOptional != true, answers.last?.status != 100 || endsSending else {
            throw TestFailure("'\(title)' expects no final answer")
        }
        if let refusal = answers.firstIndex(where: { $0.reason != nil }) {
            guard refusal == answers.count - 1, ending != .open else {
                throw TestFailure("'\(title)' expects something behind a refusal, which closes the connection")
            }
        }
        return ConformanceCase(
            place: place, title: title, limits: limits, sends: sends, answers: answers, ending: ending)
    }

    private mutating func readLimit(_ text: Substring) throws {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let value = Int(parts[1]), value >= 0 else {
            throw TestFailure("'\(text)' isn't a limit such as 'bodyBytes=10'")
        }
        switch parts[0] {
        case "headerBytes":
            guard value >= 256 else { throw TestFailure("'\(text)': a server takes 256 at least") }
            limits.headerBytes = value
        // The request that follows every case has 5 and 2 of these.
        case "targetBytes" where value >= 5: limits.targetBytes = value
        case "headerFields" where value >= 2: limits.headerFields = value
        case "bodyBytes": limits.bodyBytes = value
        case "requestsPerConnection" where value >= 1: limits.requestsPerConnection = value
        case "pipelinedRequests" where value >= 1: limits.pipelinedRequests = value
        default: throw TestFailure("'\(text)' is no limit that the runner can set")
        }
    }

    private mutating func readRequest(_ line: Substring) throws {
        guard hasSection else { throw TestFailure("the section, such as 'RFC 9112 §6.3', stands before the request") }
        guard line == ">" || line.hasPrefix("> ") && line != "> " else {
            throw TestFailure("a line of a request is '> ' and text, an empty one '>'")
        }
        guard !endsSending else { throw TestFailure("nothing is sent behind {end}") }
        guard answers.last?.isOptional != true else { throw TestFailure("nobody can wait for an answer that may come") }
        let (bytes, endsSending) = try ByteNotation.line(line.dropFirst(2))
        self.endsSending = endsSending
        if sends.last?.precedingAnswers == answers.count {
            sends[sends.count - 1].bytes += bytes
        } else {
            sends.append(.init(bytes: bytes, precedingAnswers: answers.count))
        }
    }

    private mutating func readExpectation(_ text: Substring) throws {
        guard !sends.isEmpty else { throw TestFailure("the request stands before what is expected") }
        switch text {
        case "open":
            guard !endsSending else { throw TestFailure("nothing stays open behind {end}") }
            ending = .open
        case "closed": ending = endsSending ? .endedByClient : .closed
        case _ where text.hasPrefix("  "): try readField(text.drop { $0 == " " })
        default:
            guard let repetition = text.wholeMatch(of: #/{(\d+)\*(.+)}/#) else {
                return answers.append(try Self.answer(text))
            }
            guard let count = Int(repetition.1), (2...1000).contains(count) else {
                throw TestFailure("'\(text)' repeats too often or not at all")
            }
            answers += repeatElement(try Self.answer(repetition.2), count: count)
        }
    }

    private mutating func readField(_ text: Substring) throws {
        guard !answers.isEmpty else { throw TestFailure("a field follows its answer") }
        if let absent = text.wholeMatch(of: #/no ([A-Za-z-]+)/#) {
            answers[answers.count - 1].fields.append((String(absent.1), nil))
        } else if let field = text.wholeMatch(of: #/([A-Za-z-]+): (.+)/#) {
            answers[answers.count - 1].fields.append((String(field.1), String(field.2)))
        } else {
            throw TestFailure("'\(text)' is neither 'Name: value' nor 'no Name'")
        }
    }

    /// Statuses that a refusal is answered with and nothing else in the corpus.
    private static let refusingStatuses = Set(RejectionReason.allCases.map(\.status.code))

    private static func answer(_ text: Substring) throws -> ExpectedAnswer {
        guard let parts = text.wholeMatch(of: #/(maybe )?([1-5]\d\d)( [a-z_0-9]+)?( no content| ".*)?/#) else {
            throw TestFailure("'\(text)' is no answer such as '200 \"content\"' or '400 missing_host'")
        }
        var answer = ExpectedAnswer(status: Int(parts.2)!)
        answer.isOptional = parts.1 != nil
        if answer.isOptional || answer.status < 200 {
            guard answer.status == 100, parts.3 == nil, parts.4 == nil else {
                throw TestFailure("'\(text)': only 100 may come before the final answer")
            }
            answer.hasContent = false
            return answer
        }
        if let name = parts.3?.dropFirst() {
            guard let reason = RejectionReason(rawValue: String(name)) else {
                throw TestFailure("'\(name)' is no RejectionReason")
            }
            guard reason.status.code == answer.status else {
                throw TestFailure("\(name) is answered with \(reason.status.code), not \(answer.status)")
            }
            answer.reason = reason
        }
        guard answer.reason != nil || !refusingStatuses.contains(answer.status) else {
            throw TestFailure("'\(text)' names no reason")
        }
        if parts.4 == " no content" {
            answer.hasContent = false
        } else if let quoted = parts.4?.dropFirst() {
            guard answer.reason == nil else { throw TestFailure("the runner knows what a refusal says") }
            answer.content = try ByteNotation.quoted(quoted)
        }
        return answer
    }
}
