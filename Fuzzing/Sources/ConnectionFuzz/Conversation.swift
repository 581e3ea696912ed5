import EventHTTP
import FuzzSupport

/// A client on one connection, and what it makes of the replies.
final class Conversation {
    private let server: FuzzedServer
    private let client: Client
    /// The server may have refused the connection, because there are others.
    private let mayBeRefused: Bool
    private var replies: [ReceivedReply] = []
    /// Where the next reply begins.
    private var position = 0
    /// How many replies had been received when the client ended its sending.
    private var repliesBeforeEnd: Int?

    /// What the model says, and of how many bytes.
    private var modelled: (count: Int, replies: [Expectation]) = (0, [])

    /// Of a connection too many.
    private static let refusal = Expectation(statuses: [503], closes: true)

    init(with server: FuzzedServer, mayBeRefused: Bool) {
        self.server = server
        self.mayBeRefused = mayBeRefused
        client = server.connect()
    }

    /// The replies to what was sent so far.
    private var expected: [Expectation] {
        if modelled.count != client.sent.count {
            modelled = (client.sent.count, server.model.replies(to: client.sent))
        }
        return modelled.replies
    }

    func send(_ bytes: [UInt8]) { client.send(bytes) }
    func waitUntilTaken() { client.waitUntilTaken() }
    func receiveAvailable() { client.receiveAvailable() }
    func resetWhenGone() { client.resetWhenGone() }

    func endSending() {
        if repliesBeforeEnd == nil {
            client.receiveAvailable()
            read(expecting: expected)
            repliesBeforeEnd = replies.count
        }
        client.endSending()
    }

    /// Receives every reply to what was sent so far.
    func awaitReplies() {
        let expected = expected
        client.receive("\(expected.count) replies") {
            read(expecting: expected)
            return replies.count >= expected.count
        }
    }

    /// Brings the conversation to its end, and checks everything that was received.
    func finish() {
        if repliesBeforeEnd == nil { awaitReplies() }
        let expected = expected
        // The server has to close by itself where it has said so.
        if expected.last?.closes != true && expected.last?.isBroken != true { endSending() }
        client.receiveToEnd()
        read(expecting: expected)
        check(expected)
    }

    private func read(expecting expected: [Expectation]) {
        let isRefused = mayBeRefused && client.received.starts(with: "HTTP/1.1 503 ".utf8)
        let expected = isRefused ? [Self.refusal] : expected
        while replies.count < expected.count {
            var reader = ReplyReader(client.received, from: position, hasEnded: client.serverHasEnded)
            let reply = reader.read(toHead: expected[replies.count].isHead)
            guard let end = reply.end else { return }
            position = end
            replies.append(reply)
        }
    }

    private func check(_ expected: [Expectation]) {
        let expected = mayBeRefused && replies.first?.status == 503 ? [Self.refusal] : expected
        for (index, reply) in replies.enumerated() {
            if server.isHasty, reply.status == 408 { return checkNothingFollows() }
            check(reply, expected[index], index)
        }
        if replies.count == expected.count {
            if server.isHasty, position < client.received.count {
                var reader = ReplyReader(client.received, from: position, hasEnded: true)
                require(reader.read(toHead: false).status == 408, "more than was asked for")
                return
            }
            return checkNothingFollows()
        }
        let missing = expected[replies.count]
        let wasCancelled = missing.isCancellable && repliesBeforeEnd.map { replies.count >= $0 } ?? false
        let isTooLarge = missing.isLarge && server.model.limits.unsentBytes < 1 << 20
        require(
            missing.isBroken || wasCancelled || isTooLarge || server.isHasty, "reply \(replies.count) is missing")
        checkBeginning(of: missing)
    }

    private func check(_ reply: ReceivedReply, _ expected: Expectation, _ index: Int) {
        require(
            expected.statuses.contains(reply.status), "reply \(index) is \(reply.status), expected \(expected.statuses)")
        require(reply.interim <= (expected.mayContinue ? 1 : 0), "there are interim replies before reply \(index)")
        if let lines = expected.lines {
            require(reply.lines == lines, "reply \(index): \(reply.lines), expected \(lines)")
        }
        if let content = expected.content {
            require(
                reply.content == content,
                "reply \(index) has the content \(visible(reply.content)), expected \(visible(content))")
        }
        require(reply.trailers == expected.trailers, "reply \(index) has the trailers \(reply.trailers)")
        if expected.closes {
            require(reply.lines.contains("Connection: close"), "reply \(index) doesn't say that it is the last")
        }
        // Whoever reads until the end of the connection can't tell.
        require(!expected.isBroken || expected.closes, "reply \(index) should be broken")
    }

    /// Part of a reply has to be one of the right reply.
    private func checkBeginning(of expected: Expectation) {
        var reader = ReplyReader(client.received, from: position, hasEnded: true)
        let part = reader.read(toHead: expected.isHead)
        if part.status == 0 || server.isHasty && part.status == 408 { return }
        require(expected.statuses.contains(part.status), "part of a reply is \(part.status)")
        if let content = expected.content { require(content.starts(with: part.content), "part of a reply is wrong") }
    }

    private func checkNothingFollows() {
        require(position == client.received.count, "something follows the last reply")
    }

    private func require(_ condition: Bool, _ text: @autoclosure () -> String) {
        FuzzSupport.check(
            condition,
            """
            \(text())
              sent     \(visible(client.sent))
              received \(visible(client.received))
            """)
    }
}
