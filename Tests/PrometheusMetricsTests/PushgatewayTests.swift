import PrometheusMetrics
import Synchronization
import Testing

@Suite struct PushgatewayTests {
    /// Keeps what it is asked to send, and answers as it was told.
    private final class FakeTransport: PushTransport {
        private let sent = Mutex<[PushRequest]>([])
        private let answer: Result<PushResponse, Failure>

        struct Failure: Error, CustomStringConvertible { let description: String }

        init(_ answer: Result<PushResponse, Failure> = .success(PushResponse(status: 202, body: []))) {
            self.answer = answer
        }

        convenience init(status: Int, _ message: String = "") {
            self.init(.success(PushResponse(status: status, body: Array(message.utf8))))
        }

        var requests: [PushRequest] { sent.withLock { $0 } }

        func send(_ request: PushRequest) async throws -> PushResponse {
            sent.withLock { $0.append(request) }
            return try answer.get()
        }
    }

    private let jobs = MetricFamily.counter("jobs_total", help: "Jobs done.", 3)

    private func url(
        _ url: String = "http://g:9091", job: String = "j", grouping: [String: String] = [:]
    ) async throws -> String {
        let transport = FakeTransport()
        try await Pushgateway(url: url, job: job, grouping: grouping, transport: transport).delete()
        return try #require(transport.requests.first).url
    }

    private func failure(
        of transport: FakeTransport, _ action: (Pushgateway) async throws(PushError) -> Void
    ) async throws -> String {
        let gateway = try Pushgateway(url: "http://g:9091", job: "j", grouping: ["zone": "a"], transport: transport)
        let error = await #expect(throws: PushError.self) { try await action(gateway) }
        return try #require(error).description
    }

    // What client_golang sends.
    @Test(arguments: [
        ("plain", "/g/plain"),
        ("a/b", "/g@base64/YS9i"),
        ("/", "/g@base64/Lw"),
        ("", "/g@base64/="),
        ("ab/", "/g@base64/YWIv"),
        ("abc/", "/g@base64/YWJjLw"),
        ("abcd/", "/g@base64/YWJjZC8"),
        ("??>/", "/g@base64/Pz8-Lw"),
        ("日本/語", "/g@base64/5pel5pysL-iqng"),
        ("🧪/~\u{7F}", "/g@base64/8J-nqi9-fw"),
        ("ü", "/g/%C3%BC"),
        ("Προμηθεύς", "/g/%CE%A0%CF%81%CE%BF%CE%BC%CE%B7%CE%B8%CE%B5%CF%8D%CF%82"),
        ("100%", "/g/100%25"),
        ("%2F", "/g/%252F"),
        ("@base64", "/g/%40base64"),
        ("=", "/g/%3D"),
        ("a+b", "/g/a%2Bb"),
        ("a?b#c", "/g/a%3Fb%23c"),
        ("host:9100", "/g/host%3A9100"),
        ("~-_.", "/g/~-_."),
        ("\n", "/g/%0A"),
        ("a\0b", "/g/a%00b"),
        ("\"'<>\\^`{|}", "/g/%22%27%3C%3E%5C%5E%60%7B%7C%7D"),
        ("!$&'()*+,;=:@", "/g/%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40"),
    ])
    func groupingValuesAreEncodedAsOtherClientsDo(value: String, path: String) async throws {
        #expect(try await url(grouping: ["g": value]) == "http://g:9091/metrics/job/j" + path)
    }

    // client_golang sends `+`, which the gateway keeps, and bare dots, which it resolves to another path.
    @Test(arguments: [
        ("two words", "/g/two%20words"), (".", "/g@base64/Lg"), ("..", "/g@base64/Li4"), ("...", "/g/..."),
    ])
    func groupingValuesThatOtherClientsLoseAreKept(value: String, path: String) async throws {
        #expect(try await url(grouping: ["g": value]) == "http://g:9091/metrics/job/j" + path)
    }

