/// Remembers, for one thread, which child some labels led to: no lock, no hash of strings, no contention.
///
/// Labels are compared as raw memory. Equal bytes are equal labels as long as the remembered copy lives, because that
/// copy keeps the storage of its strings from being changed or used again. Bytes that differ say nothing: such a
/// look-up goes the long way, as it does for strings of more than 15 bytes that are made anew each time.
struct ChildCache: ~Copyable {
    /// Larger labels aren't remembered.
    static let maximumKeySize = 8 * wordsPerKey

    private static let wordsPerKey = 8
    private static let slotBits = 8

    private struct Slot {
        /// The family's identity; 0 in an empty slot.
        var family: UInt64 = 0
        var key = InlineArray<8, UInt64>(repeating: 0)
        var child: AnyObject?
        /// Keeps alive what `key` points to.
        var labels: AnyObject?
        /// The hash that last went by without being remembered.
        var passed: UInt64 = 0
    }

    private let slots: UnsafeMutablePointer<Slot>

    init() {
        slots = .allocate(capacity: 1 << Self.slotBits)
        slots.initialize(repeating: Slot(), count: 1 << Self.slotBits)
    }

    deinit {
        slots.deinitialize(count: 1 << Self.slotBits)
        slots.deallocate()
    }

    /// The child that `remember` was given for this family and these bytes, of which there are at most
    /// ``maximumKeySize``.
    func find(family: UInt64, key: UnsafeRawBufferPointer) -> AnyObject? {
        let slot = slots + Self.index(Self.hash(family, key))
        guard slot.pointee.family == family else { return nil }
        let words = key.count / 8
        for index in 0..<words where slot.pointee.key[index] != Self.word(key, index) { return nil }
        if key.count % 8 != 0, slot.pointee.key[words] != Self.tail(key) { return nil }
        return slot.pointee.child
    }

    /// Whether these bytes should be remembered: the second time in a row that they come by. Labels that are made anew
    /// each time would only push out others.
    func isWorthRemembering(family: UInt64, key: UnsafeRawBufferPointer) -> Bool {
        guard key.count <= Self.maximumKeySize else { return false }
        let hash = Self.hash(family, key)
        let slot = slots + Self.index(hash)
        defer { slot.pointee.passed = hash }
        return slot.pointee.passed == hash
    }

    /// Remembers a child in place of what was in its slot.
    ///
    /// - Parameters:
    ///   - key: the bytes of the copy that `labels` holds, at most ``maximumKeySize``.
    ///   - labels: owns the labels that the bytes are of.
    func remember(_ child: AnyObject, family: UInt64, key: UnsafeRawBufferPointer, owner labels: AnyObject) {
        let slot = slots + Self.index(Self.hash(family, key))
        slot.pointee.family = family
        for index in 0..<key.count / 8 { slot.pointee.key[index] = Self.word(key, index) }
        if key.count % 8 != 0 { slot.pointee.key[key.count / 8] = Self.tail(key) }
        slot.pointee.child = child
        slot.pointee.labels = labels
    }

    private static func hash(_ family: UInt64, _ key: UnsafeRawBufferPointer) -> UInt64 {
        var hash = family
        for index in 0..<key.count / 8 { hash = mix(hash, word(key, index)) }
        return key.count % 8 == 0 ? hash : mix(hash, tail(key))
    }

    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
        return product ^ product >> 32
    }

    private static func index(_ hash: UInt64) -> Int { Int(hash >> (64 - UInt64(slotBits))) }

    private static func word(_ key: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
        key.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
    }

    /// The last bytes, fewer than eight.
    private static func tail(_ key: UnsafeRawBufferPointer) -> UInt64 {
        var tail: UInt64 = 0
        for offset in (key.count & ~7)..<key.count { tail = tail << 8 | UInt64(key[offset]) }
        return tail
    }
}
