import PrometheusMetrics
import TestSupport
import Testing

@Suite struct NegotiationTests {
    private static let text = "text/plain; version=0.0.4; charset=utf-8"
    private static let text1 = "text/plain; version=1.0.0; charset=utf-8"
    private static let openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    private static let openMetrics2 = "application/openmetrics-text; version=2.0.0; charset=utf-8"
    private static let protobuf =
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

    private func contentType(_ accept: String...) -> String { ContentNegotiation.negotiate(accept: accept).contentType }

    /// What Prometheus' own versions send.
    @Test(arguments: [
        (
            "1.x",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.1", protobuf
        ),
        ("2.0 to 2.4", "text/plain;version=0.0.4;q=1,*/*;q=0.1", text),
        (
            "2.5 to 2.33",
            "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", text
        ),
        (
            "2.40 with native histograms",
            "application/vnd.google.protobuf; "
                + "proto=io.prometheus.client.MetricFamily; encoding=delimited,application/openmetrics-text;"
                + "version=1.0.0;q=0.75,application/openmetrics-text;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            protobuf
        ),
        (
            "2.40",
            "application/openmetrics-text;version=1.0.0;q=0.75,application/openmetrics-text;q=0.6,"
                + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", openMetrics
        ),
        (
            "2.34 to 2.48, 2.42 among them",
            "application/openmetrics-text;version=1.0.0,"
                + "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            openMetrics
        ),
        (
            "2.41 to 2.48 with native histograms",
            "application/vnd.google.protobuf;"
                + "proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;"
                + "q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            protobuf
        ),
        (
            "2.49.0, which weighs */* wrongly",
            "application/openmetrics-text;version=1.0.0;q=0.5,"
                + "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=2", openMetrics
        ),
        (
            "2.49.0 with native histograms",
            "application/vnd.google.protobuf;"
                + "proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,application/openmetrics-text;"
                + "version=1.0.0;q=0.4,application/openmetrics-text;version=0.0.1;q=0.3,text/plain;version=0.0.4;q=0.2,"
                + "*/*;q=1", protobuf
        ),
        (
            "2.49.1 to 2.55",
            "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;"
                + "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", openMetrics
        ),
        (
            "2.49.1 to 2.55 with native histograms",
            "application/vnd.google.protobuf;"
                + "proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,application/openmetrics-text;"
                + "version=1.0.0;q=0.4,application/openmetrics-text;version=0.0.1;q=0.3,text/plain;version=0.0.4;q=0.2,"
                + "*/*;q=0.1", protobuf
        ),
        (
            "2.55 with UTF-8 names",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                + "application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;"
                + "escaping=allow-utf-8;q=0.3,*/*;q=0.2", openMetrics + "; escaping=allow-utf-8"
        ),
        (
            "3.0 to 3.2",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                + "application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;"
                + "escaping=allow-utf-8;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,"
                + "*/*;q=0.2", openMetrics + "; escaping=allow-utf-8"
        ),
        (
            "3.0 to 3.2 with native histograms",
            "application/vnd.google.protobuf;"
                + "proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8;q=0.6,"
                + "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;"
                + "version=0.0.1;escaping=allow-utf-8;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;"
                + "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;escaping=allow-utf-8;q=0.2,*/*;q=0.1",
            protobuf + "; escaping=allow-utf-8"
        ),
        (
            "3.4 and later",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", openMetrics + "; escaping=allow-utf-8"
        ),
        (
            "3.4 and later with legacy names",
            "application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.6,"
                + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=underscores;q=0.4,"
                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", openMetrics + "; escaping=underscores"
        ),
        (
            "3.4 and later with native histograms",
            "application/vnd.google.protobuf;"
                + "proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;"
                + "version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;"
                + "version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1", protobuf
        ),
        (
            "3.x, scrape_protocols: [PrometheusText1.0.0]",
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.5",
            text1 + "; escaping=allow-utf-8"
        ),
    ])
    func everyPrometheusGetsWhatItAsksFor(version: String, accept: String, expected: String) {
        #expect(contentType(accept) == expected, "Prometheus \(version)")
    }

    @Test func othersGetTheTextFormat() {
        for accept in [
            [], [""], [" , ,;"], ["*/*"], ["text/*"], ["application/*"], ["text/html,application/xhtml+xml,*/*;q=0.8"],
            ["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"], ["application/json"], ["*/*;q=0"],
            ["text/plain"], ["text/plain;q=0;escaping=dots"], ["application/openmetrics-text;q=0"],
            ["*/*", "text/plain;q=0"],
        ] {
            let outcome = ContentNegotiation.negotiate(accept: accept)
            #expect(outcome.contentType == Self.text, "\(accept)")
            #expect(outcome.format == .text, "\(accept)")
            #expect(outcome.escaping == .underscores, "\(accept)")
        }
    }

