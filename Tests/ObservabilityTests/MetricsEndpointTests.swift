import EventHTTP
import Observability
import PrometheusMetrics
import PrometheusMetricsTesting
import TestSupport
import Testing

/// What a scrape is answered with.
@Suite struct MetricsEndpointTests {
    private static let textType = "text/plain; version=0.0.4; charset=utf-8"
    private static let openMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    private static let protobufType =
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

    /// A counter, a gauge and a histogram, which stay as they are.
    private func smallRegistry() throws -> MetricsRegistry {
        let registry = MetricsRegistry()
        let orders = try registry.counter("orders_total", help: "Orders.", labelNames: ["kind"])
        try orders.child("book").increment(by: 3)
        try orders.child("pen").increment()
        try registry.gauge("queue_length", help: "Waiting.").set(to: 7)
        let durations = try registry.histogram(
            "work_seconds", help: "Work.", buckets: Buckets([0.1, 1]), native: .standard)
        for seconds in [0.05, 0.5, 5] { durations.observe(seconds) }
        return registry
    }

    private struct Asked: Sendable, CustomTestStringConvertible {
        let accept: [String]
        let format: ExpositionFormat
        let escaping: EscapingScheme
        let contentType: String

        init(_ accept: String..., gets format: ExpositionFormat, _ escaping: EscapingScheme, as contentType: String) {
            self.accept = accept
            self.format = format
            self.escaping = escaping
            self.contentType = contentType
        }

        var headers: String { accept.map { "Accept: \($0)\r\n" }.joined() }
        var testDescription: String { accept.joined(separator: " | ") }
    }

    private static let asked = [
        Asked(gets: .text, .underscores, as: textType),
        Asked("*/*", gets: .text, .underscores, as: textType),
        Asked("application/json", gets: .text, .underscores, as: textType),
        Asked("text/plain", gets: .text, .underscores, as: textType),
        Asked(
            "text/plain;version=0.0.4;escaping=values", gets: .text, .values, as: textType + "; escaping=values"),
        Asked(
            "text/plain;version=1.0.0;escaping=allow-utf-8", gets: .text1, .allowUTF8,
            as: "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"),
        Asked("application/openmetrics-text", gets: .openMetrics, .underscores, as: openMetricsType),
        // On two lines.
        Asked(
            "text/plain;q=0.5", "application/openmetrics-text;version=1.0.0", gets: .openMetrics, .underscores,
            as: openMetricsType),
        // Prometheus 3.
        Asked(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            gets: .openMetrics, .allowUTF8, as: openMetricsType + "; escaping=allow-utf-8"),
        // The same with native histograms.
        Asked(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;"
                + "escaping=allow-utf-8;q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            gets: .protobuf, .allowUTF8, as: protobufType + "; escaping=allow-utf-8"),
        Asked(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
            gets: .protobuf, .underscores, as: protobufType),
    ]

    @Test(arguments: asked, ["", "Accept-Encoding: gzip\r\n"])
    private func answersInTheFormatThatIsAskedFor(asked: Asked, acceptEncoding: String) async throws {
        let registry = try smallRegistry()
        let server = try ServedEndpoint(registry)
        let response = try server.scrape(headers: asked.headers + acceptEncoding)
        #expect(response.status == 200)
        #expect(response.headers.filter { $0.name == "Content-Type" }.map(\.value) == [asked.contentType])
        #expect(response.headers.filter { $0.name == "Vary" }.map(\.value) == ["Accept, Accept-Encoding"])
        #expect(response.header("Content-Encoding") == (acceptEncoding.isEmpty ? nil : "gzip"))
        let content = acceptEncoding.isEmpty ? response.bytes : try gunzip(response.bytes)
        #expect(content == Exposition.bytes(registry.snapshot(), as: asked.format, escaping: asked.escaping))
        switch asked.format {
        case .protobuf: #expect(try protobufNames(content) == ["orders_total", "queue_length", "work_seconds"])
        case .openMetrics: #expect(try ParsedExposition(openMetrics: content).value(of: "queue_length") == 7)
        default: #expect(try ParsedExposition(text: content).value(of: "work_seconds_bucket", ["le": "1.0"]) == 2)
        }
        await server.stop()
    }

    /// The names of the families in delimited messages that fill the content to its end.
    private func protobufNames(_ content: [UInt8]) throws -> [String] {
        var rest = content[...]
        func varint() throws -> Int {
            var value = 0
            for shift in stride(from: 0, to: 63, by: 7) {
                guard let byte = rest.popFirst() else { throw TestFailure("a message ends in a number") }
                value |= Int(byte & 0x7F) << shift
                if byte < 0x80 { break }
            }
            return value
        }
        var names: [String] = []
        while !rest.isEmpty {
            let length = try varint()
            try #require(length <= rest.count)
            let end = rest.startIndex + length
            // Field 1, of a length: the name.
            #expect(rest.popFirst() == 0x0A)
            let nameLength = try varint()
            names.append(String(decoding: rest.prefix(nameLength), as: UTF8.self))
            rest = content[end...]
        }
        return names
    }

    @Test func answersInNoFormatThatIsNotOffered() async throws {
        let server = try ServedEndpoint(smallRegistry(), formats: [.text])
        #expect(
            try server.scrape(headers: "Accept: application/openmetrics-text\r\n").header("Content-Type")
                == Self.textType)
        await server.stop()
    }

