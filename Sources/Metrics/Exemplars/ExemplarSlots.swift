internal import Synchronization

/// The latest exemplar of a counter, or of each bucket of a histogram.
final class ExemplarSlots: Sendable {
    /// When each slot may ask its source again, on the coarse clock.
    private let due: AtomicWords
    private let exemplars: Mutex<[Exemplar?]>

    init(count: Int) {
        due = AtomicWords(count: count)
        exemplars = Mutex(Array(repeating: nil, count: count))
    }

    /// Keeps what the caller gave.
    func put(_ labels: ExemplarLabels, _ value: Double, slot: Int) {
        let exemplar = Exemplar(labels: labels, value: value, timestamp: Clocks.epochSeconds())
        exemplars.withLock { $0[slot] = exemplar }
    }

    /// Asks the source, if that is due.
    func sample(_ source: ExemplarSource, _ value: Double, slot: Int) {
        let now = Clocks.coarseNanoseconds()
        let dueAt = due.words[slot].load(ordering: .relaxed)
        // Who changes the time is the one who asks.
        guard
            now >= dueAt,
            due.words[slot].compareExchange(
                expected: dueAt, desired: now &+ source.interval.clampedNanoseconds, ordering: .relaxed
            ).exchanged
        else { return }
        if let labels = source.current() {
            put(labels, value, slot: slot)
        } else {
            // Few requests may be traced: ask again soon, if not at once.
            due.words[slot].store(now &+ source.interval.clampedNanoseconds / 64, ordering: .relaxed)
        }
    }

    /// The exemplars by slot, where there are any.
    var all: [Exemplar?] { exemplars.withLock { $0 } }
}