    @Test func jobIsEncodedLikeAGroupingValue() async throws {
        #expect(try await url(job: "a/b") == "http://g:9091/metrics/job@base64/YS9i")
        #expect(try await url(job: "..") == "http://g:9091/metrics/job@base64/Li4")
        #expect(try await url(job: "ü b") == "http://g:9091/metrics/job/%C3%BC%20b")
    }

    @Test func groupingLabelsAreSortedByName() async throws {
        let grouping = ["zone": "1", "Zone": "2", "instance": "3", "a": "4"]
        #expect(try await url(grouping: grouping) == "http://g:9091/metrics/job/j/Zone/2/a/4/instance/3/zone/1")
    }

    @Test(arguments: [
        "http://g", "https://g:9091", "HTTP://g:1", "http://10.0.0.1:65535", "http://[::1]:9091",
        "http://[::ffff:1.2.3.4]", "http://g_1.example-2.com", "http://g/prefix", "http://g:9091/a/b%20c/@d:e",
    ])
    func urlIsTakenAsItIsBeforeThePath(base: String) async throws {
        #expect(try await url(base) == base + "/metrics/job/j")
        #expect(try await url(base + "//") == base + "/metrics/job/j")
    }

    @Test(arguments: [
        "", "g:9091", "ftp://g", "://g", "http://", "http:///", "http:///a", "http://:9091", "http://g:", "http://g:0",
        "http://g:65536", "http://g:+1", "http://g:9o", "http://g:1:2", "http://::1", "http://[::1", "http://[]",
        "http://::1]", "http://[::1]x", "http://[g]", "http://g h", "http://ü", "http://g/ü", "http://g/a b",
        "http://g/%", "http://g/%2", "http://g/%zz", "http://g/[", "http://g?a", "http://g/#a", "http://g\n",
        "http://g/\r\nX-Header: 1", "http://g/\u{301}",
    ])
    func urlThatIsNoneIsRefusedAndNamed(base: String) throws {
        let error = #expect(throws: PushError.self) { try Pushgateway(url: base, job: "j", transport: FakeTransport()) }
        #expect(try #require(error).description.contains("'\(base)'"))
    }

