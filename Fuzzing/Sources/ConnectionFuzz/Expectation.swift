import EventHTTP
import Reference

/// A reply that is expected on a connection.
struct Expectation {
    var statuses: Set<Int>
    /// Status line and fields, without Date; `nil` where only the status is certain.
    var lines: [String]?
    /// `nil` where any is right.
    var content: [UInt8]?
    var trailers: [String] = []
    var isHead = false
    var isBroken = false
    var isCancellable = false
    var isLarge = false
    /// An interim response may precede it.
    var mayContinue = false
    /// The server closes the connection behind it.
    var closes = false
}

/// What a server has to answer to bytes that a client sends.
struct Model {
    let limits: ServerLimits
    let isGuarded: Bool

    private static let router: NaiveRouter = {
        var router = NaiveRouter()
        for page in Page.all {
            let mistake = router.add(page.method, page.template)
            precondition(mistake == nil, "\(page.template): \(mistake!)")
        }
        return router
    }()

    /// The replies to everything that was sent since the connection began.
    func replies(to bytes: [UInt8]) -> [Expectation] {
        var replies: [Expectation] = []
        var offset = 0
        while offset < bytes.count, replies.last?.closes != true, replies.last?.isBroken != true {
            let rest = Array(bytes[offset...])
            switch Reference.head(rest, limits) {
            case .incomplete: return replies
            case .refused(let reasons): replies.append(refusal(reasons))
            case .whole(let (head, fields), let end):
                guard let (reply, length) = reply(to: head, fields, rest, end, number: replies.count + 1) else {
                    return replies
                }
                replies.append(reply)
                offset += end + length
            }
        }
        return replies
    }

    /// - Returns: `nil` while content is missing.
    private func reply(
        to head: Head, _ fields: [Field], _ bytes: [UInt8], _ end: Int, number: Int
    ) -> (Expectation, contentLength: Int)? {
        let bare = SentRequest(head: head, fields: fields, content: [], bytes: bytes, parameters: [:])
        let isLast = limits.requestsPerConnection.map { number >= $0 } ?? false
        func answered(_ answer: Answer, leavesContent: Bool = true) -> Expectation {
            expectation(answer, head, closes: isLast || leavesContent && !head.content.isEmpty)
        }

        var isHeldByGuard = false
        if isGuarded {
            switch GuardPost.verdict(bare.values("x-guard").first) {
            case .admit: break
            case .refuse: return (answered(GuardPost.refusal), 0)
            case .fail: return (answered(.failed), 0)
            case .hold: isHeldByGuard = true
            }
        }
        func held(_ expectation: Expectation) -> Expectation {
            var expectation = expectation
            if isHeldByGuard { expectation.isCancellable = true }
            return expectation
        }

        if head.form == .asterisk {
            let methods = HTTPMethod.allCases.map(\.rawValue).joined(separator: ", ")
            return (held(answered(Answer(status: 204, fields: [("Allow", methods)]))), 0)
        }
        switch Self.router.match(head.method, bare.path) {
        case .notFound: return (held(answered(.text("Not Found\n", status: 404))), 0)
        case .wrongMethod(_, let allow):
            var answer = Answer.text("Method Not Allowed\n", status: 405)
            answer.fields = [("Allow", allow.map(\.rawValue).joined(separator: ", "))]
            return (held(answered(answer)), 0)
        case .found(let route, let names, let values):
            let content: [UInt8]
            let length: Int
            switch Reference.content(Array(bytes[end...]), head.content, limits) {
            case .incomplete: return nil
            case .refused(let reasons):
                var refusal = held(refusal(reasons))
                refusal.mayContinue = head.expectsContinue
                return (refusal, 0)
            case .whole(let whole, let end): (content, length) = (whole, end)
            }
            let request = SentRequest(
                head: head, fields: fields, content: content, bytes: bytes,
                parameters: Dictionary(uniqueKeysWithValues: zip(names, values)))
            var reply = held(answered(Page.all[route].answer(request), leavesContent: false))
            reply.mayContinue = head.expectsContinue && !head.content.isEmpty
            return (reply, length)
        }
    }

    private func refusal(_ reasons: Set<RejectionReason>) -> Expectation {
        Expectation(statuses: Set(reasons.map(\.status.code)), closes: true)
    }

    private func expectation(_ answer: Answer, _ head: Head, closes: Bool) -> Expectation {
        var closes = closes || !head.persists
        let isHead = head.method == .head
        let hasContent = ![204, 304].contains(answer.status)
        var lines = ["HTTP/1.1 \(HTTPStatus(answer.status).code) \(HTTPStatus(answer.status).reason)"]
        if let contentType = answer.contentType { lines.append("Content-Type: \(contentType)") }
        lines += answer.fields.map { "\($0.name): \($0.value)" }
        var content: [UInt8]
        var isChunked = false
        switch answer.content {
        case .whole(let bytes):
            content = bytes
            if hasContent { lines.append("Content-Length: \(bytes.count)") }
        case .stream(let bytes, let length?):
            content = bytes
            lines.append("Content-Length: \(length)")
        case .stream(let bytes, nil):
            content = bytes
            isChunked = head.isHTTP11
            if isChunked { lines.append("Transfer-Encoding: chunked") } else { closes = true }
        }
        if closes {
            lines.append("Connection: close")
        } else if !head.isHTTP11 {
            lines.append("Connection: keep-alive")
        }
        if isHead || !hasContent { content = [] }
        return Expectation(
            statuses: [answer.status], lines: lines, content: content,
            trailers: isChunked && !isHead ? answer.trailers.map { "\($0.name): \($0.value)" } : [], isHead: isHead,
            isBroken: answer.isBroken && !isHead, isCancellable: answer.isCancellable, isLarge: answer.isLarge,
            closes: closes)
    }
}
