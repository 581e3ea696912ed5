internal import Glibc

/// The file that stands for a UNIX socket.
struct SocketFile: Sendable {
    private let path: String
    /// Which file it is: another process may have put its own in its place.
    private let identity: (device: dev_t, number: ino_t)?

    /// The file of a socket that was just bound.
    init(_ path: String) {
        self.path = path
        identity = Self.identity(of: path)
    }

    func remove() {
        if let now = Self.identity(of: path), let identity, now == identity { unlink(path) }
    }

    /// Removes a file that a server has left behind which didn't end in order: nobody listens on it any more.
    static func removeStale(_ path: String) {
        guard let identity = identity(of: path) else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let code = SocketAddress(path: path).withSocketAddress { connect(descriptor, $0, $1) } == 0 ? 0 : errno
        if code == ECONNREFUSED, let now = self.identity(of: path), now == identity { unlink(path) }
    }

    private static func identity(of path: String) -> (dev_t, ino_t)? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        return (status.st_dev, status.st_ino)
    }
}
