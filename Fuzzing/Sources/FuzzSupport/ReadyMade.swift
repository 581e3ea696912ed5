/// Puts ready-made pieces into bytes, each where 0xFE and the piece's number stand: what is made up byte by byte is seldom
/// whole.
public struct ReadyMade: Sendable {
    private let pieces: [[UInt8]]

    public init(_ pieces: [String]) { self.pieces = pieces.map { Array($0.utf8) } }

    /// The piece of a number; there is one for every byte.
    public subscript(_ number: UInt8) -> [UInt8] { pieces[Int(number) % pieces.count] }

    public func expand(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var expanded: [UInt8] = []
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            if byte == 0xFE { expanded += self[iterator.next() ?? 0] } else { expanded.append(byte) }
        }
        return expanded
    }
}
