import EventHTTP
import WebConfiguration

/// Hashes that `htpasswd -nB` made, and the password of each.
enum Example {
    /// "secret", cost 4.
    static let secret = "$2y$04$lNok47CZ9vdbx1FVQmcebeHkyAxgej3.0eppnAumigLqRqm5FeK5y"
    /// "secret", cost 8.
    static let costlySecret = "$2y$08$M/D5gCxLJ1CoaaoS6mJMgOft1hnE3JnxQmwDZ.gXLWTDk5bwp6NRu"
    /// "hunter2", cost 4.
    static let hunter2 = "$2y$04$DNkQrEFDIBCkrlj4RQFyV.yNQ6yfI4QO.5h/2eBPdOAUj9oGQgJN6"
    /// "pässwörd", cost 4.
    static let umlauts = "$2y$04$XIC4I.M2Nvobud6AZ8IlDOXrsTUDXqNMa7zmSynBJ4ZzinlqzfY5W"
    /// 72 times "a", cost 4.
    static let longest = "$2y$04$RRJ.yEivkxMUmPkCt33Q.OJ9vMz8yszWRxCgjVJCHV12GrIXqNGOS"
}

/// The value of Authorization for these credentials.
func basic(_ user: String, _ password: String) -> String { basic(Array("\(user):\(password)".utf8)) }

func basic(_ credentials: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = "Basic "
    for start in stride(from: 0, to: credentials.count, by: 3) {
        let group = credentials[start..<min(start + 3, credentials.count)]
        let bits = (group + [0, 0]).prefix(3).reduce(0) { $0 << 8 | Int($1) }
        let characters = [18, 12, 6, 0].map { digits[bits >> $0 & 63] }
        text += String(characters.prefix(group.count + 1)) + String(repeating: "=", count: 3 - group.count)
    }
    return text
}

extension GuardDecision {
    /// Whether it takes time to tell.
    var isWaiting: Bool { if case .wait = self { true } else { false } }

    /// What the request is answered with, once that is known; `nil` when it goes on.
    var response: Response? {
        get async throws {
            switch self {
            case .admit: nil
            case .refuse(let response): response
            case .wait(let answer): try await answer()
            }
        }
    }
}