    @Test(arguments: [
        ("application/openmetrics-text", openMetrics),
        ("application/openmetrics-text;version=0.0.1", text),
        ("application/openmetrics-text;version=1.0", text),
        ("application/openmetrics-text;version=2.0.0", text),
        ("application/openmetrics-text;version=0.0.1,application/openmetrics-text;version=1.0.0;q=0.1", openMetrics),
        ("application/openmetrics-text;version=1.0.0;charset=UTF-8", openMetrics),
        ("application/openmetrics-text;version=1.0.0;charset=latin1", text),
        ("application/openmetrics-text;version=1.0.0;level=9", openMetrics),
        ("text/plain;version=0.0.5", text),
        ("text/plain;version=1.0.0", text1),
        ("text/plain;version=1.0.0;q=0.2,text/plain;version=0.0.4;q=0.3", text),
        ("application/vnd.google.protobuf", text),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily", text),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", text),
        ("application/vnd.google.protobuf;proto=other;encoding=delimited", text),
        ("application/vnd.google.protobuf;encoding=delimited;proto=io.prometheus.client.MetricFamily", protobuf),
    ])
    func versionsAndParametersMustBeThoseThatAreOffered(accept: String, expected: String) {
        #expect(contentType(accept) == expected)
    }

    @Test(arguments: [
        ("APPLICATION/OpenMetrics-Text;VERSION=1.0.0;Q=0.5", openMetrics),
        (" application/openmetrics-text\t; version=1.0.0 ;q=1", openMetrics),
        ("application/openmetrics-text ; version = 1.0.0", openMetrics),
        ("application/openmetrics-text;;version=1.0.0;", openMetrics),
        (#"application/openmetrics-text;version="1.0.0";q=0.5"#, openMetrics),
        (#"application/openmetrics-text;version="1\.0.0" ; q="0.5""#, openMetrics),
        (#"a/b;c=",application/openmetrics-text,";q=0.1"#, text),
        (#"a/b;c="\",application/openmetrics-text,""#, text),
        (#"a/b;c="d",application/openmetrics-text"#, openMetrics),
    ])
    func readsEverySpellingThatTheGrammarAllows(accept: String, expected: String) {
        #expect(contentType(accept) == expected)
    }

    @Test(arguments: [
        "q=", "q", "q=x", "q=2", "q=-1", "q=1.001", "q=0.1234", "q=.5", "q=0.5x", "q=00", "q=\"0.5",
        "q=\"1\"x",
        "=1", "v", "v=\"1", "v=\"1\" x",
    ])
    func leavesOutWhatIsMalformedAndReadsOn(parameter: String) {
        let malformed = "application/openmetrics-text;version=1.0.0;" + parameter
        #expect(contentType(malformed) == Self.text)
        #expect(contentType("text/plain;version=1.0.0;q=0.1," + malformed) == Self.text1)
        #expect(contentType(malformed, "text/plain;version=1.0.0;q=0.1") == Self.text1)
    }

    @Test func readsOnInTheSameLineUnlessAQuoteIsOpen() {
        #expect(contentType("application/openmetrics-text;q=x,text/plain;version=1.0.0") == Self.text1)
        #expect(contentType("application/openmetrics-text;q=\"0\"x;y,text/plain;version=1.0.0") == Self.text1)
        #expect(contentType("application/openmetrics-text;q=\"0,text/plain;version=1.0.0") == Self.text)
    }

    @Test(arguments: [
        ("application/openmetrics-text;q=0.001,text/plain;q=0", openMetrics),
        ("application/openmetrics-text;q=0.899,text/plain;version=1.0.0;q=0.9", text1),
        ("application/openmetrics-text;q=1.000,text/plain;version=1.0.0;q=0.999", openMetrics),
        ("application/openmetrics-text;q=0.,text/plain;version=1.0.0;q=0.1", text1),
        ("application/openmetrics-text;q=0.000,*/*", text),
        // At equal weights the order counts, and a name before a wildcard.
        ("application/openmetrics-text,text/plain;version=0.0.4", openMetrics),
        ("text/plain;version=0.0.4,application/openmetrics-text", text),
        ("*/*,application/openmetrics-text", openMetrics),
        ("text/*;q=0.5,application/openmetrics-text;q=0.5", openMetrics),
        ("*/*,application/openmetrics-text;q=0.9", text),
        // The most specific range decides, wherever it stands.
        ("application/openmetrics-text;version=1.0.0;q=0,application/openmetrics-text,text/plain;q=0.1", text),
        (
            "application/openmetrics-text;q=0,application/openmetrics-text;version=1.0.0;q=0.2,text/plain;q=0.1",
            openMetrics
        ),
        ("*/*,text/plain;q=0.1,application/openmetrics-text;q=0.2", openMetrics),
        ("*/*;q=0.1,text/*;q=0.9,application/openmetrics-text;q=0.5", text),
        ("text/*;q=0.1,*/*;q=0.9,application/openmetrics-text;q=0.5", openMetrics),
        // Of two ranges that are equally specific, the one that gives more.
        ("application/openmetrics-text;q=0.1,text/plain;q=0.5,application/openmetrics-text;q=0.9", openMetrics),
    ])
    func weightsDecideThenNamesThenTheOrder(accept: String, expected: String) {
        #expect(contentType(accept) == expected)
    }

    @Test(arguments: EscapingScheme.allCases) func theSchemeOfTheDecidingRangeIsUsedAndNamed(scheme: EscapingScheme) {
        for (accept, expected) in [
            ("text/plain", Self.text), ("text/plain;version=1.0.0", Self.text1), ("*/*", Self.text),
            ("application/openmetrics-text", Self.openMetrics),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
                Self.protobuf
            ),
        ] {
            let outcome = ContentNegotiation.negotiate(accept: [
                "text/html;escaping=oops,\(accept);escaping=\(scheme.rawValue);q=0.5,text/plain;version=1.0.0;escaping=oops;q=0.1"
            ])
            #expect(outcome.escaping == scheme)
            #expect(outcome.contentType == "\(expected); escaping=\(scheme.rawValue)")
        }
    }

    @Test(arguments: ["oops", "", "Dots", "\"\"", "allow-utf-8\u{7F}"])
    func aSchemeThatNobodyKnowsIsNeitherUsedNorNamed(scheme: String) {
        let outcome = ContentNegotiation.negotiate(accept: ["application/openmetrics-text;escaping=\(scheme)"])
        #expect(outcome.format == .openMetrics)
        #expect(outcome.escaping == .underscores)
        #expect(outcome.contentType == Self.openMetrics)
    }

    @Test func onlyWhatIsOfferedIsChosen() {
        let wishes = ["application/openmetrics-text;version=2.0.0,application/openmetrics-text;version=1.0.0;q=0.5"]
        func contentType(_ offering: Set<ExpositionFormat>) -> String {
            ContentNegotiation.negotiate(accept: wishes, offering: offering).contentType
        }
        #expect(contentType(.init(ExpositionFormat.allCases)) == Self.openMetrics2)
        #expect(contentType(ExpositionFormat.stable) == Self.openMetrics)
        #expect(contentType([.text, .protobuf]) == Self.text)
        #expect(contentType([]) == Self.text)
        let unversioned = ContentNegotiation.negotiate(
            accept: ["application/openmetrics-text"], offering: .init(ExpositionFormat.allCases))
        #expect(unversioned.contentType == Self.openMetrics)
    }

    /// Random headers made of the pieces that matter, and of any bytes.
    @Test func answersEveryHeaderWithAFormatThatItNames() {
        let pieces = [
            "text/plain", "application/openmetrics-text", "*/*", "text/*", "application/vnd.google.protobuf",
            ";proto=io.prometheus.client.MetricFamily", ";encoding=delimited", ";version=1.0.0", ";version=0.0.4",
            ";version=2.0.0", ";q=0", ";q=1", ";q=0.5", ";q=", "; ", ",", ", ", "\"", "\\", "=", ";escaping=dots",
            ";escaping=\"values\"", " ", "\t", "q",
        ]
        var known = Set<String>()
        for format in ExpositionFormat.allCases {
            known.insert(format.contentType())
            for scheme in EscapingScheme.allCases { known.insert(format.contentType(escaping: scheme)) }
        }
        var seen = Set<String>()
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<100_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...16, using: &generator) {
                if Int.random(in: 0..<8, using: &generator) == 0 {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    bytes += pieces.randomElement(using: &generator)!.utf8
                }
            }
            let header = String(decoding: bytes, as: UTF8.self)
            let outcome = ContentNegotiation.negotiate(
                accept: [header], offering: .init(ExpositionFormat.allCases))
            guard known.contains(outcome.contentType) else {
                Issue.record("\(outcome.contentType) for \(header)")
                continue
            }
            seen.insert(outcome.contentType)
            let needed =
                switch outcome.format {
                case .text: [String]()
                case .text1: ["text/plain", "1.0.0"]
                case .openMetrics: ["application/openmetrics-text"]
                case .openMetrics2: ["application/openmetrics-text", "2.0.0"]
                case .protobuf: ["application/vnd.google.protobuf", "io.prometheus.client.MetricFamily", "delimited"]
                }
            for word in needed where !header.contains(word) { Issue.record("\(outcome.contentType) for \(header)") }
        }
        #expect(seen.count > 12)
    }
}
