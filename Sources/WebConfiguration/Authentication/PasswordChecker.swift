internal import EventHTTP

/// Checks passwords on threads of its own, remembers the verdicts, and never checks the same credentials twice at once.
///
/// The threads are started when there is something to check and end when there is nothing left. All members may be
/// used from any thread.
final class PasswordChecker: Sendable {
    private let threadLimit: Int
    private let queueLimit: Int
    private let state: Lock<State>

    private struct State {
        var verdicts: VerdictCache
        /// Those that wait for a thread, and those that have one.
        var unfinished: [Fingerprint: PasswordCheck] = [:]
        var queue: [PasswordCheck] = []
        var threads = 0
    }

    /// What is known of credentials.
    enum Answer {
        /// They were checked before: right or wrong.
        case known(Bool)
        /// They are being checked.
        case checking(PasswordCheck)
        /// Too many others wait to be checked.
        case tooMany
    }

    init(threadLimit: Int, queueLimit: Int, refusedLimit: Int) {
        self.threadLimit = threadLimit
        self.queueLimit = queueLimit
        state = Lock(State(verdicts: VerdictCache(refusedLimit: refusedLimit)))
    }

    /// How many verdicts are remembered.
    var remembered: Int { state.withLock { $0.verdicts.count } }

    /// Never blocks for longer than it takes to start a thread.
    ///
    /// - Parameter check: makes the check that is needed when the credentials are unknown.
    func answer(for fingerprint: Fingerprint, _ check: () -> PasswordCheck) -> Answer {
        var needsThread = false
        let answer: Answer = state.withLock { state in
            if let verdict = state.verdicts[fingerprint] { return .known(verdict) }
            if let check = state.unfinished[fingerprint] { return .checking(check) }
            guard state.queue.count < queueLimit else { return .tooMany }
            let check = check()
            state.unfinished[fingerprint] = check
            state.queue.append(check)
            if state.threads < threadLimit {
                state.threads += 1
                needsThread = true
            }
            return .checking(check)
        }
        if needsThread { startThread() }
        return answer
    }

    /// Forgets all verdicts, those of running checks included.
    func forget() {
        state.withLock { state in
            state.verdicts.removeAll()
            state.unfinished.removeAll()
        }
    }

    private func startThread() {
        let code = DetachedThread.start(name: "bcrypt") { self.work() }
        if code != 0 { threadFailed(code) }
    }

    private func work() {
        var bcrypt = Bcrypt()
        while let check = next() { finish(check, check.compute(with: &bcrypt)) }
    }

    private func next() -> PasswordCheck? {
        state.withLock { state in
            guard !state.queue.isEmpty else {
                state.threads -= 1
                return nil
            }
            return state.queue.removeFirst()
        }
    }

    /// What is queued waits for the other threads; without one, it fails.
    private func threadFailed(_ code: Int32) {
        let stranded = state.withLock { state -> [PasswordCheck] in
            state.threads -= 1
            guard state.threads == 0 else { return [] }
            defer { state.queue = [] }
            return state.queue
        }
        for check in stranded { finish(check, .failure(.noThread(code: code))) }
    }

    private func finish(_ check: PasswordCheck, _ verdict: PasswordCheck.Verdict) {
        state.withLock { state in
            // Unless it was forgotten meanwhile.
            guard state.unfinished[check.fingerprint] === check else { return }
            state.unfinished[check.fingerprint] = nil
            if case .success(let isRight) = verdict { state.verdicts.remember(isRight, for: check.fingerprint) }
        }
        check.finish(verdict)
    }
}
