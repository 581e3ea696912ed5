internal import CLibevent
internal import Glibc

/// Threads that nobody waits for.
package enum DetachedThread {
    private final class Work: Sendable {
        let name: String?
        let run: @Sendable () -> Void

        init(_ name: String?, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Runs `body` on a thread of its own, which ends with it.
    ///
    /// - Parameter name: what debuggers call the thread, 15 bytes of it; `nil` for the name of the thread that starts it.
    /// - Returns: 0, or the errno that says why there is no thread; `body` was then let go of without being run.
    package static func start(name: String? = nil, _ body: @escaping @Sendable () -> Void) -> Int32 {
        let work = Unmanaged.passRetained(Work(name, body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { raw in
                // Sound: retained above for this one use.
                let work = Unmanaged<Work>.fromOpaque(raw!).takeRetainedValue()
                if let name = work.name { sightline_name_thread(name) }
                work.run()
                return nil
            }, work.toOpaque())
        if code == 0 { pthread_detach(thread) } else { work.release() }
        return code
    }
}
