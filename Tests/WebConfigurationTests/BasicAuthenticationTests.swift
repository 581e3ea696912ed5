import EventHTTP
import TestSupport
import Testing

@testable import WebConfiguration

@Suite struct BasicAuthenticationTests {
    private func authentication(
        _ users: [String: String] = ["alice": Example.secret, "bob": Example.hunter2], threads: Int = 2,
        queueLimit: Int = 64, refusedLimit: Int = 100
    ) throws -> BasicAuthentication {
        BasicAuthentication(
            realm: "test", users: try users.mapValues { try BcryptHash($0) }, threads: threads, queueLimit: queueLimit,
            refusedLimit: refusedLimit)
    }

    @Test func admitsThoseWhoKnowThePasswordOnly() async throws {
        let authentication = try authentication()
        for _ in 0..<2 {
            for (user, password, isRight) in [
                ("alice", "secret", true), ("bob", "hunter2", true), ("alice", "hunter2", false), ("alice", "", false),
                ("Alice", "secret", false), ("", "secret", false), ("carol", "secret", false),
            ] {
                let response = try await authentication.decide(authorization: basic(user, password)).response
                #expect(response?.status == (isRight ? nil : .unauthorized), "\(user) \(password)")
            }
        }
    }

    @Test func namesAndPasswordsAreUTF8() async throws {
        let authentication = try authentication(["jörg": Example.umlauts])
        #expect(try await authentication.decide(authorization: basic("jörg", "pässwörd")).response == nil)
        // Composed of a letter and a mark: other bytes.
        let other = try await authentication.decide(authorization: basic("jo\u{308}rg", "pässwörd")).response
        #expect(other?.status == .unauthorized)
    }

    @Test func whatIsRememberedNeedsNoWaiting() async throws {
        let authentication = try authentication()
        for credentials in [basic("alice", "secret"), basic("alice", "wrong"), basic("carol", "secret")] {
            let first = authentication.decide(authorization: credentials)
            #expect(first.isWaiting)
            let status = try await first.response?.status
            let second = authentication.decide(authorization: credentials)
            #expect(!second.isWaiting)
            #expect(try await second.response?.status == status)
        }
        #expect(authentication.remembered == 3)
    }

