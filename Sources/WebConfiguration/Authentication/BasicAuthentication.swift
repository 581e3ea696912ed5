public import EventHTTP
internal import Glibc

/// Admits requests with the name and the password of a user (HTTP's Basic scheme, RFC 7617), and answers others with
/// 401.
///
/// Passwords travel in the clear: use it with TLS, or where nobody can listen.
///
/// A check by bcrypt takes long by design, so it is done on a few threads of the guard's own, and its verdict is
/// remembered: a request whose credentials were checked before costs some microseconds. What is kept in memory is a
/// fingerprint of user, hash and password by a key that every process draws anew, never a password. When more
/// credentials wait to be checked than would be done in some seconds, further ones are answered with 503 and
/// Retry-After. For a name that no user has, a check of the same cost is done, so that the time doesn't tell which users
/// there are.
///
/// Only the first 72 bytes of a password count, as with every bcrypt. Names and passwords are compared byte by byte, in
/// UTF-8; RFC 7617 forbids control characters in both.
///
/// All members may be used from any thread.
public final class BasicAuthentication: RequestGuard {
    /// Which requests need credentials.
    public enum Scope: Sendable, Hashable {
        /// All of them, those for paths without a route included.
        case everything
        /// Those for the routes with these templates, such as `/metrics`.
        case routes(Set<String>)
    }

    private let scope: Scope
    private let users: Lock<Users>
    private let checker: PasswordChecker
    private let fingerprints = Fingerprint.Maker()
    private let refusal: Response

    /// - Parameters:
    ///   - realm: what clients are told that the password is for; control characters are left out.
    ///   - users: their names and their passwords' hashes. Without any, nobody is admitted: to let everybody in, use no
    ///     guard.
    ///   - scope: which requests need credentials.
    public convenience init(realm: String, users: [String: BcryptHash], scope: Scope = .everything) {
        // Half of the cores at most: the others are for those who are in already.
        let threads = max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2))
        self.init(realm: realm, users: users, scope: scope, threads: threads, queueLimit: 64)
    }

    /// - Parameters:
    ///   - threads: how many passwords are checked at once.
    ///   - queueLimit: how many wait for that at most.
    ///   - refusedLimit: how many wrong credentials are remembered.
    init(
        realm: String, users: [String: BcryptHash], scope: Scope = .everything, threads: Int, queueLimit: Int,
        refusedLimit: Int = 100
    ) {
        self.scope = scope
        self.users = Lock(Users(users))
        checker = PasswordChecker(threadLimit: threads, queueLimit: queueLimit, refusedLimit: refusedLimit)
        var refusal = Response.text("A user name and a password are needed.\n", status: .unauthorized)
        refusal.headers = [("WWW-Authenticate", "Basic realm=\(Self.quoted(realm)), charset=\"UTF-8\"")]
        self.refusal = refusal
    }

    /// Admits these users from now on, and none of the others. What was remembered is forgotten; checks that are under
    /// way end as they would have.
    public func replaceUsers(_ users: [String: BcryptHash]) {
        let users = Users(users)
        self.users.withLock { $0 = users }
        checker.forget()
    }

    public func decide(_ request: Request) -> GuardDecision {
        guard protects(request.routeTemplate) else { return .admit }
        let fields = request.headerValues("Authorization")
        // Of several, it couldn't be told which one a proxy in front has looked at.
        return decide(authorization: fields.count == 1 ? fields[0] : nil)
    }

    /// Whether requests for this route, or for none, need credentials.
    func protects(_ routeTemplate: String?) -> Bool {
        switch scope {
        case .everything: true
        case .routes(let templates): routeTemplate.map(templates.contains) ?? false
        }
    }

    /// - Parameter authorization: the value of the field Authorization.
    func decide(authorization: String?) -> GuardDecision {
        guard let credentials = authorization.flatMap(BasicCredentials.init(authorization:)) else {
            return .refuse(refusal)
        }
        let (hash, isUser) = users.withLock { $0 }.hash(of: credentials.user, fingerprints)
        let password = Array(credentials.password.prefix(Bcrypt.passwordBytes))
        let fingerprint = fingerprints.fingerprint(of: credentials.user, hash.text, password)
        let answer = checker.answer(for: fingerprint) {
            PasswordCheck(fingerprint: fingerprint, password: password, hash: hash, isUser: isUser)
        }
        switch answer {
        case .known(true): return .admit
        case .known(false): return .refuse(refusal)
        case .checking(let check):
            return .wait { [refusal] in try await check.verdict.get() ? nil : refusal }
        case .tooMany: return .refuse(Self.tooMany)
        }
    }

    /// How many verdicts are remembered.
    var remembered: Int { checker.remembered }

    private static let tooMany: Response = {
        var response = Response.text("Too many passwords to check; try again.\n", status: .serviceUnavailable)
        response.headers = [("Retry-After", "1")]
        return response
    }()

    /// As a quoted string (RFC 9110 §5.6.4).
    private static func quoted(_ text: String) -> String {
        let characters = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
        let escaped = characters.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }
        return "\"\(escaped.joined())\""
    }
}
