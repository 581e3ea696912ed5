import EventHTTP
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
