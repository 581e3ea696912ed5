/// Remembers, for one thread, which child some labels led to: no lock, no hash of strings, no contention.
///
/// Labels are compared as raw memory. Equal bytes are equal labels as long as the remembered copy lives, because that
/// copy keeps the storage of its strings from being changed or used again. Bytes that differ say nothing: such a
/// look-up goes the long way, as it does for strings of more than 15 bytes that are made anew each time.
struct ChildCache: ~Copyable {
    /// Larger labels aren't remembered.
    static let maximumKeySize = 64

    /// Sets of two slots.
    private static let setBits = 7

    private struct Slot {
        /// The family's identity; 0 in an empty slot.
        var family: UInt64 = 0
        var key = InlineArray<8, UInt64>(repeating: 0)
        var child: AnyObject?
        /// Keeps alive what `key` points to.
        var labels: AnyObject?
        /// How many labels went by that could have been here.
        var passes = 0
        /// How many of them have to before one takes the place: more for each time that what was here wasn't asked for
        /// again, as it happens when labels are made anew each time.
        var patience = 1
        var wasFound = false
    }

    private let slots: UnsafeMutablePointer<Slot>
    private static let slotCount = 2 << setBits

    init() {
        slots = .allocate(capacity: Self.slotCount)
        slots.initialize(repeating: Slot(), count: Self.slotCount)
    }

    deinit {
        slots.deinitialize(count: Self.slotCount)
        slots.deallocate()
    }

    /// The child that was remembered for this family and these bytes, of which there are at most ``maximumKeySize``.
    func find(family: UInt64, key: UnsafeRawBufferPointer) -> AnyObject? {
        let first = slots + Self.index(Self.hash(family, key))
        if Self.matches(first, family, key) { return Self.found(first) }
        if Self.matches(first + 1, family, key) { return Self.found(first + 1) }
        return nil
    }

    private static func matches(
        _ slot: UnsafeMutablePointer<Slot>, _ family: UInt64, _ key: UnsafeRawBufferPointer
    ) -> Bool {
        guard slot.pointee.family == family else { return false }
        let words = key.count / 8
        for index in 0..<words where slot.pointee.key[index] != word(key, index) { return false }
        return key.count % 8 == 0 || slot.pointee.key[words] == tail(key)
    }

    private static func found(_ slot: UnsafeMutablePointer<Slot>) -> AnyObject? {
        slot.pointee.wasFound = true
        return slot.pointee.child
    }

    /// Whether these bytes, which weren't found, should be remembered from now on.
    func isWorthRemembering(family: UInt64, key: UnsafeRawBufferPointer) -> Bool {
        guard key.count <= Self.maximumKeySize else { return false }
        let slot = Self.older(slots + Self.index(Self.hash(family, key)))
        slot.pointee.passes += 1
        return slot.pointee.family == 0 || slot.pointee.passes > slot.pointee.patience
    }

    /// Remembers a child in place of what was in its slot.
    ///
    /// - Parameters:
    ///   - key: the bytes of the copy that `labels` holds, at most ``maximumKeySize``.
    ///   - labels: owns the labels that the bytes are of.
    func remember(_ child: AnyObject, family: UInt64, key: UnsafeRawBufferPointer, owner labels: AnyObject) {
        let slot = Self.older(slots + Self.index(Self.hash(family, key)))
        let wasUseful = slot.pointee.wasFound || slot.pointee.family == 0
        slot.pointee.patience = wasUseful ? 1 : min(1024, 2 * slot.pointee.patience)
        slot.pointee.passes = 0
        slot.pointee.wasFound = false
        slot.pointee.family = family
        for index in 0..<key.count / 8 { slot.pointee.key[index] = Self.word(key, index) }
        if key.count % 8 != 0 { slot.pointee.key[key.count / 8] = Self.tail(key) }
        slot.pointee.child = child
        slot.pointee.labels = labels
    }

    /// The slot of a set that is to be used next: an empty one, or the one that is of less use.
    private static func older(_ first: UnsafeMutablePointer<Slot>) -> UnsafeMutablePointer<Slot> {
        first.pointee.family != 0 && first.pointee.wasFound ? first + 1 : first
    }

    /// Multiplies each word by an odd number of its own, which all processors do for several words at once.
    private static func hash(_ family: UInt64, _ key: UnsafeRawBufferPointer) -> UInt64 {
        var factor: UInt64 = 0x9E37_79B9_7F4A_7C15
        var hash = family &* factor
        for index in 0..<key.count / 8 {
            factor &+= 0xD1B5_4A32_D192_ED02
            hash &+= word(key, index) &* factor
        }
        return key.count % 8 == 0 ? hash : hash &+ tail(key) &* (factor &+ 0xD1B5_4A32_D192_ED02)
    }

    /// The first slot of a hash's set.
    private static func index(_ hash: UInt64) -> Int { 2 * Int(hash >> (64 - UInt64(setBits))) }

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
