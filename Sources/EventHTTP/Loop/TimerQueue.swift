/// When sleepers wake, the earliest first.
///
/// A heap in which every node has four children, side by side with their times: to walk it touches few lines of memory, and
/// none of a sleeper that isn't due. What was cancelled stays until it is due, or until it is the greater part.
struct TimerQueue: ~Copyable {
    private struct Entry {
        let time: UInt64
        // Sound: retained from `add` until `take` or `removeAll`.
        let sleeper: Unmanaged<Sleeper>
    }

    private var entries: [Entry] = []
    /// Those that ``take(due:most:wake:)`` takes.
    private var due: [Unmanaged<Sleeper>] = []
    private var cancelled = 0

    /// When the first wakes, or would have; `max` if there is none.
    var earliest: UInt64 { entries.first?.time ?? .max }

    mutating func add(_ sleeper: Sleeper, at time: UInt64) {
        entries.append(Entry(time: time, sleeper: .passRetained(sleeper)))
        rise(entries.count - 1)
    }

    /// Takes sleepers that are due, the earliest first.
    ///
    /// - Parameter wake: is called for those of them that still sleep, when what they need is on its way into the caches.
    mutating func take(due now: UInt64, most: Int, wake: (Sleeper) -> Void) {
        while due.count < most, let first = entries.first, first.time <= now {
            let last = entries.removeLast()
            if !entries.isEmpty {
                entries[0] = last
                sink(0)
            }
            Prefetch.object(at: first.sleeper.toOpaque())
            due.append(first.sleeper)
        }
        for sleeper in due { sleeper._withUnsafeGuaranteedRef { $0.prefetch() } }
        for sleeper in due {
            let sleeper = sleeper.takeRetainedValue()
            if sleeper.sleeps { wake(sleeper) } else { cancelled -= 1 }
        }
        due.removeAll(keepingCapacity: true)
    }

    /// One of the sleepers doesn't sleep any more.
    mutating func noteCancelled() {
        cancelled += 1
        guard cancelled > 64, cancelled > entries.count / 2 else { return }
        entries.removeAll { entry in
            let sleeps = entry.sleeper._withUnsafeGuaranteedRef { $0.sleeps }
            if !sleeps { entry.sleeper.release() }
            return !sleeps
        }
        cancelled = 0
        for index in stride(from: (entries.count - 2) / 4, through: 0, by: -1) where !entries.isEmpty { sink(index) }
    }

    /// - Returns: whoever still sleeps.
    mutating func removeAll() -> [Sleeper] {
        defer {
            entries = []
            cancelled = 0
        }
        return entries.map { $0.sleeper.takeRetainedValue() }.filter(\.sleeps)
    }

    private mutating func rise(_ start: Int) {
        entries.withUnsafeMutableBufferPointer { entries in
            let entry = entries[start]
            var index = start
            while index > 0, case let parent = (index - 1) / 4, entry.time < entries[parent].time {
                entries[index] = entries[parent]
                index = parent
            }
            entries[index] = entry
        }
    }

    private mutating func sink(_ start: Int) {
        entries.withUnsafeMutableBufferPointer { entries in
            let entry = entries[start]
            var index = start
            while case let first = 4 * index + 1, first < entries.count {
                var least = first
                for child in (first + 1)..<min(first + 4, entries.count)
                where entries[child].time < entries[least].time {
                    least = child
                }
                guard entries[least].time < entry.time else { break }
                entries[index] = entries[least]
                index = least
            }
            entries[index] = entry
        }
    }
}
