internal import CLibevent
internal import Glibc
internal import Synchronization

/// One thread that waits for sockets and timers, and runs the work that becomes ready.
///
/// A loop is also a `TaskExecutor`: the asynchronous parts of a request's handler run on the thread that owns the
/// request's connection, so that nothing needs a lock on the way from socket to socket. Never block a loop: every
/// connection that it owns waits. Use ``sleep(for:)`` to wait, and another executor for work that computes for long.
///
/// All members may be used from any thread.
// Sound: what isn't `Sendable` by itself is touched only by the loop's own thread (`turn`, `runReadyJobs`, `run` and
// the callbacks that libevent makes inside `run`), or before that thread was started. Other threads reach the loop
// through `inbox`, which is locked, and `wakeDescriptor`, which is constant.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// The loop's place among the loops of its server, from 0.
    public let index: Int
    /// What the loop's connections have done so far.
    public let statistics = LoopStatistics()

    let base: OpaquePointer
    private let wakeDescriptor: Int32
    private var wakeEvent: OpaquePointer?
    private let alarm: Alarm
    private var alarmEvent: OpaquePointer?
    private var continueEvent: OpaquePointer?

    private let inbox = Lock(Inbox())
    /// Whether something may be in the inbox, without a lock.
    private let hasMail = Atomic(false)
    private let threadID = Atomic<UInt>(0)

    // Sound: jobs that are run may add to `ready`, never to `running`, which alone is walked meanwhile.
    @exclusivity(unchecked) private var ready: [UnownedJob] = []
    @exclusivity(unchecked) private var running: [UnownedJob] = []
    private var depth = 0
    /// What the task keeps whose job runs; see ``Sleeper/attach()``.
    // Sound: the task keeps it longer than its job runs.
    @exclusivity(unchecked) unowned(unsafe) var sleeper: Sleeper?

    // Sound: nothing that a queue or a list calls comes back to it.
    @exclusivity(unchecked) private var timers = TimerQueue()
    private var yielding: [UnsafeContinuation<Void, any Error>] = []
    /// Timers that are set from now on never fire.
    private(set) var hasEnded = false

    /// So few that what their tasks need stays in the cache until these have run.
    private static let wokenTogether = 32

    /// Jobs run in one turn at most; the rest waits until sockets and timers had their chance.
    private static let jobsPerTurn = 1024

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var work: [@Sendable () -> Void] = []
        var isClosed = false

        var isEmpty: Bool { jobs.isEmpty && work.isEmpty }
    }

    init(index: Int) throws(ServerError) {
        guard let config = event_config_new() else { throw .system(call: "event_config_new", code: ENOMEM) }
        defer { event_config_free(config) }
        let flags =
            EVENT_BASE_FLAG_NOLOCK.rawValue | EVENT_BASE_FLAG_IGNORE_ENV.rawValue
            | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST.rawValue
        event_config_set_flag(config, Int32(flags))
        guard let base = event_base_new_with_config(config) else {
            throw .system(call: "event_base_new_with_config", code: errno)
        }
        let descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard descriptor >= 0 else {
            let code = errno
            event_base_free(base)
            throw .system(call: "eventfd", code: code)
        }
        guard let alarm = Alarm() else {
            let code = errno
            event_base_free(base)
            close(descriptor)
            throw .system(call: "timerfd_create", code: code)
        }
        self.index = index
        self.base = base
        self.wakeDescriptor = descriptor
        self.alarm = alarm
        let this = Unmanaged.passUnretained(self).toOpaque()
        wakeEvent = event_new(
            base, descriptor, Int16(EV_READ | EV_PERSIST),
            { descriptor, _, context in
                var count: UInt64 = 0
                _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
                EventLoop.from(context).turn {}
            }, this)
        alarmEvent = event_new(
            base, alarm.descriptor, Int16(EV_READ | EV_PERSIST),
            { _, _, context in
                let loop = EventLoop.from(context)
                loop.turn { loop.wakeSleepers() }
            }, this)
        continueEvent = event_new(
            base, -1, 0,
            { _, _, context in
                let loop = EventLoop.from(context)
                loop.turn { loop.continueYielding() }
            }, this)
        event_add(wakeEvent, nil)
        event_add(alarmEvent, nil)
    }

    deinit {
        event_free(wakeEvent)
        event_free(alarmEvent)
        event_free(continueEvent)
        event_base_free(base)
        close(wakeDescriptor)
    }

    // Sound: libevent calls back only while the loop runs, and whoever runs the loop keeps it alive.
    static func from(_ context: UnsafeMutableRawPointer?) -> EventLoop {
        Unmanaged<EventLoop>.fromOpaque(context!).takeUnretainedValue()
    }

    /// Whether the caller is on this loop's thread.
    public var isCurrent: Bool { threadID.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Runs `work` on the loop's thread: at once when called there, soon otherwise.
    ///
    /// - Returns: `false` when the loop has ended; `work` was then not run and never will be.
    @discardableResult
    func perform(_ work: @escaping @Sendable () -> Void) -> Bool {
        if isCurrent {
            turn(work)
            return true
        }
        return put { $0.work.append(work) }
    }

    /// Runs a job of a task on the loop's thread; part of being a `TaskExecutor`. Safe from any thread. Jobs that come after
    /// the loop has ended run on Swift's own executor.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            ready.append(job)
            if depth == 0 { scheduleTurn() }
            return
        }
        // When the loop has ended its task goes on: without this it would hang for ever.
        if !put({ $0.jobs.append(job) }) { globalConcurrentExecutor.enqueue(job) }
    }

    /// Puts something into the inbox, from another thread.
    ///
    /// - Returns: `false` when the loop has ended.
    private func put(_ body: (inout Inbox) -> Void) -> Bool {
        let (isAccepted, isFirst) = inbox.withLock { inbox in
            guard !inbox.isClosed else { return (false, false) }
            defer { body(&inbox) }
            hasMail.store(true, ordering: .releasing)
            return (true, inbox.isEmpty)
        }
        // The loop empties the inbox only after it has taken note that it was woken: once is enough.
        if isFirst { wake() }
        return isAccepted
    }

    /// Runs the body of a libevent callback, then every job that became ready meanwhile, so that an answer which
    /// never waits leaves in the turn that brought the request.
    func turn(_ body: () -> Void) {
        depth += 1
        body()
        if depth == 1 { runReadyJobs() }
        depth -= 1
    }

    private func runReadyJobs() {
        var budget = Self.jobsPerTurn
        while true {
            if ready.isEmpty || budget <= 0, hasMail.load(ordering: .acquiring) { takeFromInbox() }
            if ready.isEmpty { return }
            if budget <= 0 { return scheduleTurn() }
            swap(&ready, &running)
            budget -= running.count
            for job in running {
                job.runSynchronously(on: asUnownedTaskExecutor())
                sleeper = nil
            }
            running.removeAll(keepingCapacity: true)
        }
    }

    private func takeFromInbox() {
        var work: [@Sendable () -> Void] = []
        inbox.withLock { inbox in
            hasMail.store(false, ordering: .relaxed)
            ready += inbox.jobs
            inbox.jobs.removeAll(keepingCapacity: true)
            swap(&work, &inbox.work)
        }
        for item in work { item() }
    }

    private func scheduleTurn() {
        guard !hasEnded else { return }
        // A timer of no length, not event_active: an event made active during a pass runs in that same pass, before
        // any socket is looked at.
        var now = timeval()
        event_add(continueEvent, &now)
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Starts the loop's thread. `finished` runs on it, last.
    func start(finished: @escaping @Sendable () -> Void) throws(ServerError) {
        let code = DetachedThread.start(name: "loop-\(index)") {
            self.run()
            finished()
        }
        guard code == 0 else { throw .system(call: "pthread_create", code: code) }
    }

    private func run() {
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
        event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY)
        hasEnded = true
        // libevent frees what was closed in the last turn only in another one.
        event_base_loop(base, EVLOOP_NONBLOCK)
        endSleeps()
        // Whoever arrives after the inbox is closed is turned away by `perform` and `enqueue`; whoever came before is
        // served here.
        inbox.withLock { $0.isClosed = true }
        turn {}
        repeat {
            for job in ready { globalConcurrentExecutor.enqueue(job) }
            ready.removeAll()
            takeFromInbox()
        } while !ready.isEmpty
        threadID.store(0, ordering: .relaxed)
    }

    /// Lets a sleeper wake at its deadline.
    func add(_ sleeper: Sleeper, until deadline: UInt64) {
        statistics.timersChanged(by: 1)
        timers.add(sleeper, at: deadline)
        alarm.set(timers.earliest)
    }

    func noteCancelled() {
        statistics.timersChanged(by: -1)
        timers.noteCancelled()
    }

    private func wakeSleepers() {
        let now = alarm.acknowledge()
        var budget = Self.jobsPerTurn
        while timers.earliest <= now, budget > 0 {
            budget -= Self.wokenTogether
            timers.take(due: now, most: Self.wokenTogether) { sleeper in
                statistics.timersChanged(by: -1)
                sleeper.wake()
            }
            runReadyJobs()
        }
        alarm.set(timers.earliest)
    }

    /// Goes on with a task when sockets and timers had their chance. On the loop's thread.
    func yield(_ continuation: UnsafeContinuation<Void, any Error>) {
        if hasEnded { return continuation.resume(throwing: CancellationError()) }
        yielding.append(continuation)
        scheduleTurn()
    }

    private func continueYielding() {
        let waiting = yielding
        yielding = []
        for continuation in waiting { continuation.resume() }
    }

    private func endSleeps() {
        for continuation in yielding { continuation.resume(throwing: CancellationError()) }
        yielding = []
        for sleeper in timers.removeAll() { sleeper.cancelSleep() }
    }

    /// Ends the loop after the current turn. Called on the loop's thread.
    func stop() { event_base_loopbreak(base) }
}
