public import Synchronization

/// A double that many threads change at once without a lock: its bits in an atomic integer.
@usableFromInline
struct AtomicDouble: ~Copyable, Sendable {
    @usableFromInline
    let bits: Atomic<UInt64>

    @inlinable
    init(_ value: Double) { bits = Atomic(value.bitPattern) }

    @inlinable
    func load() -> Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    @inlinable
    func store(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    @inlinable
    func add(_ amount: Double) {
        var current = bits.load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: current) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(
                expected: current, desired: next, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }
}
