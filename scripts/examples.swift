// What the examples in doc comments and articles take for granted.
import EventHTTP
import Foundation
import FoundationNetworking
import Observability
import PrometheusMetrics
import PrometheusMetricsTesting
import PrometheusSwiftMetrics
import Synchronization
import Testing

let registry = MetricsRegistry()
let latency = Histogram(buckets: .httpDuration)
nonisolated(unsafe) var router = Router()
let uploadSizes = Buckets.none
let pieces: [[UInt8]] = []
nonisolated(unsafe) var output: [UInt8] = []

/// Whatever the program traces with.
struct Trace {
    @TaskLocal static var current: Trace?
    let id: String
    let isSampled: Bool
}

/// See PushTransport for a real one.
struct URLSessionTransport: PushTransport {
    func send(_ request: PushRequest) async throws -> PushResponse { PushResponse(status: 200, body: []) }
}
