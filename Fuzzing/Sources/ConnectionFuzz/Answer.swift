import Reference

/// What a page is expected to answer.
struct Answer {
    enum Content {
        case whole([UInt8])
        /// Written piece by piece; with a length that was said, or without.
        case stream([UInt8], length: Int?)
    }

    var status = 200
    var contentType: String?
    var fields: [(name: String, value: String)] = []
    var content = Content.whole([])
    var trailers: [(name: String, value: String)] = []
    /// It ends in the middle, and the connection with it.
    var isBroken = false
    /// The handler gives up when its client has ended its sending.
    var isCancellable = false
    /// More than a socket takes at once.
    var isLarge = false

    static func text(_ text: String, status: Int = 200) -> Answer {
        Answer(status: status, contentType: "text/plain; charset=utf-8", content: .whole(Array(text.utf8)))
    }

    static func stream(_ text: String, length: Int? = nil) -> Answer {
        Answer(content: .stream(Array(text.utf8), length: length), isCancellable: true)
    }

    static let failed = Answer.text("Internal Server Error\n", status: 500)

    var cancellable: Answer {
        var answer = self
        answer.isCancellable = true
        return answer
    }

    var broken: Answer {
        var answer = self
        answer.isBroken = true
        return answer
    }

    var large: Answer {
        var answer = self
        answer.isLarge = true
        return answer
    }
}
