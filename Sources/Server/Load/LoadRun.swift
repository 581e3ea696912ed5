internal import EventHTTP
internal import Logging
internal import Synchronization

/// Sends requests as a schedule says, whether or not those before were answered: a slow server gets no less to do.
///
/// Each request has a thread of its own, which blocks until the answer is there: `HTTPClient` does all that is needed, and
/// there are no more threads than requests in flight, a few at usual rates.
final class LoadRun: Sendable {
    private let schedule: LoadSchedule
    private let targets: [LoadTarget]
    private let concurrency: Int
    private let logger: Logger
    private let counts = Mutex(Counts())

    private struct Counts {
        var inFlight = 0
        var answered = 0
        /// Those of them that were answered with a 5xx status.
        var errors = 0
        /// Those that weren't answered.
        var failed = 0
        /// Those that were due, but not sent.
        var skipped = 0
    }

    /// How late a request may leave. What is later is skipped, rather than sent all at once.
    private static let latest = Duration.seconds(1)

    /// - Parameters:
    ///   - targets: take turns.
    ///   - concurrency: requests in flight at most; others that are due meanwhile are skipped.
    init(_ schedule: LoadSchedule, targets: [LoadTarget], concurrency: Int, logger: Logger) {
        self.schedule = schedule
        self.targets = targets
        self.concurrency = concurrency
        self.logger = logger
    }

    /// Blocks until a signal comes, or the duration is over and what was sent is answered.
    func run(for duration: Duration?, until signals: EndingSignals) {
        // Stands still while the machine sleeps.
        let clock = SuspendingClock()
        let start = clock.now
        var phase: Int?
        var number = 0
        while true {
            let due = schedule.due(number)
            if let duration, due >= duration { break }
            if signals.come(within: due - (clock.now - start)) { return logCounts("ended by a signal") }
            let now = clock.now - start
            if now - due > Self.latest {
                let next = schedule.number(at: now)
                counts.withLock { $0.skipped += next - number }
                number = next
                continue
            }
            if case let current = schedule.phaseNumber(at: due), current != phase {
                phase = current
                logCounts("phase: \(schedule.phase(at: due).rawValue)")
            }
            send(number)
            number += 1
        }
        while counts.withLock({ $0.inFlight > 0 }), !signals.come(within: .milliseconds(10)) {}
        logCounts("ended")
    }

    private func send(_ number: Int) {
        let hasPlace = counts.withLock { counts in
            guard counts.inFlight < concurrency else {
                counts.skipped += 1
                return false
            }
            counts.inFlight += 1
            return true
        }
        guard hasPlace else { return }
        let target = targets[number % targets.count]
        let path = schedule.path(number)
        let code = DetachedThread.start(name: "request") { self.count(target.get(path)) }
        // No more threads may be made.
        if code != 0 { count(nil) }
    }

    private func count(_ status: Int?) {
        counts.withLock { counts in
            counts.inFlight -= 1
            guard let status else {
                counts.failed += 1
                return
            }
            counts.answered += 1
            if status >= 500 { counts.errors += 1 }
        }
    }

    private func logCounts(_ message: Logger.Message) {
        let counts = counts.withLock { $0 }
        logger.info(
            message,
            metadata: [
                "answered": "\(counts.answered)", "errors": "\(counts.errors)", "failed": "\(counts.failed)",
                "skipped": "\(counts.skipped)", "in_flight": "\(counts.inFlight)",
            ])
    }
}
