package import EventHTTP

/// What reading a part of a request comes to.
package enum Reading<Value> {
    /// More bytes are needed.
    case incomplete
    /// The part, and where it ends.
    case whole(Value, end: Int)
    /// It must be refused, for any of these reasons: more than one may hold for the same line.
    case refused(Set<RejectionReason>)
}

/// The head of a request; all places count from its first byte, the empty line before it included.
package struct Head: Equatable {
    package enum Form { case origin, absolute, asterisk }

    package enum Content: Equatable {
        case length(Int)
        case chunked

        package var isEmpty: Bool { self == .length(0) }
    }

    package var method = HTTPMethod.get
    package var isHTTP11 = true
    package var start = 0
    package var target = 0..<0
    package var form = Form.origin
    package var path = 0..<0
    package var query: Range<Int>?
    package var fields = 0..<0
    package var content = Content.length(0)
    package var closes = false
    package var keepsAlive = false
    package var expectsContinue = false

    package init() {}

    /// RFC 9112 §9.3.
    package var persists: Bool { !closes && (isHTTP11 || keepsAlive) }
}

/// A header field or trailer field, without the blanks around its value.
package struct Field: Equatable {
    package let name: [UInt8]
    package let value: [UInt8]

    package func isNamed(_ name: String) -> Bool { lowercased(self.name) == Array(name.utf8) }
}

package func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
}