    @Test func credentialsInAURLAreRefusedAndNotShown() throws {
        let error = #expect(throws: PushError.self) {
            try Pushgateway(url: "https://user:s3cr3t@g:9091/x", job: "j", transport: FakeTransport())
        }
        let text = try #require(error).description
        #expect(text.contains("'https://…@g:9091/x'"))
        #expect(!text.contains("s3cr3t"))
    }

    @Test(arguments: ["job", "", "a-b", "1a", "ü", "a@base64", "__name__", "le", "quantile", "a/b"])
    func groupingLabelWithAnInvalidNameIsRefused(name: String) throws {
        let error = #expect(throws: PushError.self) {
            try Pushgateway(url: "http://g", job: "j", grouping: ["fine": "", name: "v"], transport: FakeTransport())
        }
        #expect(try #require(error).description.contains("grouping label '\(name)'"))
    }

    @Test func emptyJobIsRefused() throws {
        let error = #expect(throws: PushError.self) {
            try Pushgateway(url: "http://g", job: "", transport: FakeTransport())
        }
        #expect(try #require(error).description.contains("the job is empty"))
    }

    @Test func pushReplacesAddMergesAndDeleteRemoves() async throws {
        let transport = FakeTransport()
        let gateway = try Pushgateway(url: "http://g:9091", job: "j", grouping: ["zone": "a"], transport: transport)
        try await gateway.push([jobs])
        try await gateway.add([jobs])
        try await gateway.delete()

        let requests = transport.requests
        #expect(requests.map(\.method) == ["PUT", "POST", "DELETE"])
        #expect(Set(requests.map(\.url)) == ["http://g:9091/metrics/job/j/zone/a"])
        for request in requests[..<2] {
            #expect(request.headers.map(\.name) == ["Content-Type"])
            #expect(request.headers.map(\.value) == [ExpositionFormat.protobuf.contentType()])
            #expect(request.body == Exposition.bytes([jobs], as: .protobuf))
        }
        #expect(requests[2].headers.isEmpty)
        #expect(requests[2].body.isEmpty)
    }

    @Test func registryIsPushedWithAllThatItHas() async throws {
        let registry = MetricsRegistry()
        try registry.counter("jobs_total", help: "Jobs done.").increment(by: 3)
        let transport = FakeTransport()
        let gateway = try Pushgateway(url: "http://g:9091", job: "j", transport: transport)
        try await gateway.push(registry)
        try await gateway.add(registry)
        #expect(transport.requests.map(\.method) == ["PUT", "POST"])
        for request in transport.requests {
            // It says when the counter began besides.
            #expect(String(decoding: request.body, as: UTF8.self).contains("Jobs done."))
        }
    }

    @Test(arguments: ["job", "zone"])
    func metricThatCarriesALabelOfTheGroupIsRefusedUnsent(label: String) async throws {
        let transport = FakeTransport()
        let labels = try LabelSet([(name: "kind", value: "x"), (name: label, value: "y")])
        let clashing = MetricFamily.gauge("depth", help: "", [(.empty, 0), (labels, 1)])
        let text = try await failure(of: transport) { gateway throws(PushError) in
            try await gateway.push([jobs, clashing])
        }
        #expect(text.contains("'depth'"))
        #expect(text.contains("'\(label)'"))
        #expect(transport.requests.isEmpty)
    }

    @Test(arguments: ["push_time_seconds", "push_failure_time_seconds"])
    func metricThatTheGatewayOverwritesIsRefusedUnsent(name: String) async throws {
        let transport = FakeTransport()
        let family = MetricFamily.gauge(name, help: "", 1)
        let text = try await failure(of: transport) { gateway throws(PushError) in try await gateway.add([family]) }
        #expect(text.contains("'\(name)'"))
        #expect(transport.requests.isEmpty)
    }

    @Test(arguments: [200, 202, 204])
    func everyStatusOfSuccessIsOne(status: Int) async throws {
        let gateway = try Pushgateway(url: "http://g", job: "j", transport: FakeTransport(status: status))
        try await gateway.push([jobs])
        try await gateway.delete()
    }

    @Test func rejectionCarriesTheGatewaysMessageInOneLine() async throws {
        let transport = FakeTransport(status: 400, "pushed metrics are inconsistent\nwith others\n")
        let text = try await failure(of: transport) { gateway throws(PushError) in try await gateway.push([jobs]) }
        #expect(
            text == "http://g:9091/metrics/job/j/zone/a: the Pushgateway rejects the metrics: "
                + "pushed metrics are inconsistent with others")
    }

    @Test(arguments: [301, 404, 500])
    func otherStatusIsReportedWithTheBeginningOfTheMessage(status: Int) async throws {
        let transport = FakeTransport(status: status, String(repeating: "x", count: 100_000))
        for method in ["PUT", "DELETE"] {
            let text = try await failure(of: transport) { gateway throws(PushError) in
                if method == "PUT" { try await gateway.push([jobs]) } else { try await gateway.delete() }
            }
            #expect(text.contains("http://g:9091/metrics/job/j/zone/a: status \(status): xxx"))
            #expect(text.utf8.count < 2000)
        }
    }

    @Test func transportsOwnErrorIsKept() async throws {
        let transport = FakeTransport(.failure(.init(description: "connection refused")))
        let gateway = try Pushgateway(url: "http://g", job: "j", transport: transport)
        let error = await #expect(throws: PushError.self) { try await gateway.push([jobs]) }
        guard case .transport(_, let cause as FakeTransport.Failure) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(cause.description == "connection refused")
        #expect(try #require(error).description == "http://g/metrics/job/j: connection refused")
    }
}
