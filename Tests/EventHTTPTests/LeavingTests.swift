import Dispatch
import EventHTTP
import Synchronization
import TestSupport
import Testing

/// What is left of clients that leave in the middle of a request.
@Suite struct LeavingTests {
    private struct Left {
        weak var request: Request?
    }

    /// Sees every request before its content is read, and remembers it without keeping it.
    // Sound: `requests` is touched only while the mutex is held; nothing of a request is read.
    private final class Witness: RequestGuard, @unchecked Sendable {
        private let mutex = Mutex(())
        private var requests: [Left] = []

        var seen: Int { mutex.withLock { _ in requests.count } }
        var left: Int { mutex.withLock { _ in requests.count { $0.request != nil } } }

        func decide(_ request: Request) -> GuardDecision {
            mutex.withLock { _ in requests.append(Left(request: request)) }
            guard request.header("X-Wait") != nil else { return .admit }
            return .wait {
                try await Task.sleep(for: .seconds(3600))
                return nil
            }
        }
    }

    /// The loop learns of the request and of the reset at once, and reads the request first.
    @Test func aResetRightBehindARequestIsNoticed() async throws {
        let gate = DispatchSemaphore(value: 0)
        let isReached = Atomic(false)
        let server = try ServedServer(loops: 1) { router in
            router.get("/") { _ in .text("") }
            router.get("/block") { _ in
                isReached.store(true, ordering: .relaxed)
                gate.wait()
                return .text("")
            }
            router.get("/forever") { request in
                try await request.loop.sleep(for: .seconds(3600))
                return .text("")
            }
        }
        defer { gate.signal() }
        let blocking = try server.connect()
        let connection = try server.connect()
        #expect(try connection.request("/").status == 200)
        try blocking.send("GET /block HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await eventually { isReached.load(ordering: .relaxed) })
        try connection.send("GET /forever HTTP/1.1\r\nHost: h\r\n\r\n")
        connection.reset()
        gate.signal()
        #expect(try await eventually { server.open == 1 && server.events.inFlight == 0 })
        #expect(server.events.current.started == 3)
        await server.stop()
    }

    /// First by ending its sending, which may mean that it still waits for the reply; then by a reset, which the reply
    /// meets.
    @Test func aReplyThatNobodyCanGetEndsTheConnection() async throws {
        let told = Atomic(false)
        let isReady = Mutex<CheckedContinuation<Void, Never>?>(nil)
        let server = try ServedServer { router in
            router.get("/") { _ in
                await withTaskCancellationHandler {
                    await withCheckedContinuation { continuation in isReady.withLock { $0 = continuation } }
                } onCancel: {
                    told.store(true, ordering: .relaxed)
                }
                return .text("late")
            }
        }
        let connection = try server.connect()
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try await eventually { isReady.withLock { $0 != nil } })
        connection.endSending()
        #expect(try await eventually { told.load(ordering: .relaxed) })
        connection.reset()
        isReady.withLock { $0 }?.resume()
        #expect(try await eventually { server.open == 0 })
        await server.stop()
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX-Wait: yes\r\n\r\n",
    ])
    func leavesNothing(sent: String) async throws {
        let witness = Witness()
        let server = try ServedServer(guard: witness) { router in
            router.get("/") { _ in .text("") }
            router.on(.post, "/") { _ in .text("") }
        }
        for leaves in [RawConnection.reset, RawConnection.endSending] {
            let connection = try server.connect()
            let before = witness.seen
            try connection.send(sent)
            #expect(try await eventually { witness.seen == before + 1 })
            leaves(connection)()
            #expect(try await eventually { witness.left == 0 })
        }
        await server.stop()
        #expect(server.events.inFlight == 0)
    }
}
