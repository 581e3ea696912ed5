/// A string that is equal to another only if their bytes are, as Prometheus compares them. Swift's own comparison takes
/// `é` in one code point and in two for the same.
struct ExactString: Hashable, Comparable {
    let string: String

    init(_ string: String) { self.string = string }

    static func == (one: ExactString, other: ExactString) -> Bool {
        guard one.string == other.string else { return false }
        // Most are ASCII, where Swift's comparison is one of bytes, and far faster than the other in a debug build.
        if one.string.utf8Span.isKnownASCII, other.string.utf8Span.isKnownASCII { return true }
        return one.string.utf8.elementsEqual(other.string.utf8)
    }

    static func < (one: ExactString, other: ExactString) -> Bool {
        one.string.utf8.lexicographicallyPrecedes(other.string.utf8)
    }
}
