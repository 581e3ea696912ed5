import EventHTTP
import TestSupport
import Testing

/// What a case file may hold.
@Suite struct ConformanceFileTests {
    private func only(_ text: String) throws -> ConformanceCase {
        let cases = try ConformanceFile.cases(in: text, of: "f.txt")
        #expect(cases.count == 1)
        return cases[0]
    }

    @Test func readsEveryPartOfACase() throws {
        let test = try only(
            #"""
            # Nothing but words.

            == A title
            RFC 9110 §10.1.1
            limits: bodyBytes=10 headerFields=4
            > POST / HTTP/1.1
            > Expect: 100-continue
            >
            < 100
            # A word between.
            > hello\
            < maybe 100
            < 200 "w\"{2*o}\x00"
            <   Allow: GET, HEAD
            <   no Upgrade
            < {2*204 no content}
            < 400 malformed_chunk
            < closed
            """#)
        #expect(test.place == "f.txt:3")
        #expect(test.title == "A title")
        #expect(test.limits.bodyBytes == 10)
        #expect(test.limits.headerFields == 4)
        #expect(
            test.sends == [
                .init(bytes: Array("POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n".utf8), precedingAnswers: 0),
                .init(bytes: Array("hello".utf8), precedingAnswers: 1),
            ])
        #expect(test.ending == .closed)
        let answers = test.answers
        #expect(answers.map(\.status) == [100, 100, 200, 204, 204, 400])
        #expect(answers.map(\.isOptional) == [false, true, false, false, false, false])
        #expect(answers.map(\.hasContent) == [false, false, true, false, false, true])
        #expect(answers.map(\.reason) == [nil, nil, nil, nil, nil, .malformedChunk])
        #expect(answers[2].content == Array("w\"oo\0".utf8))
        #expect(answers[2].fields.map(\.name) == ["Allow", "Upgrade"])
        #expect(answers[2].fields.map(\.value) == ["GET, HEAD", nil])
    }

    @Test(
        arguments: [
            (#">"#, "\r\n"), (#"> a b"#, "a b\r\n"), (#"> a\"#, "a"), (#"> a\n\"#, "a\n"), (#"> a\\"#, "a\\\r\n"),
            (#"> a\\\"#, "a\\"), (#"> \r\n\t\0\"\{\}"#, "\r\n\t\0\"{}\r\n"), (#"> \x41\x7f"#, "A\u{7F}\r\n"),
            (#"> {3*ab}c"#, "abababc\r\n"), (#"> {2*\x41\r\n}\"#, "A\r\nA\r\n"), (#"> {2*\}}"#, "}}\r\n"),
            (#"> }"#, "}\r\n"), (#"> \{end}"#, "{end}\r\n"),
        ] as [(String, String)])
    func readsBytes(line: String, bytes: String) throws {
        let test = try only("== t\nRFC 9112 §6\n\(line)\n< 200\n< open")
        #expect(test.sends.map(\.bytes) == [Array(bytes.utf8)])
    }

    @Test func readsWhereTheClientEnds() throws {
        let test = try only("== t\nRFC 9112 §6\n> a\n> b{end}\n< closed")
        #expect(test.sends.map(\.bytes) == [Array("a\r\nb".utf8)])
        #expect(test.ending == .endedByClient)
    }

    @Test func readsOneCaseForEachByte() throws {
        let cases = try ConformanceFile.cases(
            in: #"""
                == t
                RFC 9112 §6
                > a{each b \} \\ \x20 \x7e..\x80}{2*c}\
                < 200
                < open
                """#, of: "f.txt")
        #expect(
            cases.flatMap(\.sends).map(\.bytes) == [
                Array("abcc".utf8), Array("a}cc".utf8), Array(#"a\cc"#.utf8), Array("a cc".utf8), Array("a~cc".utf8),
                [0x61, 0x7F, 0x63, 0x63], [0x61, 0x80, 0x63, 0x63],
            ])
        #expect(cases.map(\.title).first == "t (b)")
        #expect(cases.map(\.title).last == #"t (\x80)"#)
        #expect(Set(cases.map(\.place)) == ["f.txt:1"])
    }

    /// A good case, of which each test spoils a line.
    private static let good = "== t\nRFC 9112 §6\n> GET /\n>\n< 200\n< open"

    @Test(
        arguments: [
            ("", "no cases"), ("# == t", "no cases"), ("RFC 9112 §6", "a case begins with"),
            ("== t", "names no section"), ("== ", "without a title"), ("==t\n\(good)", "a case begins with"),
            ("== t\n> x\n< 200\n< open", "stands before the request"),
            ("== t\nRFC 9112\n> x\n< 200\n< open", "names one section"),
            ("== t\nRFC 9112 6.3\n> x\n< 200\n< open", "names one section"),
            ("== t\nRFC 9112 §6\nRFC 9112 §7\n> x\n< 200\n< open", "names one section"),
            ("== t\nRFC 9112 §6\n< 200\n< open", "the request stands before"),
            ("== t\nRFC 9112 §6", "sends nothing"),
            ("== t\nRFC 9112 §6\n> x", "doesn't end in"), ("== t\nRFC 9112 §6\n> x\n< 200", "doesn't end in"),
            ("== t\nRFC 9112 §6\n> x\n< open", "expects no answer"),
            ("== t\nRFC 9112 §6\n> x\n< 200\n> y\n< closed", "expects no answer"),
            ("== t\nRFC 9112 §6\n> x\n< 100\n< closed", "expects no final answer"),
            ("== t\nRFC 9112 §6\n> x{end}\n< 200\n< open", "open behind {end}"),
            ("\(good)\n< closed", "nothing follows"), ("\(good)\n> x", "nothing follows"),
            ("\(good)\n\(good)", "has the title of f.txt:1"),
            ("== t\nRFC 9112 §6\n> x\nRFC 9112 §6\n< 200\n< open", "a line begins with"),
            ("== t\nRFC 9112 §6\nx\n< 200\n< open", "a line begins with"),
            ("== t\nRFC 9112 §6\n> x\n<200\n< open", "a line begins with"),
            (good.split(separator: "\n").joined(separator: "\r\n"), "f.txt:1:"),
        ] as [(String, String)])
    func refusesMalformedCases(text: String, problem: String) {
        expectRefusal(of: text, problem)
    }

    @Test(
        arguments: [
            (">x", "'> ' and text"), ("> ", "'> ' and text"), ("> x ", #"\x20"#), ("> x\ty", #"\xNN"#),
            ("> ü", #"\xNN"#), (#"> \q"#, "no escape"), (#"> \x4"#, "two hex digits"), (#"> \x+4"#, "two hex digits"),
            ("> {x}", "neither a repetition"), ("> {1*x}", "neither a repetition"),
            ("> {-2*x}", "neither a repetition"),
            ("> {2*x", "'}' is missing"), ("> {2*}", "of nothing"), ("> {2*{2*x}}", "don't nest"),
            ("> {each ab}", "no byte"), (#"> {each \x02..\x01}"#, "no range"), (#"> {each \x4}"#, "no byte"),
            ("> {each a b}{each c d}", "neither a repetition"), ("> {end}x", "neither a repetition"),
            ("> {end}\n> x", "behind {end}"),
        ] as [(String, String)])
    func refusesMalformedRequests(line: String, problem: String) {
        expectRefusal(of: Self.good.replacing("> GET /", with: line), problem)
    }

    @Test(
        arguments: [
            ("limits: x=1", "no limit"), ("limits: bodyBytes", "isn't a limit"),
            ("limits: bodyBytes=-1", "isn't a limit"), ("limits: headerBytes=255", "256"),
            ("limits: targetBytes=4", "no limit"),
        ] as [(String, String)])
    func refusesMalformedLimits(line: String, problem: String) {
        expectRefusal(of: Self.good.replacing("> GET /", with: "\(line)\n> GET /"), problem)
    }

    @Test(
        arguments: [
            ("< OK", "is no answer"), ("< 20", "is no answer"), ("< 600", "is no answer"),
            ("< 200 root", "RejectionReason"), ("< 400", "names no reason"), ("< 413", "names no reason"),
            ("< 400 bad", "RejectionReason"),
            ("< 413 missing_host", "answered with 400"), ("< 400 missing_host", "behind a refusal"),
            ("< 400 missing_host \"x\"", "knows what a refusal says"), ("< 200 \"x", "is missing"),
            ("< 200 \"x\" y\"", #"written \""#), ("< maybe 200", "only 100"), ("< 101", "only 100"),
            ("< maybe 100", "no final answer"), ("< maybe 100\n> x\n< 200", "nobody can wait"),
            ("< {1*200}", "repeats"), ("<   no Allow", "follows its answer"), ("< 200\n<   Allow", "neither"),
        ] as [(String, String)])
    func refusesMalformedExpectations(line: String, problem: String) {
        expectRefusal(of: Self.good.replacing("< 200", with: line), problem)
    }

    @Test func findsCasesThatDoTheSame() throws {
        func cases(_ lines: String...) throws -> [ConformanceCase] {
            try ConformanceFile.cases(
                in: lines.enumerated().map { "== \($0)\nRFC 9112 §6\n\($1)\n< closed" }.joined(separator: "\n"),
                of: "f.txt")
        }
        #expect(try ConformanceFile.firstDuplicate(in: cases("> x\n< 200", "> y\n< 200")) == nil)
        #expect(try ConformanceFile.firstDuplicate(in: cases("> x\n< 200", "limits: bodyBytes=1\n> x\n< 200")) == nil)
        #expect(try ConformanceFile.firstDuplicate(in: cases("> x\\\n< 200", "> x{end}\n< 200")) == nil)
        #expect(try ConformanceFile.firstDuplicate(in: cases("> x\n< 200", "> y\n< 200", "> x\n< 204"))?.1.title == "2")
    }

    private func expectRefusal(of text: String, _ problem: String) {
        #expect {
            try ConformanceFile.cases(in: text, of: "f.txt")
        } throws: { error in
            "\(error)".hasPrefix("f.txt:") && "\(error)".contains(problem)
        }
    }
}
