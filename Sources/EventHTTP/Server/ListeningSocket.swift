internal import Glibc

/// A bound and listening socket.
struct ListeningSocket: ~Copyable {
    private let descriptor: Int32
    /// Whether others accept from the same queue, so that closing this socket loses nothing of it.
    let isShared: Bool

    /// How many connections may wait to be accepted; the kernel caps it at `net.core.somaxconn`.
    private static let backlog: Int32 = 4096

    /// - Parameter sharesPort: whether other sockets of this user may listen on the same port, the kernel spreading
    ///   new connections over all of them.
    init(on address: SocketAddress, sharesPort: Bool) throws(ServerError) {
        self.init(try Self.listening(Self.bound(to: address, sharesPort: sharesPort), address), isShared: false)
    }

    /// Takes over a socket that the process was started with.
    init(inherited descriptor: Int32) throws(ServerError) {
        var (listens, kind): (Int32, Int32) = (0, 0)
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0,
            getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &kind, &size) == 0
        else { throw .cannotListen(address: "fd:\(descriptor)", code: errno) }
        guard listens == 1, kind == Int32(SOCK_STREAM.rawValue) else {
            throw .cannotListen(address: "fd:\(descriptor)", code: ENOTSOCK)
        }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        Self.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
        self.init(descriptor, isShared: true)
    }

    private init(_ descriptor: Int32, isShared: Bool) {
        self.descriptor = descriptor
        self.isShared = isShared
    }

    deinit { close(descriptor) }

    var address: SocketAddress { SocketAddress(boundBy: descriptor) }

    /// Another descriptor of the same socket, for another loop to accept from.
    func duplicate() throws(ServerError) -> ListeningSocket {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .system(call: "fcntl", code: errno) }
        return ListeningSocket(copy, isShared: isShared)
    }

    /// Hands the descriptor over to the caller, who closes it.
    consuming func take() -> Int32 {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    /// Throws when somebody listens on the address, even someone who would share it: without this a second server,
    /// started by mistake, would silently take half of the first one's connections.
    static func checkIsFree(_ address: SocketAddress) throws(ServerError) {
        close(try bound(to: address, sharesPort: false))
    }

    private static func bound(to address: SocketAddress, sharesPort: Bool) throws(ServerError) -> Int32 {
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, flags, 0)
        guard descriptor >= 0 else { throw error(errno, address) }
        if address.family != AF_UNIX {
            set(descriptor, SOL_SOCKET, SO_REUSEADDR)
            if sharesPort { set(descriptor, SOL_SOCKET, SO_REUSEPORT) }
            // Accepted sockets inherit it.
            set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
        }
        // Keeps [::] from taking 0.0.0.0 as well, so that both can be listened on.
        if address.family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
        guard address.withSocketAddress({ bind(descriptor, $0, $1) }) == 0 else {
            let code = errno
            close(descriptor)
            throw error(code, address)
        }
        return descriptor
    }

    private static func listening(_ bound: Int32, _ address: SocketAddress) throws(ServerError) -> Int32 {
        guard Glibc.listen(bound, backlog) == 0 else {
            let code = errno
            close(bound)
            throw error(code, address)
        }
        return bound
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func error(_ code: Int32, _ address: SocketAddress) -> ServerError {
        let name = address.listenAddress?.description ?? ""
        return code == EADDRINUSE ? .addressInUse(name) : .cannotListen(address: name, code: code)
    }
}
