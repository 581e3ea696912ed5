internal import Glibc
internal import Synchronization

/// One place where threads put observations: a ticket and two cells, one of them active.
///
/// The ticket says which cell is active (its top bit) and how many observations have ever begun (the rest), so that one
/// addition both counts an observation and tells it where to go. The observation then adds to the cell's sum, and to
/// its bucket last. A cell whose buckets add up to the observations that were sent to it is therefore complete, sum and
/// all. A reader makes the other cell active and waits for the first to be complete, which only needs the few
/// observations that are under way; from then on nobody writes to it until the next flip.
///
/// A histogram has one stripe until its threads get in each other's way, then one for each core.
struct Stripe: @unchecked Sendable {
    // Sound: the memory is the histogram's, which outlives every use of its stripes; all of it is atomic, and every
    // index is computed from the layout that it was allocated for.
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let bucketCount: Int
    private let secondCell: Int

    private static let cellBit: UInt64 = 1 << 63
    /// The first cell shares a cache line with the ticket.
    private static let firstCell = 1
    /// Within a cell: the bits of the sum, the address of its ``NativeCounts`` or 0, and the buckets.
    private static let sum = 0, native = 1, buckets = 2
    private static let wordsPerLine = 8

    /// - Parameter bucketCount: how many buckets a cell has, +Inf's among them.
    init(bucketCount: Int) {
        self.bucketCount = bucketCount
        let cellSize = Self.buckets + bucketCount
        secondCell = (Self.firstCell + cellSize + Self.wordsPerLine - 1) / Self.wordsPerLine * Self.wordsPerLine
        let count = secondCell + cellSize
        words = UnsafeMutableRawPointer.allocate(byteCount: 8 * count, alignment: 8 * Self.wordsPerLine)
            .bindMemory(to: Atomic<UInt64>.self, capacity: count)
        for index in 0..<count { (words + index).initialize(to: Atomic(0)) }
    }

    /// Frees the memory; nobody may use the stripe any more.
    func deallocate() {
        words.deinitialize(count: secondCell + Self.buckets + bucketCount)
        UnsafeMutableRawPointer(words).deallocate()
    }

    private func cell(_ number: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        words + (number == 0 ? Self.firstCell : secondCell)
    }

    /// What an observation found out on its way.
    struct Passage: OptionSet {
        let rawValue: Int
        /// Another thread was in the way.
        static let collided = Passage(rawValue: 1)
        /// There are more native buckets than before, and too many.
        static let crowded = Passage(rawValue: 2)
    }

    /// Counts a value.
    ///
    /// - Parameter nativeLimit: how many native buckets there may be; 0 when there are none.
    func observe(_ value: Double, bucket: Int, nativeLimit: Int) -> Passage {
        let ticket = words[0].wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
        let cell = cell(ticket & Self.cellBit == 0 ? 0 : 1)
        var passage: Passage = cell[Self.sum].add(double: value) ? [] : .collided
        if nativeLimit > 0,
            let address = UnsafeRawPointer(bitPattern: UInt(cell[Self.native].load(ordering: .relaxed)))
        {
            // Sound: who replaces a cell's counts waits until nobody is in the cell.
            let isCrowded = Unmanaged<NativeCounts>.fromOpaque(address)._withUnsafeGuaranteedRef {
                $0.observe(value, limit: nativeLimit)
            }
            if isCrowded { passage.insert(.crowded) }
        }
        cell[Self.buckets + bucket].wrappingAdd(1, ordering: .releasing)
        return passage
    }

    /// What readers know of a stripe; they come one at a time.
    struct Ledger {
        /// The cell that nobody writes to.
        var resting = 1
        /// The observations ever sent to the resting cell.
        var sentToResting: UInt64 = 0
        /// By cell, the observations that a reset has taken out of it.
        var dropped: [2 of UInt64] = [0, 0]
        /// Keeps the cells' native counts alive.
        var native: [2 of NativeCounts?] = [nil, nil]
    }

    /// Makes the resting cell active, and waits until the other is complete and at rest.
    func flip(_ ledger: inout Ledger) {
        let begun = words[0].wrappingAdd(Self.cellBit, ordering: .acquiringAndReleasing).oldValue
        let sent = begun & ~Self.cellBit - ledger.sentToResting
        ledger.resting = 1 - ledger.resting
        ledger.sentToResting = sent
        while count(in: ledger.resting) + ledger.dropped[ledger.resting] != sent {
            // A writer was stopped in the middle of an observation; let it run.
            sched_yield()
        }
    }

    private func count(in number: Int) -> UInt64 {
        let cell = cell(number)
        var count: UInt64 = 0
        for bucket in 0..<bucketCount { count += cell[Self.buckets + bucket].load(ordering: .acquiring) }
        return count
    }

    /// Adds what the resting cell holds.
    func addResting(_ ledger: borrowing Ledger, sum: inout Double, counts: UnsafeMutablePointer<UInt64>) {
        let cell = cell(ledger.resting)
        sum += Double(bitPattern: cell[Self.sum].load(ordering: .relaxed))
        for bucket in 0..<bucketCount { counts[bucket] += cell[Self.buckets + bucket].load(ordering: .relaxed) }
    }

    /// Empties the resting cell, but for its native counts.
    func clearResting(_ ledger: inout Ledger) -> (count: UInt64, sum: Double) {
        let cell = cell(ledger.resting)
        let cleared = (count(in: ledger.resting), Double(bitPattern: cell[Self.sum].load(ordering: .relaxed)))
        ledger.dropped[ledger.resting] += cleared.0
        cell[Self.sum].store(0, ordering: .relaxed)
        for bucket in 0..<bucketCount { cell[Self.buckets + bucket].store(0, ordering: .relaxed) }
        return cleared
    }

    /// Gives a cell other native counts; it must be at rest, or not in use yet.
    func replaceNative(of number: Int, by counts: NativeCounts, _ ledger: inout Ledger) {
        // Writers come to this cell through a later flip, which releases what is written here.
        cell(number)[Self.native].store(
            UInt64(UInt(bitPattern: Unmanaged.passUnretained(counts).toOpaque())), ordering: .relaxed)
        ledger.native[number] = counts
    }
}
