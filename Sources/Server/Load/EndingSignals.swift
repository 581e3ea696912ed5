internal import Glibc

/// Waits for the signals that end the process, so that they don't end it on their own.
struct EndingSignals {
    private var set = sigset_t()

    /// Blocks them for this thread and all that it starts from now on.
    init() {
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Whether one comes before the time is over; returns at once when it does.
    func come(within time: Duration) -> Bool {
        let (seconds, attoseconds) = max(time, .zero).components
        var timeout = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        return withUnsafePointer(to: set) { sigtimedwait($0, nil, &timeout) } > 0
    }
}
