internal import Glibc

/// A socket address, as the kernel knows it.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    /// Every address that a host has.
    static func resolve(host: String, port: UInt16) throws(ServerError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &list)
        guard code == 0 else {
            throw .unknownHost(
                address: "\(ListenAddress.tcp(host: host, port: port))", reason: String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let info = next?.pointee {
            addresses.append(SocketAddress(info.ai_addr, info.ai_addrlen))
            next = info.ai_next
        }
        return addresses
    }

    private init(_ address: UnsafePointer<sockaddr>, _ length: socklen_t) {
        self.length = length
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
        }
    }

    /// The address of a UNIX socket; the path fits (``ListenAddress``).
    init(path: String) {
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
        storage.ss_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &storage) {
            let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
            UnsafeMutableRawBufferPointer(rebasing: $0[offset...]).copyBytes(from: path.utf8)
        }
    }

    /// The address that a socket is bound to.
    init(boundBy descriptor: Int32) { self.init(descriptor, getsockname) }

    /// The address of a socket's other end.
    init(connectedTo descriptor: Int32) { self.init(descriptor, getpeername) }

    private init(
        _ descriptor: Int32,
        _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) {
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &storage) {
            // Sound: every kind of socket address fits into `sockaddr_storage` and begins as `sockaddr` does.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = ask(descriptor, $0, &length) }
        }
    }

    var family: Int32 { Int32(storage.ss_family) }

    func withSocketAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: storage) {
            // Sound: as above.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// `nil` for what is neither TCP nor a UNIX socket with a path.
    var listenAddress: ListenAddress? {
        switch family {
        case AF_UNIX: path.map { .unix(path: $0) }
        case AF_INET, AF_INET6: numeric.map { .tcp(host: $0.host, port: $0.port) }
        default: nil
        }
    }

    private var path: String? {
        withUnsafeBytes(of: storage) { bytes in
            let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
            let name = bytes[offset..<max(offset, Int(length))].prefix { $0 != 0 }
            return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
        }
    }

    private var numeric: (host: String, port: UInt16)? {
        withSocketAddress { address, length in
            var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
            let code = getnameinfo(
                address, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
                NI_NUMERICHOST | NI_NUMERICSERV)
            return code == 0 ? (string(host), UInt16(string(port)) ?? 0) : nil
        }
    }

    private func string(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
