internal import CLibevent

/// Begins to load what will soon be needed into the processor's caches.
///
/// With thousands of connections, everything that one of them needs has been pushed out of the caches when its turn comes.
/// To fetch all of it at once takes little longer than to wait for one piece. To count a reference would be to wait: so
/// objects are told by their addresses.
// Sound: addresses that aren't followed, and needn't be those of anything.
enum Prefetch {
    static func object(at address: UnsafeRawPointer) { sightline_prefetch(address, 448) }

    static func address(of object: AnyObject) -> UnsafeRawPointer {
        UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque())
    }

    /// The task that waits, and the frames of its functions behind it.
    static func task(of continuation: UnsafeContinuation<Void, any Error>) {
        // A continuation is its task's address.
        sightline_prefetch(unsafeBitCast(continuation, to: UnsafeRawPointer.self), 1280)
    }
}
