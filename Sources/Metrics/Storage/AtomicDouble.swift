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
    func add(_ amount: Double) { bits.add(double: amount) }
}

extension Atomic where Value == UInt64 {
    /// Adds to the double whose bits these are.
    ///
    /// - Returns: whether no other thread came between.
    @inlinable @discardableResult
    func add(double amount: Double) -> Bool {
        var current = load(ordering: .relaxed)
        var isAlone = true
        while true {
            let next = (Double(bitPattern: current) + amount).bitPattern
            let (exchanged, original) = weakCompareExchange(
                expected: current, desired: next, successOrdering: .relaxed, failureOrdering: .relaxed)
            if exchanged { return isAlone }
            isAlone = false
            current = original
        }
    }
}