    @Test(arguments: [true, false]) func tellsWhenCountersBeganIfItIsToldTo(createdSamples: Bool) async throws {
        let server = try ServedEndpoint(smallRegistry(), createdSamples: createdSamples)
        let response = try server.scrape(headers: "Accept: application/openmetrics-text\r\n")
        let created = try ParsedExposition(openMetrics: response.bytes).value(of: "orders_created", ["kind": "pen"])
        #expect((created != nil) == createdSamples)
        await server.stop()
    }

    @Test(arguments: ["Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding: br\r\n", "Accept-Encoding: *;q=0\r\n"])
    func compressesForNobodyWhoDoesNotAcceptIt(headers: String) async throws {
        let registry = try smallRegistry()
        let server = try ServedEndpoint(registry)
        let response = try server.scrape(headers: headers)
        #expect(response.header("Content-Encoding") == nil)
        #expect(response.header("Vary") == "Accept, Accept-Encoding")
        #expect(response.bytes == Exposition.bytes(registry.snapshot()))
        await server.stop()
    }

    @Test(arguments: [ExpositionFormat.text, .openMetrics, .protobuf], [true, false])
    func manySlicesMakeOneExposition(format: ExpositionFormat, isCompressed: Bool) async throws {
        let registry = MetricsRegistry()
        let many = try registry.counter("many_total", help: "Many.", labelNames: ["index"])
        for index in 0..<3000 { try many.child("\(index)").increment(by: index) }
        let sizes = try registry.histogram("size_bytes", help: "Sizes.", labelNames: ["index"], buckets: .httpDuration)
        for index in 0..<200 { try sizes.child("\(index)").observe(Double(index)) }
        try registry.register(LargeCollector.large)
        let server = try ServedEndpoint(registry)
        // Twice, for one connection.
        let connection = try server.connect()
        for _ in 0..<2 {
            let response = try connection.request(
                "/metrics",
                headers: "Accept: \(format.contentType())\r\n" + (isCompressed ? "Accept-Encoding: gzip\r\n" : ""))
            let content = isCompressed ? try gunzip(response.bytes) : response.bytes
            #expect(content.count > LargeCollector.large.bytes)
            #expect(content == Exposition.bytes(registry.snapshot(), as: format))
        }
        await server.stop()
    }

    @Test(arguments: ["", "Accept-Encoding: gzip\r\n"], [true, false])
    func headGetsTheSameHeadersAndNoBody(headers: String, isLarge: Bool) async throws {
        let registry = try smallRegistry()
        if isLarge { try registry.register(LargeCollector.large) }
        let server = try ServedEndpoint(registry)
        let connection = try server.connect()
        func fields(_ response: RawConnection.Response) -> [String] {
            response.headers.filter { $0.name != "Date" }.map { "\($0.name): \($0.value)" }
        }
        let head = try connection.request("/metrics", method: "HEAD", headers: headers)
        let get = try connection.request("/metrics", headers: headers)
        #expect(head.status == 200)
        #expect(fields(head) == fields(get))
        #expect(head.header("Content-Length") == "\(get.bytes.count)")
        #expect(try connection.request("/").body == "hello")
        await server.stop()
    }

    @Test(arguments: ["POST", "PUT", "DELETE"]) func otherMethodsAreNotAllowed(method: String) async throws {
        let server = try ServedEndpoint(smallRegistry())
        let response = try server.scrape(method: method)
        #expect(response.status == 405)
        #expect(response.header("Allow") == "GET, HEAD")
        #expect(server.answered(200) == 0)
        await server.stop()
    }

