import EventHTTP
import Logging
import Observability
import PrometheusMetrics
import TestSupport
import Testing

@Suite struct ObservabilityTests {
    private let registry = MetricsRegistry()
    private let readiness = Readiness()

    private func start() throws -> RunningServer {
        var router = Router()
        router.get("/users/{id}") { _ in .text("user") }
        router.get("/fails", expecting: [.ok, .serviceUnavailable]) { _ in .text("", status: .serviceUnavailable) }
        router.get("/wait") { request in
            try await request.loop.sleep(for: .seconds(3600))
            return .text("")
        }
        router.get("/metrics", try MetricsEndpoint(registry))
        router.get("/healthz", Liveness())
        router.get("/readyz", readiness)
        return try HTTPServer(
            router, listen: ["127.0.0.1:0"], loops: 2, draining: .init(grace: .milliseconds(200)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        .observed(by: readiness, RequestMetrics(registry))
        .start()
    }

    private func connect(_ server: RunningServer) throws -> RawConnection {
        try RawConnection(port: server.addresses[0].port)
    }

    private func stop(_ server: RunningServer) async {
        server.drain()
        await server.waitUntilEnded()
    }

    /// The number of requests that were measured with these labels.
    private func count(_ method: String, _ status: Int, _ route: String) -> Double? {
        sample(
            "http_server_request_duration_seconds_count{http_request_method=\"\(method)\","
                + "http_response_status_code=\"\(status)\",http_route=\"\(route)\"}")
    }

    private func sample(_ series: String) -> Double? {
        TestSupport.sample(series, in: Exposition.text(registry.snapshot()))
    }

    @Test func expectedSeriesAreThereBeforeTheFirstRequest() async throws {
        let server = try start()
        for (status, route) in [
            (200, "/users/{id}"), (200, "/fails"), (503, "/fails"), (200, "/metrics"), (404, "unmatched"),
        ] {
            #expect(count("GET", status, route) == 0)
        }
        #expect(sample("http_server_active_requests{http_request_method=\"GET\"}") == 0)
        await stop(server)
    }

    @Test func requestsAreLabelledByTemplateMethodAndStatus() async throws {
        let server = try start()
        let connection = try connect(server)
        for path in ["/users/1", "/users/2", "/users/3", "/x", "/y", "/fails"] { _ = try connection.request(path) }
        _ = try connection.request("/users/1", method: "HEAD")
        _ = try connection.request("/users/1", method: "DELETE")
        #expect(count("GET", 200, "/users/{id}") == 3)
        #expect(count("HEAD", 200, "/users/{id}") == 1)
        #expect(count("DELETE", 405, "/users/{id}") == 1)
        #expect(count("GET", 404, "unmatched") == 2)
        #expect(count("GET", 503, "/fails") == 1)
        #expect(sample("http_server_active_requests{http_request_method=\"GET\"}") == 0)
        await stop(server)
    }

    @Test func aClientThatLeavesCountsAs499() async throws {
        let server = try start()
        let connection = try connect(server)
        try connection.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await eventually { sample("http_server_active_requests{http_request_method=\"GET\"}") == 1 })
        connection.reset()
        #expect(try await eventually { count("GET", 499, "/wait") == 1 })
        #expect(sample("http_server_active_requests{http_request_method=\"GET\"}") == 0)
        await stop(server)
    }

    @Test func theMetricsEndpointAnswersWithTheExposition() async throws {
        let server = try start()
        let response = try connect(server).request("/metrics")
        #expect(response.status == 200)
        #expect(response.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        // The scrape sees itself.
        #expect(response.body.contains("http_server_active_requests{http_request_method=\"GET\"} 1\n"))
        #expect(response.body.hasSuffix("\n"))
        await stop(server)
    }

    @Test func readinessEndsWhenDrainingBeginsAndLivenessDoesNot() async throws {
        let server = try start()
        let waiting = try connect(server)
        try waiting.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
        let ready = try connect(server)
        let alive = try connect(server)
        #expect(try ready.request("/readyz").status == 200)
        #expect(try alive.request("/healthz").status == 200)
        server.drain()
        #expect(try ready.request("/readyz").status == 503)
        #expect(try alive.request("/healthz").status == 200)
        await server.waitUntilEnded()
    }
}
