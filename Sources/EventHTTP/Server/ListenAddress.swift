/// Where a server listens.
public enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name or IP address, without brackets, and a port; port 0 lets the system choose, and
    /// ``RunningServer/addresses`` tells what it chose.
    case tcp(host: String, port: UInt16)
    /// The path of a UNIX socket, which is made with the process' umask and removed when the server drains.
    case unix(path: String)
    /// A listening socket that the process was started with (socket activation); the server's own from then on.
    case inherited(descriptor: Int32)

    /// - Parameter text: `HOST:PORT`, an IPv6 address in brackets; `unix:PATH`; or `fd:NUMBER`.
    public init(_ text: String) throws(ServerError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard !path.isEmpty, !path.utf8.contains(0), path.utf8.count <= Self.longestPath else {
                throw .invalidAddress(text)
            }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":") else { throw .invalidAddress(text) }
        var host = text[..<colon]
        let number = text[text.index(after: colon)...]
        if host == "fd" {
            guard let descriptor = Int32(number), descriptor >= 0 else { throw .invalidAddress(text) }
            self = .inherited(descriptor: descriptor)
            return
        }
        guard let port = UInt16(number) else { throw .invalidAddress(text) }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw .invalidAddress(text)
        }
        guard !host.isEmpty else { throw .invalidAddress(text) }
        self = .tcp(host: String(host), port: port)
    }

    /// What `sun_path` holds, less the NUL behind it (unix(7)).
    private static let longestPath = 107

    /// The port, 0 where there is none.
    public var port: UInt16 { if case .tcp(_, let port) = self { port } else { 0 } }

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        case .inherited(let descriptor): "fd:\(descriptor)"
        }
    }
}
