import TestSupport
import Testing

/// That a server which doesn't do what a case says is found out.
@Suite struct DialogueTests {
    private static let closing = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nroot"
    private static let staying = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 4\r\n\r\nroot"

    /// What happens behind the answer.
    enum Behind: Sendable { case end, reset, nothing, nextAnswer, endBehindNextRequest }

    private func failures(_ expectation: String, _ answer: String, _ behind: Behind) async throws -> [String] {
        let cases = try ConformanceFile.cases(
            in: "== t\nRFC 9112 §9\n> GET / HTTP/1.1\n> Host: a\n>\n\(expectation)", of: "f.txt")
        let server = try ScriptedServer { client in
            client.receive(until: "\r\n\r\n")
            client.send(answer)
            switch behind {
            case .end: break
            case .reset: client.reset()
            case .nothing: client.waitForEnd()
            case .nextAnswer:
                client.receive(until: "\r\n\r\n")
                client.send(Self.closing.replacing("root", with: "next"))
            case .endBehindNextRequest: client.receive(until: "\r\n\r\n")
            }
        }
        return try await ConformanceRun.outcome(
            of: cases, port: server.port, delivery: .whole, followUp: .afterTheAnswers,
            patience: .milliseconds(behind == .nothing ? 200 : 5000)
        ).failures
    }

    @Test(
        arguments: [
            ("< 200 \"root\"\n< closed", closing, .end), ("< 200 \"root\"\n< open", staying, .nextAnswer),
            ("< maybe 100\n< 200\n< closed", closing, .end),
            ("< 200 no content\n< open", staying.replacing("root", with: ""), .nextAnswer),
            ("< 200\n<   content-length: 4\n<   no Allow\n< closed", closing, .end),
            (
                "< 400 missing_host\n< closed",
                "HTTP/1.1 400 Bad\r\nDate: x\r\nContent-Type: text/plain\r\nContent-Length: 25\r\nConnection: close"
                    + "\r\n\r\nthe Host field is missing", .end
            ),
        ] as [(String, String, Behind)])
    func acceptsWhatTheCaseSays(expectation: String, answer: String, behind: Behind) async throws {
        #expect(try await failures(expectation, answer, behind) == [])
    }

    @Test(
        arguments: [
            ("< 200\n< closed", closing.replacing("200", with: "204"), .end, "204 with Content-Length"),
            ("< 201\n< closed", closing, .end, "expected 201, received 200"),
            ("< 200 \"r00t\"\n< closed", closing, .end, "expected 200 \"r00t\", received 200 \"root\""),
            ("< 200\n<   Allow: GET\n< closed", closing, .end, "with 'Allow: GET'"),
            ("< 200\n<   no Date\n< closed", closing, .end, "without Date"),
            ("< 200\n< closed", closing.replacing("Date: x\r\n", with: ""), .end, "with Date"),
            ("< 200\n< closed", staying, .end, "with 'Connection: close'"),
            ("< 200\n< open", closing, .nextAnswer, "that doesn't close"),
            ("< 200\n< closed", closing, .reset, "reset"),
            ("< 200\n< closed", closing, .nothing, "end of the connection"),
            ("< 200\n< open", staying, .endBehindNextRequest, "expected 200 \"next\", received the end"),
            ("< 200\n< open", staying, .nothing, "expected 200 \"next\", received nothing"),
            ("< 200\n< closed", "", .end, "expected 200, received the end"),
            ("< 200\n< closed", "HTTP/1.1 200 OK\r\n", .nothing, #"received HTTP/1.1 200 OK\r\n"#),
            ("< 200\n< closed", closing + closing, .end, "expected the end of the connection, received 200"),
            ("< 200\n< closed", closing + "x", .end, "received at the end: x"),
            ("< 200 no content\n< closed", closing, .end, "received at the end: root"),
            ("< 200 no content\n< open", staying, .nextAnswer, "no answer: rootHTTP"),
            ("< 200\n< closed", "HTTP/1.1 100 Continue\r\n\r\n" + closing, .end, "expected 200, received 100"),
            ("< 100\n< 200\n< closed", closing, .end, "expected 100, received 200"),
            ("< maybe 100\n< 200\n< closed", "HTTP/1.1 100 Continue\r\n\r\n" + closing, .end, "expected no 100"),
            ("< 200\n< closed", closing.replacing("HTTP/1.1", with: "HTTP/1.0"), .end, "is no answer"),
            ("< 200\n< closed", closing.replacing("Date:", with: "Date :"), .end, "malformed field: Date : x"),
            ("< 200\n< closed", closing.replacing("x\r\n", with: "x\n"), .end, "malformed field"),
            ("< 200\n< closed", closing.replacing("Content-Length: 4\r\n", with: ""), .end, "with Content-Length []"),
            (
                "< 200\n< closed",
                closing.replacing("Date: x", with: "Content-Length: 4"), .end, #"with Content-Length ["4", "4"]"#
            ),
            ("< 400 missing_host\n< closed", closing.replacing("200", with: "400"), .end, "in plain text"),
            (
                "< 400 missing_host\n< closed",
                closing.replacing("200", with: "400").replacing("Date", with: "Content-Type: text/plain\r\nDate"), .end,
                "the Host field is missing"
            ),
        ] as [(String, String, Behind, String)])
    func findsWhatTheCaseDoesNotSay(
        expectation: String, answer: String, behind: Behind, failure: String
    ) async throws {
        let failures = try await failures(expectation, answer, behind)
        #expect(failures.count == 1)
        #expect(failures.first?.contains(failure) == true, "\(failures)")
    }
}
