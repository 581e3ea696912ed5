internal import Glibc

/// A bound and listening TCP socket.
struct ListeningSocket: ~Copyable {
    private let descriptor: Int32

    /// How many connections may wait to be accepted; the kernel caps it at `net.core.somaxconn`.
    private static let backlog: Int32 = 4096

    /// - Parameter sharesPort: whether other sockets of this user may listen on the same port, the kernel spreading
    ///   new connections over all of them.
    init(on address: ResolvedAddress, sharesPort: Bool) throws(ServerError) {
        let bound = try Self.bound(to: address, sharesPort: sharesPort)
        guard Glibc.listen(bound, Self.backlog) == 0 else {
            let code = errno
            close(bound)
            throw Self.error(code, address)
        }
        descriptor = bound
    }

    deinit { close(descriptor) }

    var address: ResolvedAddress { ResolvedAddress(boundBy: descriptor) }

    /// Hands the descriptor over to the caller, who closes it.
    consuming func take() -> Int32 {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    /// Throws when somebody listens on the address, even someone who would share it: without this a second server,
    /// started by mistake, would silently take half of the first one's connections.
    static func checkIsFree(_ address: ResolvedAddress) throws(ServerError) {
        close(try bound(to: address, sharesPort: false))
    }

    private static func bound(to address: ResolvedAddress, sharesPort: Bool) throws(ServerError) -> Int32 {
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, flags, 0)
        guard descriptor >= 0 else { throw error(errno, address) }
        set(descriptor, SOL_SOCKET, SO_REUSEADDR)
        if sharesPort { set(descriptor, SOL_SOCKET, SO_REUSEPORT) }
        // Accepted sockets inherit it.
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
        // Keeps [::] from taking 0.0.0.0 as well, so that both can be listened on.
        if address.family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
        guard address.withSocketAddress({ bind(descriptor, $0, $1) }) == 0 else {
            let code = errno
            close(descriptor)
            throw error(code, address)
        }
        return descriptor
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func error(_ code: Int32, _ address: ResolvedAddress) -> ServerError {
        let name = address.listenAddress.description
        return code == EADDRINUSE ? .addressInUse(name) : .cannotListen(address: name, code: code)
    }
}
