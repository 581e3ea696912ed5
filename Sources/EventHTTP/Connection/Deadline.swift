internal import CLibevent

/// The one deadline that a connection has at a time.
///
/// Moving it back, as every reply does, is a store: the timer fires where it was set, sees that it is early and is set
/// anew. Only an earlier deadline touches the loop's heap.
struct Deadline {
    private let loop: EventLoop
    private var event: OpaquePointer?
    private var time = UInt64.max
    /// When the timer fires; never, if `max`.
    private var armed = UInt64.max

    init(loop: EventLoop) { self.loop = loop }

    /// - Parameter callback: calls ``fired(_:)``.
    mutating func prepare(_ context: UnsafeMutableRawPointer, _ callback: @escaping event_callback_fn) {
        event = event_new(loop.base, -1, 0, callback, context)
    }

    /// - Parameter time: by the monotonic clock.
    mutating func set(_ time: UInt64) {
        self.time = time
        if time < armed { arm(MonotonicClock.now) }
    }

    var isSet: Bool { time != .max }

    mutating func clear() { time = .max }

    mutating func end() {
        if let event { event_free(event) }
        event = nil
        disarm()
    }

    /// - Returns: whether the deadline has passed.
    mutating func fired() -> Bool {
        disarm()
        if time == .max { return false }
        let now = MonotonicClock.now
        if now < time {
            arm(now)
            return false
        }
        time = .max
        return true
    }

    private mutating func disarm() {
        if armed != .max { loop.statistics.timersChanged(by: -1) }
        armed = .max
    }

    private mutating func arm(_ now: UInt64) {
        guard let event else { return }
        if armed == .max { loop.statistics.timersChanged(by: 1) }
        armed = time
        var timeout = timeval(nanoseconds: time > now ? time - now : 0)
        event_add(event, &timeout)
    }
}

/// ``ServerDeadlines`` as they are needed for every request: in nanoseconds.
struct Timeouts {
    let handshake, header, request, idle, write: UInt64
    /// Bytes that a client has to take within `write`.
    let leastProgress: Int

    init(_ deadlines: ServerDeadlines) {
        handshake = deadlines.handshake.wholeNanoseconds
        header = deadlines.header.wholeNanoseconds
        request = deadlines.request.wholeNanoseconds
        idle = deadlines.idle.wholeNanoseconds
        write = deadlines.write.wholeNanoseconds
        leastProgress = max(1, Int(Double(write) / 1e9 * Double(max(0, deadlines.minimumBytesPerSecond))))
    }
}
