package import Synchronization

/// An object that is made when it is needed first, by whichever thread is first; read without a lock.
///
/// As the standard library's AtomicLazyReference, which isn't specialised and therefore costs 50 ns to read.
package struct LazyReference<Object: AnyObject & Sendable>: ~Copyable, Sendable {
    @usableFromInline
    let address = Atomic<UInt>(0)

    @inlinable
    package init() {}

    deinit {
        // Sound: the address is that of an object retained below, or 0.
        guard let pointer = UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring)) else { return }
        Unmanaged<Object>.fromOpaque(pointer).release()
    }

    /// The object, if it was made.
    @inlinable
    package func load() -> Object? {
        // Sound: the object lives until this value is destroyed, which nobody who is reading it can do.
        guard let pointer = UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring)) else { return nil }
        return Unmanaged<Object>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Lets `body` have the object, if it was made, without counting a reference to it.
    @inlinable
    package func withObject<Result>(_ body: (Object) -> Result) -> Result? {
        // Sound: as in `load`, and this value is borrowed until `body` has ended.
        guard let pointer = UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring)) else { return nil }
        return Unmanaged<Object>.fromOpaque(pointer)._withUnsafeGuaranteedRef(body)
    }

    /// Stores an object unless there is one.
    ///
    /// - Returns: the one that is there now.
    package func storeIfNil(_ object: Object) -> Object {
        let retained = Unmanaged.passRetained(object)
        let (stored, _) = address.compareExchange(
            expected: 0, desired: UInt(bitPattern: retained.toOpaque()), ordering: .acquiringAndReleasing)
        if stored { return object }
        retained.release()
        return load() ?? object
    }
}
