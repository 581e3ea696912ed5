/// How late the loop is.
extension LoopServer {
    private static let interval: Duration = .milliseconds(100)

    /// Tells the observers ten times a second by how much a timer was late.
    func measureLag() {
        Task(executorPreference: loop) { [self] in
            var due = MonotonicClock.now + Self.interval.wholeNanoseconds
            while (try? await loop.sleep(for: Self.interval)) != nil {
                let now = MonotonicClock.now
                let seconds = now > due ? Double(now - due) / 1e9 : 0
                for observer in service.observers { observer.loopLagged(loop, seconds: seconds) }
                due = now + Self.interval.wholeNanoseconds
            }
        }
    }
}
