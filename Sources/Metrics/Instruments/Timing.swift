/// An instrument that takes durations, in seconds: a histogram, a summary, or a gauge that keeps the last one.
public protocol DurationInstrument {
    /// Takes a duration; recorded in seconds.
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
    /// Records how long `body` takes, whether or not it throws. Costs two clock readings and ``record(_:)``.
    ///
    /// - Parameters:
    ///   - clock: tests may bring one of their own.
    ///   - body: called once, on the calling thread.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    public func time<Result, Failure: Error>(
        clock: some Clock<Duration> = ContinuousClock(), _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let timer = Timer(clock)
        defer { record(timer.elapsed) }
        return try body()
    }

    /// As the synchronous form, the suspensions of `body` included.
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
