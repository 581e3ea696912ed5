internal import Logging
internal import Synchronization

/// What all loops of a server share.
struct Service: Sendable {
    let observers: [any ServerObserver]
    let requestGuard: (any RequestGuard)?
    let limits: ServerLimits
    let timeouts: Timeouts
    /// Fields of every response, as they are sent.
    let responseHeaders: [UInt8]
    let logger: Logger
    let connections = SharedCount()
    /// Bytes of replies that clients haven't taken yet.
    let unsent = SharedCount()
}

/// Where connections are accepted, and what they find there.
final class Endpoint: Sendable {
    let table: RoutingTable
    let tls: TLSContext?

    init(table: RoutingTable, tls: TLSContext?) {
        self.table = table
        self.tls = tls
    }
}

/// A number that all loops change.
final class SharedCount: Sendable {
    private let value = Atomic(0)

    var count: Int { value.load(ordering: .relaxed) }

    /// - Returns: the new number.
    @discardableResult func change(by amount: Int) -> Int { value.wrappingAdd(amount, ordering: .relaxed).newValue }
}
