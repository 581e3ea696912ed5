internal import CLibevent

/// Objects that will be touched together.
///
/// With thousands of connections, what one of them needs has been pushed out of the processor's caches when its turn comes.
/// Fetching all of it at once takes little longer than waiting for one piece of it.
struct Footprint {
    // Sound: addresses that are never followed. To fetch what isn't there any more does nothing.
    private let addresses: (UnsafeRawPointer, UnsafeRawPointer, UnsafeRawPointer)

    /// What is looked at of an object.
    private static let bytes = 448

    init(_ first: AnyObject, _ second: AnyObject, _ third: AnyObject) {
        addresses = (Self.address(first), Self.address(second), Self.address(third))
    }

    func prefetch() {
        sightline_prefetch(addresses.0, Self.bytes)
        sightline_prefetch(addresses.1, Self.bytes)
        sightline_prefetch(addresses.2, Self.bytes)
    }

    /// Fetches the task that waits, and the frames of its functions behind it.
    static func prefetch(_ continuation: UnsafeContinuation<Void, any Error>) {
        // Sound: a continuation is the address of its task, which isn't followed either.
        sightline_prefetch(unsafeBitCast(continuation, to: UnsafeRawPointer.self), 1280)
    }

    static func prefetch(_ object: AnyObject) { sightline_prefetch(address(object), bytes) }

    private static func address(_ object: AnyObject) -> UnsafeRawPointer {
        UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque())
    }
}
