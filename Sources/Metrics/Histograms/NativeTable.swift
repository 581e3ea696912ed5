internal import Synchronization

/// Which native buckets exist: a hash table that only grows, shared by all cells of a histogram.
///
/// A bucket that is met for the first time claims a slot with one compare-and-exchange; from then on it is found
/// without writing. What is fixed here (resolution, zero threshold, capacity) changes by making another directory, see
/// ``Histogram``.
final class NativeDirectory: Sendable {
    let scale: NativeScale
    let zeroThreshold: Double
    let capacity: Int
    /// By slot, the bucket's key; 0 while the slot is free.
    private let keys: AtomicWords
    /// How many slots are taken.
    let populated = Atomic<Int>(0)

    static let initialCapacity = 32

    /// - Parameter capacity: a power of two.
    init(scale: NativeScale, zeroThreshold: Double, capacity: Int = NativeDirectory.initialCapacity) {
        self.scale = scale
        self.zeroThreshold = zeroThreshold
        self.capacity = capacity
        keys = AtomicWords(count: capacity)
    }

    /// Whether probing has become long, or soon will.
    var isCrowded: Bool { populated.load(ordering: .relaxed) > capacity / 2 }

    /// The slot of a bucket, and whether it is new; `nil` when all slots are taken.
    func slot(of bucket: NativeBucket) -> (slot: Int, isNew: Bool)? {
        let key = bucket.key
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (capacity - 1)
        for _ in 0..<capacity {
            var found = keys.words[slot].load(ordering: .relaxed)
            if found == 0 {
                let (claimed, original) = keys.words[slot].compareExchange(
                    expected: 0, desired: key, ordering: .relaxed)
                if claimed {
                    populated.wrappingAdd(1, ordering: .relaxed)
                    return (slot, true)
                }
                found = original
            }
            if found == key { return (slot, false) }
            slot = (slot + 1) & (capacity - 1)
        }
        return nil
    }

    func bucket(in slot: Int) -> NativeBucket? {
        let key = keys.words[slot].load(ordering: .relaxed)
        return key == 0 ? nil : NativeBucket(key: key)
    }
}

/// A native bucket: its index on the scale, and the sign of what it holds.
struct NativeBucket: Hashable {
    let index: Int
    let isNegative: Bool

    init(index: Int, isNegative: Bool) {
        self.index = index
        self.isNegative = isNegative
    }

    init(key: UInt64) {
        index = Int(Int64(bitPattern: key) >> 2)
        isNegative = key & 2 != 0
    }

    /// Never 0.
    var key: UInt64 { UInt64(bitPattern: Int64(index)) << 2 | (isNegative ? 2 : 0) | 1 }

    /// The bucket that holds this one's observations on the next coarser scale.
    var halved: NativeBucket { NativeBucket(index: (index + 1) >> 1, isNegative: isNegative) }
}

/// The native observations of one cell.
final class NativeCounts: Sendable {
    let directory: NativeDirectory
    let zero = Atomic<UInt64>(0)
    private let slots: AtomicWords
    /// What came while the directory was full and about to be replaced.
    private let spilled = Mutex<[NativeBucket: UInt64]>([:])

    init(directory: NativeDirectory) {
        self.directory = directory
        slots = AtomicWords(count: directory.capacity)
    }

    /// Counts a value; NaN has no bucket.
    ///
    /// - Returns: whether this made a bucket, and there are more than `limit` now or the directory is crowded.
    func observe(_ value: Double, limit: Int) -> Bool {
        let magnitude = value.magnitude
        if magnitude <= directory.zeroThreshold {
            zero.wrappingAdd(1, ordering: .relaxed)
            return false
        }
        if value.isNaN { return false }
        let index = directory.scale.index(of: magnitude)
        let isNew = add(1, to: NativeBucket(index: index, isNegative: value.sign == .minus))
        return isNew && (directory.isCrowded || directory.populated.load(ordering: .relaxed) > limit)
    }

    /// - Returns: whether the directory has one bucket more, or has no room for it.
    @discardableResult
    private func add(_ count: UInt64, to bucket: NativeBucket) -> Bool {
        if let (slot, isNew) = directory.slot(of: bucket) {
            slots.words[slot].wrappingAdd(count, ordering: .releasing)
            return isNew
        }
        spilled.withLock { $0[bucket, default: 0] += count }
        return true
    }

    func count(in slot: Int) -> UInt64 { slots.words[slot].load(ordering: .acquiring) }

    /// Whether some observations are in no slot.
    var hasSpilled: Bool { spilled.withLock { !$0.isEmpty } }

    /// Adds everything to counts whose directory is coarser, larger or takes in more as zero; nobody may be writing to
    /// these.
    func move(to other: NativeCounts) {
        other.zero.wrappingAdd(zero.load(ordering: .relaxed), ordering: .relaxed)
        for slot in 0..<directory.capacity {
            let count = count(in: slot)
            if count > 0, let bucket = directory.bucket(in: slot) { other.take(count, of: bucket, from: directory) }
        }
        for (bucket, count) in spilled.withLock({ $0 }) { other.take(count, of: bucket, from: directory) }
    }

    private func take(_ count: UInt64, of bucket: NativeBucket, from source: NativeDirectory) {
        var bucket = bucket
        for _ in 0..<(source.scale.schema - directory.scale.schema) { bucket = bucket.halved }
        if directory.scale.upperBound(bucket.index) <= directory.zeroThreshold {
            zero.wrappingAdd(count, ordering: .relaxed)
        } else {
            add(count, to: bucket)
        }
    }
}
