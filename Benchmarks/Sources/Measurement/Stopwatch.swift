import Dispatch
import Foundation
import Synchronization

/// Wall time of work that was warmed up.
struct Stopwatch {
    let measured: Duration
    private var warmUp: Duration { measured / 4 }

    /// Wall time over the number of all threads' operations.
    func nanosecondsPerUpdate(
        threads: Int, _ run: @escaping @Sendable (_ thread: Int, _ count: Int) -> Void,
        _ check: (_ operations: Int) throws -> Void
    ) throws -> Double {
        var count = Line.granularity
        var operations = 0
        while true {
            let elapsed = time(threads: threads) { [count] thread in run(thread, count) }
            operations += threads * count
            if elapsed >= warmUp {
                count = Int(Double(count) * (measured / elapsed)) / Line.granularity * Line.granularity
                count += Line.granularity
                break
            }
            count *= 2
        }
        let elapsed = time(threads: threads) { [count] thread in run(thread, count) }
        try check(operations + threads * count)
        return elapsed / .nanoseconds(1) / Double(threads * count)
    }

    /// Wall time of a scrape into a buffer that was used before, the scrape's size, and the process' peak memory.
    func nanosecondsPerScrape(
        _ render: (inout [UInt8]) -> Void, _ check: ([UInt8]) throws -> Void
    ) throws -> (nanoseconds: Double, size: Int, peak: Int) {
        var buffer: [UInt8] = []
        func scrape(for least: Duration) -> Double {
            let start = ContinuousClock.now
            var scrapes = 0
            repeat {
                buffer.removeAll(keepingCapacity: true)
                render(&buffer)
                scrapes += 1
            } while .now - start < least
            return (.now - start) / .nanoseconds(1) / Double(scrapes)
        }
        _ = scrape(for: warmUp)
        let nanoseconds = scrape(for: measured)
        let peak = try peakMemory()
        try check(buffer)
        return (nanoseconds, buffer.count, peak)
    }

    /// The kernel's accounting by process counts what the program was started from as well.
    private func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw CheckFailure("the kernel doesn't tell the peak of memory")
        }
        return 1024 * kilobytes
    }

    private func time(threads: Int, _ body: @escaping @Sendable (_ thread: Int) -> Void) -> Duration {
        let gate = Gate(threads)
        let others = DispatchGroup()
        for thread in 1..<threads {
            others.enter()
            Thread {
                gate.pass()
                body(thread)
                others.leave()
            }.start()
        }
        gate.pass()
        let start = ContinuousClock.now
        body(0)
        others.wait()
        return .now - start
    }
}

/// Lets threads go once all have come; they spin, so that they start as one.
private final class Gate: Sendable {
    private let missing: Atomic<Int>

    init(_ threads: Int) { missing = Atomic(threads) }

    func pass() {
        missing.subtract(1, ordering: .acquiringAndReleasing)
        while missing.load(ordering: .acquiring) > 0 {}
    }
}
