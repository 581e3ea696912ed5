internal import Glibc

/// The two clocks that instruments read.
enum Clocks {
    /// Seconds since the Unix epoch, in whole milliseconds: what timestamps are written in.
    static func epochSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return (Double(time.tv_sec) * 1000 + Double(time.tv_nsec / 1_000_000)) / 1000
    }

    /// Nanoseconds on a clock that only goes forward, some milliseconds coarse: a fifth of the price of a precise one.
    static func coarseNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

extension Duration {
    /// In seconds, the unit of every duration in Prometheus.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    /// In whole nanoseconds, at least 0 and at most what fits.
    var clampedNanoseconds: UInt64 {
        let nanoseconds = inSeconds * 1e9
        return nanoseconds > 0 ? UInt64(min(nanoseconds, 9e18)) : 0
    }
}
