import EventHTTP

/// A guard that does what the field `X-Guard` says.
struct GuardPost: RequestGuard {
    enum Verdict {
        case admit, refuse, fail
        /// Admits when the barrier is opened.
        case hold
    }

    static let refusal = Answer.text("no", status: 401)

    static func verdict(_ word: String?) -> Verdict {
        switch word {
        case "refuse", "later refuse": .refuse
        case "fail": .fail
        case "hold": .hold
        default: .admit
        }
    }

    func decide(_ request: Request) -> GuardDecision {
        let word = request.header("x-guard")
        let refusal = Response.text("no", status: .unauthorized)
        switch Self.verdict(word) {
        case .refuse where word == "refuse": return .refuse(refusal)
        case .refuse:
            return .wait {
                await Task.yield()
                return refusal
            }
        case .fail: return .wait { throw Page.Failure() }
        case .hold:
            return .wait {
                try await Page.barrier.wait()
                return nil
            }
        case .admit where word == "later":
            return .wait {
                await Task.yield()
                return nil
            }
        case .admit: return .admit
        }
    }
}