    @Test(
        arguments: [
            ("?name[]=queue_length", ["queue_length"]),
            ("?name[]=work_seconds&name[]=orders_total", ["orders_total", "work_seconds"]),
            ("?name%5B%5D=queue_length&name%5b]=orders%5Ftotal", ["orders_total", "queue_length"]),
            ("?name[]=work_seconds_bucket", ["work_seconds"]), ("?name[]=work_seconds_count", ["work_seconds"]),
            // OpenMetrics calls the counter so.
            ("?name[]=orders", ["orders_total"]),
            ("?name[]=unknown", []), ("?name[]=unknown&name[]=queue_length", ["queue_length"]), ("?name[]=", []),
            ("?name[]", []), ("?name[]=queue", []), ("?other=x", ["orders_total", "queue_length", "work_seconds"]),
            ("?", ["orders_total", "queue_length", "work_seconds"]),
            ("?name[]=%zz", ["orders_total", "queue_length", "work_seconds"]),
        ]) func namesRestrictTheAnswer(query: String, families: [String]) async throws
    {
        let server = try ServedEndpoint(smallRegistry())
        let response = try server.scrape(query)
        #expect(response.status == 200)
        #expect(response.header("Content-Type") == Self.textType)
        #expect(try ParsedExposition(text: response.bytes).families.map(\.name) == families)
        await server.stop()
    }

    @Test func anEmptyAnswerIsAnExpositionToo() async throws {
        let server = try ServedEndpoint(smallRegistry())
        let none = "?name[]=none"
        #expect(try server.scrape(none).bytes.isEmpty)
        #expect(try server.scrape(none, headers: "Accept: application/openmetrics-text\r\n").body == "# EOF\n")
        #expect(try gunzip(server.scrape(none, headers: "Accept-Encoding: gzip\r\n").bytes).isEmpty)
        await server.stop()
    }

    @Test(
        arguments: [
            (.allowUTF8, #"{"räume.leer_total","etage.nr"="1"} 2"#),
            (.underscores, #"r_ume_leer_total{etage_nr="1"} 2"#),
            (.dots, #"r__ume_dot_leer__total{etage_dot_nr="1"} 2"#),
            (.values, #"U__r_e4_ume_2e_leer__total{U__etage_2e_nr="1"} 2"#),
        ] as [(EscapingScheme, String)], [ExpositionFormat.text1, .openMetrics, .protobuf])
    func namesThatAreNotLegacyOnesAreEscapedAsIsAskedFor(
        escaping: (scheme: EscapingScheme, line: String), format: ExpositionFormat
    ) async throws {
        let registry = MetricsRegistry(naming: .utf8)
        let rooms = try registry.counter("räume.leer_total", help: "Räume.", labelNames: ["etage.nr"])
        try rooms.child("1").increment(by: 2)
        let server = try ServedEndpoint(registry)
        let contentType = format.contentType(escaping: escaping.scheme)
        let response = try server.scrape(headers: "Accept: \(contentType)\r\n")
        #expect(response.header("Content-Type") == contentType)
        if format == .protobuf {
            #expect(
                try protobufNames(response.bytes) == [escaping.scheme.escape(metricName: "räume.leer_total")])
        } else {
            #expect(response.body.split(separator: "\n").contains { $0 == escaping.line })
        }
        // By its name, whatever becomes of it.
        let named = try server.scrape("?name[]=r%C3%A4ume.leer_total", headers: "Accept: \(contentType)\r\n")
        #expect(named.bytes == response.bytes)
        await server.stop()
    }

    @Test func aScrapeSeesItselfInFlightAndIsCountedInTheNext() async throws {
        let registry = MetricsRegistry()
        let server = try ServedEndpoint(registry, metrics: registry)
        let connection = try server.connect()
        for number in 0..<3 {
            let exposition = try ParsedExposition(text: connection.request("/metrics").bytes)
            #expect(exposition.value(of: "promhttp_metric_handler_requests_in_flight") == 1)
            for (code, count) in [("200", number), ("500", 0), ("503", 0)] {
                #expect(
                    exposition.value(of: "promhttp_metric_handler_requests_total", ["code": code]) == Double(count))
            }
        }
        await server.stop()
        #expect(server.inFlight == 0)
        #expect(try registry.lint().isEmpty)
    }

    @Test func twoEndpointsNeedTwoPlacesForTheirMetrics() throws {
        let registry = MetricsRegistry()
        _ = try MetricsEndpoint(registry)
        #expect(throws: RegistrationError.duplicateName("promhttp_metric_handler_requests_total")) {
            _ = try MetricsEndpoint(registry)
        }
        _ = try MetricsEndpoint(registry, metrics: MetricsRegistry())
    }
}
