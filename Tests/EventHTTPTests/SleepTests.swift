import EventHTTP
import Synchronization
import TestSupport
import Testing

/// How tasks wait on a loop.
@Suite struct SleepTests {
    /// So many at once, and of these so many that are cancelled, that the queue is tidied up in between.
    @Test func everyoneWakesInTimeOrIsCancelled() async throws {
        let server = try ServedServer(loops: 1) { _ in }
        let loop = server.events.loops[0]
        let asExpected = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<5000 {
                // In an order that has nothing to do with that of their ends.
                let duration = Duration.milliseconds(number * 7919 % 200 + 1)
                group.addTask(executorPreference: loop) {
                    await number % 3 == 0 ? isCancelled(after: duration, on: loop) : wakes(after: duration, on: loop)
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(asExpected == 5000)
        // The one that measures how late the loop's timers are may be set or not.
        #expect(loop.statistics.timers <= 1)
        await server.stop()
    }

    /// A handler's own sleeps are told of its cancellation in another way than those of tasks that it begins.
    enum Sleep: String, CaseIterable, Sendable {
        case first, second, asyncLet, beside, group, immediate, stream
    }

    @Test(arguments: Sleep.allCases) func everySleepForARequestEndsWhenItsClientLeaves(sleep: Sleep) async throws {
        let begun = Atomic(0)
        let cancelled = Atomic(0)
        let server = try ServedServer(loops: 1) { router in
            router.get("/") { request in
                let loop = request.loop
                let forever = { @Sendable in
                    begun.add(1, ordering: .relaxed)
                    do { try await loop.sleep(for: .seconds(3600)) } catch {
                        cancelled.add(1, ordering: .relaxed)
                        throw error
                    }
                }
                switch sleep {
                case .first: try await forever()
                case .second:
                    try await loop.sleep(for: .milliseconds(1))
                    try await forever()
                case .asyncLet:
                    async let other: Void = forever()
                    try await other
                case .beside:
                    async let other: Void = forever()
                    do { try await forever() } catch { try await other }
                case .group:
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await forever() }
                        try await group.waitForAll()
                    }
                case .immediate:
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addImmediateTask { try await forever() }
                        try await group.waitForAll()
                    }
                case .stream: return .stream { _ in try await forever() }
                }
                return .text("")
            }
        }
        let loop = server.events.loops[0]
        let connection = try server.connect()
        let sleeps = sleep == .beside ? 2 : 1
        try connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        // Theirs, and the one that measures how late the loop's timers are.
        #expect(
            try await eventually { begun.load(ordering: .relaxed) == sleeps && loop.statistics.timers > sleeps })
        connection.endSending()
        #expect(try await eventually { cancelled.load(ordering: .relaxed) == sleeps })
        #expect(try await eventually { server.open == 0 && loop.statistics.timers <= 1 })
        await server.stop()
    }

    /// It runs within the handler's job, until it waits.
    @Test func aTaskThatBeginsAtOnceSleepsForItself() async throws {
        let server = try ServedServer(loops: 1) { router in
            router.get("/") { request in
                let loop = request.loop
                let start = ContinuousClock.now
                let other = Task.immediate {
                    try await loop.sleep(for: .milliseconds(60))
                    return ContinuousClock.now - start
                }
                try await loop.sleep(for: .milliseconds(20))
                let own = ContinuousClock.now - start
                let others = try await other.value
                return .text(own >= .milliseconds(20) && others >= .milliseconds(60) ? "slept" : "\(own) \(others)")
            }
            router.get("/cancels-itself") { request in
                withUnsafeCurrentTask { $0?.cancel() }
                do { try await request.loop.sleep(for: .seconds(3600)) } catch { return .text("\(error)") }
                return .text("slept")
            }
        }
        for _ in 0..<3 { #expect(try server.connect().request("/").body == "slept") }
        #expect(try server.connect().request("/cancels-itself").body == "CancellationError()")
        #expect(try server.connect().request("/").body == "slept")
        await server.stop()
    }

    @Test func nobodySleepsOnALoopThatHasEnded() async throws {
        let server = try ServedServer(loops: 1) { _ in }
        let loop = server.events.loops[0]
        let sleeper = Task(executorPreference: loop) { try await loop.sleep(for: .seconds(3600)) }
        #expect(try await eventually { loop.statistics.timers > 1 })
        await server.stop()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        await #expect(throws: CancellationError.self) { try await loop.sleep(for: .seconds(3600)) }
        await #expect(throws: CancellationError.self) { try await loop.yield() }
    }
}

private func wakes(after duration: Duration, on loop: EventLoop) async -> Bool {
    let start = ContinuousClock.now
    return (try? await loop.sleep(for: duration)) != nil && ContinuousClock.now - start >= duration
}

private func isCancelled(after duration: Duration, on loop: EventLoop) async -> Bool {
    let sleeper = Task(executorPreference: loop) {
        do { try await loop.sleep(for: .seconds(3600)) } catch { return error is CancellationError }
        return false
    }
    try? await loop.sleep(for: duration)
    sleeper.cancel()
    return await sleeper.value
}