    @Test(arguments: [nil, "", "Bearer x", "Basic !", "Basic YQ==", basic("a\nb", "c")])
    func withoutCredentialsTheAnswerIs401AtOnce(authorization: String?) async throws {
        let decision = try authentication().decide(authorization: authorization)
        #expect(!decision.isWaiting)
        let response = try await decision.response
        #expect(response?.status == .unauthorized)
        #expect(
            response?.headers.map { "\($0.name): \($0.value)" } == [
                "WWW-Authenticate: Basic realm=\"test\", charset=\"UTF-8\""
            ])
        #expect(response?.contentType == "text/plain; charset=utf-8")
    }

    @Test func theRealmIsQuoted() async throws {
        let authentication = BasicAuthentication(realm: "a \"b\\c\"\r\nd: é", users: [:])
        let field = try await authentication.decide(authorization: nil).response?.headers[0].value
        #expect(field == #"Basic realm="a \"b\\c\"d: é", charset="UTF-8""#)
    }

    @Test func withoutUsersNobodyIsAdmitted() async throws {
        let authentication = try authentication([:])
        #expect(try await authentication.decide(authorization: basic("", "")).response?.status == .unauthorized)
        #expect(try await authentication.decide(authorization: basic("a", "b")).response?.status == .unauthorized)
    }

    @Test func protectsWhatIsInItsScope() {
        let everything = BasicAuthentication(realm: "", users: [:])
        #expect(everything.protects("/metrics"))
        #expect(everything.protects(nil))
        let metrics = BasicAuthentication(realm: "", users: [:], scope: .routes(["/metrics"]))
        #expect(metrics.protects("/metrics"))
        #expect(!metrics.protects("/"))
        #expect(!metrics.protects(nil))
    }

    @Test func wrongCredentialsNeverPushOutRightOnes() async throws {
        let authentication = try authentication(refusedLimit: 10)
        let right = basic("alice", "secret")
        #expect(try await authentication.decide(authorization: right).response == nil)
        for number in 0..<40 {
            let name = number.isMultiple(of: 2) ? "alice" : "user \(number)"
            let response = try await authentication.decide(authorization: basic(name, "wrong \(number)")).response
            #expect(response?.status == .unauthorized)
            #expect(authentication.remembered <= 11)
        }
        #expect(authentication.remembered == 11)
        #expect(!authentication.decide(authorization: right).isWaiting)
    }

    @Test func aFullQueueIsAnsweredWith503AndTheSameCredentialsJoin() async throws {
        // No threads: what is queued stays.
        let authentication = try authentication(threads: 0, queueLimit: 2)
        #expect(authentication.decide(authorization: basic("alice", "1")).isWaiting)
        #expect(authentication.decide(authorization: basic("alice", "2")).isWaiting)
        let third = authentication.decide(authorization: basic("alice", "3"))
        #expect(!third.isWaiting)
        let response = try await third.response
        #expect(response?.status == .serviceUnavailable)
        #expect(response?.headers.map { "\($0.name): \($0.value)" } == ["Retry-After: 1"])
        // Those under way already take no further place.
        #expect(authentication.decide(authorization: basic("alice", "1")).isWaiting)
        #expect(authentication.decide(authorization: basic("alice", "2")).isWaiting)
    }

    @Test func aQueueThatWasFullEmpties() async throws {
        let authentication = try authentication(["alice": Example.costlySecret], threads: 1, queueLimit: 2)
        let decisions = (0..<20).map { authentication.decide(authorization: basic("alice", "\($0)")) }
        var statuses: Set<Int> = []
        for decision in decisions { statuses.insert(try await decision.response!.status.code) }
        #expect(statuses == [401, 503])
        #expect(try await authentication.decide(authorization: basic("alice", "secret")).response == nil)
    }

    @Test func allWhoJoinedGetTheVerdict() async throws {
        let authentication = try authentication(["alice": Example.costlySecret], queueLimit: 1)
        let right = (0..<50).map { _ in authentication.decide(authorization: basic("alice", "secret")) }
        for decision in right { #expect(try await decision.response == nil) }
        #expect(authentication.remembered == 1)
    }

    @Test func newUsersCountAtOnce() async throws {
        let authentication = try authentication()
        let alice = basic("alice", "secret")
        let bob = basic("bob", "hunter2")
        #expect(try await authentication.decide(authorization: alice).response == nil)
        #expect(try await authentication.decide(authorization: bob).response == nil)
        authentication.replaceUsers(["alice": try BcryptHash(Example.hunter2), "carol": try BcryptHash(Example.secret)])
        #expect(authentication.remembered == 0)
        #expect(try await authentication.decide(authorization: alice).response?.status == .unauthorized)
        #expect(try await authentication.decide(authorization: bob).response?.status == .unauthorized)
        #expect(try await authentication.decide(authorization: basic("alice", "hunter2")).response == nil)
        #expect(try await authentication.decide(authorization: basic("carol", "secret")).response == nil)
    }

    @Test func whatRunsDuringAReloadIsNotRemembered() async throws {
        let authentication = try authentication(["alice": Example.costlySecret], threads: 1)
        // The first keeps the only thread busy, so that the second can't be done before the reload.
        let first = authentication.decide(authorization: basic("alice", "wrong"))
        let second = authentication.decide(authorization: basic("alice", "secret"))
        authentication.replaceUsers(["bob": try BcryptHash(Example.hunter2)])
        #expect(try await first.response?.status == .unauthorized)
        #expect(try await second.response == nil)
        #expect(authentication.remembered == 0)
        #expect(try await authentication.decide(authorization: basic("alice", "secret")).response != nil)
    }

    @Test func manyAtOnceNeverMixUpTheirVerdicts() async throws {
        let authentication = try authentication(queueLimit: 1_000)
        let users = ["alice": try BcryptHash(Example.secret), "bob": try BcryptHash(Example.hunter2)]
        let mistakes = try await withThrowingTaskGroup(of: [String].self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var mistakes: [String] = []
                    for round in 0..<40 {
                        let (user, password, isRight) = [
                            ("alice", "secret", true), ("bob", "hunter2", true), ("alice", "wrong \(round % 5)", false),
                            ("user \(worker)", "secret", false),
                        ][(worker + round) % 4]
                        let decision = authentication.decide(authorization: basic(user, password))
                        let status = try await decision.response?.status.code
                        if status != (isRight ? nil : 401) {
                            mistakes.append("\(user) \(password)")
                        }
                        if round % 10 == worker { authentication.replaceUsers(users) }
                    }
                    return mistakes
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(mistakes == [])
    }

    /// The time doesn't tell whether there is a user of that name: neither of a check, nor of what is remembered.
    @Test func unknownUsersTakeAsLongAsWrongPasswords() async throws {
        let authentication = try authentication(["alice": Example.costlySecret], threads: 1)
        func milliseconds(_ user: String, _ password: String) async throws -> Double {
            let start = ContinuousClock.now
            let response = try await authentication.decide(authorization: basic(user, password)).response
            let duration = ContinuousClock.now - start
            #expect(response?.status == .unauthorized)
            return duration / .milliseconds(1)
        }
        // On a busy machine medians differ by chance. A difference of the cost would be a factor of two every time.
        var ratios: [Double] = []
        for attempt in 0..<5 {
            var wrong: [Double] = []
            var unknown: [Double] = []
            for number in 0..<40 {
                let password = "\(attempt) \(number)"
                wrong.append(try await milliseconds("alice", password))
                unknown.append(try await milliseconds("user \(number % 7)", password))
            }
            let ratio = unknown.sorted()[20] / wrong.sorted()[20]
            ratios.append(ratio)
            if (0.8...1.25).contains(ratio) { return }
        }
        Issue.record("medians of unknown users to wrong passwords: \(ratios)")
    }
}
