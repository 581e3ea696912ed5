/// An instrument that takes durations, in seconds: a histogram, a summary, or a gauge that keeps the last one.
public protocol DurationInstrument {
    /// Takes a duration.
    func record(_ duration: Duration)
}

extension Histogram: DurationInstrument {
    /// As ``observe(_:)-(Duration)``.
    public func record(_ duration: Duration) { observe(duration) }
}

extension Summary: DurationInstrument {
    /// As ``observe(_:)-(Duration)``.
    public func record(_ duration: Duration) { observe(duration) }
}

extension Gauge: DurationInstrument {
    /// Sets the value to the duration's seconds.
    public func record(_ duration: Duration) { set(to: duration.inSeconds) }
}

extension DurationInstrument {
    /// Records how long `body` takes, whether or not it throws.
    ///
    /// - Parameter clock: tests may bring one of their own.
    public func time<Result, Failure: Error>(
        clock: some Clock<Duration> = ContinuousClock(), _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let timer = Timer(clock)
        defer { record(timer.elapsed) }
        return try body()
    }

    /// Records how long `body` takes, its suspensions included, whether or not it throws.
    public nonisolated(nonsending) func time<Result, Failure: Error>(
        clock: some Clock<Duration> = ContinuousClock(),
        _ body: nonisolated(nonsending) () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let timer = Timer(clock)
        defer { record(timer.elapsed) }
        return try await body()
    }
}

/// A moment on a clock.
private struct Timer<C: Clock<Duration>> {
    let clock: C
    let start: C.Instant

    init(_ clock: C) {
        self.clock = clock
        start = clock.now
    }

    var elapsed: Duration { start.duration(to: clock.now) }
}
