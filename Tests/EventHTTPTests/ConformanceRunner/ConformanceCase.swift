import EventHTTP

/// What a client says to a server, and what it must hear.
struct ConformanceCase: Sendable {
    /// Where it stands: `framing.txt:12`.
    let place: String
    let title: String
    /// What the server is allowed to take.
    let limits: ServerLimits
    let sends: [Send]
    let answers: [ExpectedAnswer]
    let ending: Ending

    /// Bytes that leave together.
    struct Send: Hashable, Sendable {
        var bytes: [UInt8]
        /// How many of the answers have to be there first.
        let precedingAnswers: Int
    }

    enum Ending: Sendable {
        /// A further request is answered, be it pipelined or not.
        case open
        /// The server ends the connection behind the last answer; a further request isn't answered.
        case closed
        /// The client ends its side behind the last byte, then the server the connection.
        case endedByClient
    }
}

struct ExpectedAnswer: Sendable {
    let status: Int
    var reason: RejectionReason?
    /// `nil`: any.
    var content: [UInt8]?
    /// Whether content follows the head, as its fields say.
    var hasContent = true
    /// The values of fields; `nil` where there must be no such field.
    var fields: [(name: String, value: String?)] = []
    /// Whether it may be left out.
    var isOptional = false
}

extension ExpectedAnswer: CustomStringConvertible {
    var description: String {
        var words = ["\(status)"]
        if let reason { words.append(reason.rawValue) }
        if let content { words.append("\"\(notation(content))\"") }
        return words.joined(separator: " ")
    }
}
