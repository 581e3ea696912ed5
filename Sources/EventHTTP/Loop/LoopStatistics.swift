internal import Synchronization

/// What one loop of a server has done so far and what it holds now. Safe to read from any thread at any time; a reading
/// costs a few loads.
public final class LoopStatistics: Sendable {
    private let values = Values()

    // Written by the loop's own thread alone, so that an update is a plain addition without a lock on memory.
    private struct Values: ~Copyable {
        let connections = Atomic(0)
        let accepted = Atomic(0)
        let acceptFailures = Atomic(0)
        let receivedBytes = Atomic(0)
        let sentBytes = Atomic(0)
        let unsentBytes = Atomic(0)
        let timers = Atomic(0)
    }
    private let closed: [Total] = ConnectionEnd.allCases.map { _ in Total() }

    private final class Total: Sendable {
        let value = Atomic(0)
    }

    init() {}

    /// Connections that are open now.
    public var connections: Int { values.connections.load(ordering: .relaxed) }
    /// Connections that were accepted.
    public var accepted: Int { values.accepted.load(ordering: .relaxed) }
    /// How often a connection couldn't be accepted, for want of descriptors most likely.
    public var acceptFailures: Int { values.acceptFailures.load(ordering: .relaxed) }
    /// Bytes that were read from clients, as HTTP: without what TLS adds.
    public var receivedBytes: Int { values.receivedBytes.load(ordering: .relaxed) }
    /// Bytes that were handed over to be sent, as HTTP: without what TLS adds.
    public var sentBytes: Int { values.sentBytes.load(ordering: .relaxed) }
    /// Bytes of replies that clients haven't taken yet, within a period of ``ServerDeadlines/write``.
    public var unsentBytes: Int { values.unsentBytes.load(ordering: .relaxed) }
    /// Timers that are set: sleeping handlers, and deadlines of connections.
    public var timers: Int { values.timers.load(ordering: .relaxed) }
    /// Connections that ended for this reason.
    public func closed(_ end: ConnectionEnd) -> Int { closed[end.index].value.load(ordering: .relaxed) }

    func connectionOpened() {
        Self.add(1, to: values.connections)
        Self.add(1, to: values.accepted)
    }

    func connectionEnded(_ end: ConnectionEnd) {
        Self.add(-1, to: values.connections)
        Self.add(1, to: closed[end.index].value)
    }

    func acceptFailed() { Self.add(1, to: values.acceptFailures) }
    func received(_ bytes: Int) { Self.add(bytes, to: values.receivedBytes) }
    func sent(_ bytes: Int) { Self.add(bytes, to: values.sentBytes) }
    func unsentChanged(by bytes: Int) { Self.add(bytes, to: values.unsentBytes) }
    func timersChanged(by count: Int) { Self.add(count, to: values.timers) }

    private static func add(_ amount: Int, to value: borrowing Atomic<Int>) {
        value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}
