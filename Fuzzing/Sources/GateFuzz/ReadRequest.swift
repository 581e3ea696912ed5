import Reference

@testable import EventHTTP

/// A request as it was read, by the gate or by the reference.
struct ReadRequest: Equatable {
    /// Where its first byte lies, and where the next request's would.
    var start: Int
    var end: Int
    var head: Head
    var content: [UInt8]
}

/// Everything that was read from a connection.
struct ReadRequests: Equatable {
    var requests: [ReadRequest] = []
    /// Why reading ended; `nil` when more bytes could follow.
    var rejection: RejectionReason?
    /// The byte behind the last one that was needed to say so.
    var end = 0
}

extension Head {
    init(_ head: RequestHead, start: Int) {
        self.init()
        method = head.method
        isHTTP11 = head.isHTTP11
        self.start = start
        target = head.target
        form =
            switch head.form {
            case .origin: .origin
            case .absolute: .absolute
            case .asterisk: .asterisk
            }
        path = head.path
        query = head.query
        fields = head.fields
        content =
            switch head.content {
            case .length(let count): .length(count)
            case .chunked: .chunked
            }
        closes = head.closes
        keepsAlive = head.keepsAlive
        expectsContinue = head.expectsContinue
    }
}
