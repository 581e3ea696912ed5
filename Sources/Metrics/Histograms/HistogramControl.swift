internal import Synchronization

/// What is done to a histogram as a whole, one thread at a time: reading it, and keeping its native buckets within
/// their limits. Observations go on meanwhile.
struct HistogramControl {
    private var stripes: [Stripe]
    private var ledgers: [Stripe.Ledger]
    private let bucketCount: Int
    private let options: HistogramOptions
    private var directory: NativeDirectory?
    /// When counting began, in seconds since the Unix epoch.
    private var created: Double
    /// The same on the coarse clock.
    private var begunAt: UInt64
    /// Kept for the next read, so that it allocates nothing.
    private var slotCounts: [UInt64] = []
    private var slotOrder = SlotOrder()

    init(options: HistogramOptions, first: Stripe) {
        stripes = [first]
        ledgers = [Stripe.Ledger()]
        bucketCount = options.buckets.bounds.count + 1
        self.options = options
        created = Clocks.epochSeconds()
        begunAt = Clocks.coarseNanoseconds()
        if let native {
            directory = NativeDirectory(
                scale: .of(schema: native.schema), zeroThreshold: native.zeroThreshold)
            equip(0)
        }
    }

    private var native: NativeBuckets? { options.native }

    /// Gives both cells of a new stripe their native counts.
    private mutating func equip(_ index: Int) {
        guard let directory else { return }
        for cell in 0...1 {
            stripes[index].replaceNative(of: cell, by: NativeCounts(directory: directory), &ledgers[index])
        }
    }

    mutating func addStripes(_ count: Int) -> [Stripe] {
        for _ in 0..<count {
            stripes.append(Stripe(bucketCount: bucketCount))
            ledgers.append(Stripe.Ledger())
            equip(stripes.count - 1)
        }
        return Array(stripes.suffix(count))
    }

    /// Frees the stripes.
    func deallocate() {
        for stripe in stripes { stripe.deallocate() }
    }

    // MARK: Keeping native buckets within their limits

    /// Brings the number of native buckets within its limit, in the order that the specification gives: start anew,
    /// widen the zero bucket, halve the resolution. Makes room in the table when it is crowded.
    ///
    /// - Returns: whether the histogram was started anew.
    mutating func tidy() -> Bool {
        guard let native else { return false }
        while let directory {
            let populated = directory.populated.load(ordering: .relaxed)
            if populated > native.maximumCount {
                if mayReset(native) {
                    reset()
                    return true
                }
                if let wider = widerThreshold(directory, native) {
                    replaceDirectory(scale: directory.scale, zeroThreshold: wider, capacity: directory.capacity)
                    continue
                }
                if directory.scale.schema > -4 {
                    replaceDirectory(
                        scale: .of(schema: directory.scale.schema - 1), zeroThreshold: directory.zeroThreshold,
                        capacity: directory.capacity)
                    continue
                }
            }
            guard directory.isCrowded else { break }
            replaceDirectory(
                scale: directory.scale, zeroThreshold: directory.zeroThreshold, capacity: 2 * directory.capacity)
        }
        return false
    }

    private func mayReset(_ native: NativeBuckets) -> Bool {
        guard let interval = native.minimumResetInterval else { return false }
        return Clocks.coarseNanoseconds() - begunAt >= interval.clampedNanoseconds
    }

    /// The upper bound of the buckets next to zero; `nil` when it is beyond what zero may take in.
    private func widerThreshold(_ directory: NativeDirectory, _ native: NativeBuckets) -> Double? {
        guard directory.zeroThreshold < native.maximumZeroThreshold else { return nil }
        let indices = (0..<directory.capacity).lazy.compactMap { directory.bucket(in: $0)?.index }
        guard let smallest = indices.min() else { return nil }
        let bound = directory.scale.upperBound(smallest)
        return bound <= native.maximumZeroThreshold ? bound : nil
    }

