/// Content that is made piece by piece and leaves without being copied once more: for what is large, and made while the
/// loop has other things to do in between.
///
/// Appending costs an allocation and a copy of the piece; append some 10 KiB or more at once.
public struct ContentPieces: Sendable {
    private(set) var pieces: [Piece] = []
    /// The length of all pieces in bytes.
    public private(set) var count = 0
    private let owner: (any AnyObject & Sendable)?

    /// - Parameter owner: is let go of when all pieces have been sent or their client has left, so that it can tell how
    ///   many there are of them at the same time.
    public init(owner: (any AnyObject & Sendable)? = nil) { self.owner = owner }

    /// Adds a copy of `bytes` at the end.
    public mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        pieces.append(Piece(bytes, owner))
        count += bytes.count
    }

    /// Bytes that stay at one address, so that libevent can send from there.
    // Sound: written once in `init`, freed in `deinit`, read-only in between.
    final class Piece: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer
        private let owner: (any AnyObject & Sendable)?

        fileprivate init(_ source: [UInt8], _ owner: (any AnyObject & Sendable)?) {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 1)
            memory.copyBytes(from: source)
            bytes = UnsafeRawBufferPointer(memory)
            self.owner = owner
        }

        deinit { bytes.deallocate() }
    }
}
