internal import Synchronization

/// What threads remember a family's children by: a number that no other family has, and another one after each removal.
@usableFromInline
final class FamilyIdentity: Sendable {
    private let number = Atomic<UInt64>(FamilyIdentity.next())

    private static let last = Atomic<UInt64>(0)

    private static func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }

    init() {}

    @usableFromInline
    var current: UInt64 { number.load(ordering: .relaxed) }

    /// Makes all threads forget the family's children.
    func renew() { number.store(Self.next(), ordering: .relaxed) }

    /// Whether the calling thread should remember the child for the labels with these bytes, which it didn't find.
    @usableFromInline
    static func isWorthRemembering(_ key: UnsafeRawBufferPointer, _ identity: UInt64) -> Bool {
        ThreadState.current.pointee.children.isWorthRemembering(family: identity, key: key)
    }

    /// The child that the calling thread remembers for the labels with these bytes.
    @usableFromInline
    func find(_ key: UnsafeRawBufferPointer) -> AnyObject? {
        guard key.count <= ChildCache.maximumKeySize else { return nil }
        return ThreadState.current.pointee.children.find(family: current, key: key)
    }
}