    /// Starts anew, with the resolution that was asked for.
    ///
    /// - Returns: what has been dropped.
    @discardableResult
    mutating func reset() -> (count: UInt64, sum: Double) {
        directory = native.map { NativeDirectory(scale: .of(schema: $0.schema), zeroThreshold: $0.zeroThreshold) }
        var dropped: (count: UInt64, sum: Double) = (0, 0)
        for index in stripes.indices {
            for _ in 0...1 {
                stripes[index].flip(&ledgers[index])
                let cleared = stripes[index].clearResting(&ledgers[index])
                dropped.count += cleared.count
                dropped.sum += cleared.sum
                guard let directory else { continue }
                stripes[index].replaceNative(
                    of: ledgers[index].resting, by: NativeCounts(directory: directory), &ledgers[index])
            }
        }
        created = Clocks.epochSeconds()
        begunAt = Clocks.coarseNanoseconds()
        return dropped
    }

    /// Moves all native counts to a new directory, one cell after the other while it is at rest.
    private mutating func replaceDirectory(scale: NativeScale, zeroThreshold: Double, capacity: Int) {
        let fresh = NativeDirectory(scale: scale, zeroThreshold: zeroThreshold, capacity: capacity)
        directory = fresh
        for index in stripes.indices {
            for _ in 0...1 {
                stripes[index].flip(&ledgers[index])
                let resting = ledgers[index].resting
                let counts = NativeCounts(directory: fresh)
                ledgers[index].native[resting]?.move(to: counts)
                stripes[index].replaceNative(of: resting, by: counts, &ledgers[index])
            }
        }
    }

    // MARK: Reading

    /// Writes a record: when counting began, the sum, the counts of the classic buckets, and the native ones.
    mutating func write(into snapshot: inout SnapshotBuilder) {
        let start = snapshot.count
        repeat {
            _ = tidy()
            snapshot.truncate(to: start)
        } while !tryWrite(into: &snapshot)
        // What was lost in resolution comes back as soon as starting anew is allowed; now, nothing is lost by it.
        if let native, let directory, mayReset(native),
            directory.scale.schema != native.schema || directory.zeroThreshold != native.zeroThreshold
        {
            reset()
        }
    }

    /// - Returns: whether native buckets have stayed within what the table can show.
    private mutating func tryWrite(into snapshot: inout SnapshotBuilder) -> Bool {
        snapshot.append(created)
        let counts = snapshot.appendZeros(1 + bucketCount)
        var sum = 0.0
        var zero: UInt64 = 0
        if let directory, slotCounts.count != directory.capacity {
            slotCounts = Array(repeating: 0, count: directory.capacity)
        }
        for slot in slotCounts.indices { slotCounts[slot] = 0 }
        for index in stripes.indices {
            for pass in 0...1 {
                if pass == 1 { stripes[index].flip(&ledgers[index]) }
                stripes[index].addResting(ledgers[index], sum: &sum, counts: counts + 1)
                guard let native = ledgers[index].native[ledgers[index].resting] else { continue }
                if native.hasSpilled { return false }
                zero += native.zero.load(ordering: .relaxed)
                for slot in slotCounts.indices { slotCounts[slot] += native.count(in: slot) }
            }
        }
        counts[0] = sum.bitPattern
        guard let directory else { return true }
        slotOrder.update(directory)
        let header = snapshot.appendNativeHeader(
            schema: directory.scale.schema, zeroThreshold: directory.zeroThreshold, zeroCount: zero)
        var written: [2 of UInt64] = [0, 0]
        for slot in slotOrder.slots where slotCounts[slot] > 0 {
            guard let bucket = directory.bucket(in: slot) else { continue }
            snapshot.appendNativeBucket(index: bucket.index, count: slotCounts[slot])
            written[bucket.isNegative ? 1 : 0] += 1
        }
        snapshot.set(header, written[0])
        snapshot.set(header + 1, written[1])
        return true
    }

    /// The taken slots of a directory in the order of exposition: positive buckets, then negative ones, each by index.
    private struct SlotOrder {
        private(set) var slots: [Int] = []
        private var directory: NativeDirectory?

        mutating func update(_ current: NativeDirectory) {
            guard directory !== current || slots.count != current.populated.load(ordering: .relaxed) else { return }
            directory = current
            let buckets = (0..<current.capacity).compactMap { slot in current.bucket(in: slot).map { (slot, $0) } }
            slots = buckets.sorted { ($0.1.isNegative ? 1 : 0, $0.1.index) < ($1.1.isNegative ? 1 : 0, $1.1.index) }
                .map(\.0)
        }
    }
}
