internal import EventHTTP

/// One check of a password, and whoever waits for its verdict.
final class PasswordCheck: Sendable {
    typealias Verdict = Result<Bool, PasswordCheckError>

    let fingerprint: Fingerprint
    private let hash: BcryptHash
    private let isUser: Bool
    private let state: Lock<State>

    private struct State {
        var password: [UInt8]
        var verdict: Verdict?
        var waiting: [CheckedContinuation<Verdict, Never>] = []
    }

    /// - Parameter isUser: `false` for a check that is done for its time alone: it admits nobody.
    init(fingerprint: Fingerprint, password: [UInt8], hash: BcryptHash, isUser: Bool) {
        self.fingerprint = fingerprint
        self.hash = hash
        self.isUser = isUser
        state = Lock(State(password: password))
    }

    /// The verdict, once it is there. Costs no thread while it isn't.
    var verdict: Verdict {
        get async {
            await withCheckedContinuation { continuation in
                let verdict = state.withLock { state -> Verdict? in
                    if state.verdict == nil { state.waiting.append(continuation) }
                    return state.verdict
                }
                if let verdict { continuation.resume(returning: verdict) }
            }
        }
    }

    /// Computes the verdict; takes as long as the hash's cost says.
    func compute(with bcrypt: inout Bcrypt) -> Verdict {
        let password = state.withLock { $0.password }
        do throws(PasswordCheckError) {
            let matches = try bcrypt.matches(password, hash)
            return .success(matches && isUser)
        } catch {
            return .failure(error)
        }
    }

    /// Tells whoever waits, and forgets the password.
    func finish(_ verdict: Verdict) {
        let waiting = state.withLock { state in
            state.verdict = verdict
            state.password = []
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: verdict) }
    }
}
