/// A request, or a connection, that was refused before any handler could see it.
public struct Rejection: Sendable {
    /// Why.
    public let reason: RejectionReason
    /// The address of the client; empty for a UNIX socket.
    public let remoteAddress: String
}
