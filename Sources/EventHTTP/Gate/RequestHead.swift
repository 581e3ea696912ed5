/// What the gate has found in the head of a request: where its parts are, counted from the head's first byte, and how its
/// content is framed.
struct RequestHead {
    var method = HTTPMethod.get
    var isHTTP11 = true
    var target = 0..<0
    var form = TargetForm.origin
    /// Empty for `*`, and where an absolute target names no path, which then is `/`.
    var path = 0..<0
    /// What follows the `?`.
    var query: Range<Int>?
    /// The lines of the header fields, CRLFs included, without the empty line behind them.
    var fields = 0..<0
    var content = ContentFraming.length(0)
    /// Whether Connection lists the option `close`.
    var closes = false
    /// Whether Connection lists the option `keep-alive`.
    var keepsAlive = false
    var expectsContinue = false

    /// Whether the client wants to go on with this connection (RFC 9112 §9.3).
    var persists: Bool { !closes && (isHTTP11 || keepsAlive) }
}

/// The form of a request target (RFC 9112 §3.2); authority-form belongs to CONNECT, which isn't served.
enum TargetForm {
    case origin, absolute, asterisk
}

/// How a request's content is delimited (RFC 9112 §6).
enum ContentFraming: Equatable {
    case length(Int)
    case chunked

    var isEmpty: Bool { self == .length(0) }
}
