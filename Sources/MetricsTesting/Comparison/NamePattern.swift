/// A name, or a part of one with `*` for the rest.
struct NamePattern {
    private let text: ArraySlice<UInt8>
    private let isOpenAtStart: Bool
    private let isOpenAtEnd: Bool

    init(_ pattern: String) {
        let star = UInt8(ascii: "*")
        let bytes = ArraySlice(pattern.utf8)
        isOpenAtStart = bytes.first == star
        isOpenAtEnd = bytes.last == star
        text = bytes.dropFirst(isOpenAtStart ? 1 : 0).dropLast(isOpenAtEnd ? 1 : 0)
    }

    func matches(_ name: String) -> Bool {
        let name = Array(name.utf8)
        guard name.count >= text.count else { return false }
        let last = name.count - text.count
        let starts = isOpenAtStart ? (isOpenAtEnd ? 0...last : last...last) : 0...0
        return starts.contains { start in
            (isOpenAtEnd || start == last) && name[start..<start + text.count].elementsEqual(text)
        }
    }
}
