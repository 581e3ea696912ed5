internal import CLibevent
internal import Glibc

/// Wakes a loop at a time, within some microseconds; confined to the loop's thread.
///
/// A timerfd: libevent's own timers follow a clock that is up to 4 ms behind. Alarms keep a distance, so that a loop with
/// very many sleepers wakes up for all that are due in half a millisecond together.
final class Alarm {
    let descriptor: Int32
    private var time = UInt64.max
    /// The earliest time of the next alarm.
    private var next: UInt64 = 0

    private static let distance: UInt64 = 500_000

    init?() {
        descriptor = sightline_timer_create()
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Sets the alarm, unless it goes off before.
    func set(_ earliest: UInt64) {
        // A time of zero would take the alarm away.
        let time = max(earliest, next, 1)
        guard time < self.time else { return }
        self.time = time
        sightline_timer_set(descriptor, Int(time / 1_000_000_000), Int(time % 1_000_000_000))
    }

    /// Takes note of an alarm that went off.
    ///
    /// - Returns: the time.
    func acknowledge() -> UInt64 {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
        time = .max
        let now = MonotonicClock.now
        next = now + Self.distance
        return now
    }
}
