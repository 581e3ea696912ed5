/// What a connection has received and not read yet.
///
/// Bytes are read where they were received, in memory that all connections of a loop share; only what is left at the end
/// of a turn is copied.
struct ReceivedBytes {
    /// Received in this turn. Either these are empty or those from earlier turns.
    private var fresh = Octets(start: nil, count: 0)
    /// Left from earlier turns, the first `offset` of them read.
    private var kept: [UInt8] = []
    private var offset = 0

    var count: Int { fresh.count + kept.count - offset }
    var isEmpty: Bool { count == 0 }

    /// - Parameter bytes: stay where they are until ``keep()`` is called.
    mutating func receive(_ bytes: Octets) {
        guard !kept.isEmpty else {
            fresh = bytes
            return
        }
        kept.removeFirst(offset)
        offset = 0
        kept.append(contentsOf: bytes)
    }

    /// Copies what hasn't been read: the memory where it was received is needed for others.
    mutating func keep() {
        if fresh.isEmpty { return }
        kept = Array(fresh)
        fresh = Octets(start: nil, count: 0)
    }

    func withBytes<R>(_ body: (Octets) throws -> R) rethrows -> R {
        guard fresh.isEmpty else { return try body(fresh) }
        return try kept.withUnsafeBufferPointer { try body(Octets(rebasing: $0[offset...])) }
    }

    mutating func removeFirst(_ count: Int) {
        if !fresh.isEmpty {
            fresh = Octets(rebasing: fresh[count...])
        } else if offset + count < kept.count {
            offset += count
        } else {
            kept = []
            offset = 0
        }
    }

    mutating func removeAll() { self = ReceivedBytes() }
}
