internal import Glibc

/// A client's socket, with nothing between the test and the bytes.
public final class RawConnection {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// One response, as it was received.
    public struct Response {
        public let status: Int
        public let head: String
        public let headers: [(name: String, value: String)]
        public let bytes: [UInt8]
        /// The fields behind chunked content.
        public let trailers: [(name: String, value: String)]

        /// The content as text.
        public var body: String { String(decoding: bytes, as: UTF8.self) }

        public func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// - Parameter timeout: how long any read may take before it fails.
    public convenience init(port: UInt16, timeout: Int = 10, receiveBuffer: Int32? = nil) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        try self.init(AF_INET, address, "port \(port)", timeout: timeout, receiveBuffer: receiveBuffer)
    }

    /// Connects to a UNIX socket.
    public convenience init(path: String, timeout: Int = 10) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try self.init(AF_UNIX, address, path, timeout: timeout, receiveBuffer: nil)
    }

    private init<Address>(
        _ family: Int32, _ address: Address, _ name: String, timeout: Int, receiveBuffer: Int32?
    ) throws {
        descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        let result = withUnsafePointer(to: address) {
            // Sound: every kind of socket address begins as `sockaddr` does.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw TestFailure("connect to \(name): \(reason)")
        }
    }

    deinit { close(descriptor) }

    public func send(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { throw TestFailure("send: \(String(cString: strerror(errno)))") }
            bytes = bytes.dropFirst(sent)
        }
    }

    /// For `poll`.
    public var fileDescriptor: Int32 { descriptor }

    /// Lets every piece leave when it is sent, in a segment of its own.
    public func sendAtOnce() {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sends bytes as they are.
    ///
    /// - Returns: whether the server still takes them.
    public func send(_ bytes: some Collection<UInt8>) -> Bool {
        var bytes = Array(bytes)[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            bytes = bytes.dropFirst(sent)
        }
        return true
    }

    /// Ends the client's side of the connection; the server's answers can still be read.
    public func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Whether the server has reset the connection, perhaps after having ended it: some systems throw away what was
    /// received and not yet read then.
    public var wasReset: Bool {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        return code != 0
    }

    /// What has come from the server.
    public enum Arrival {
        case nothing, end, reset
        case bytes([UInt8])
    }

    /// Takes what has come from the server and wasn't read yet, without waiting for more.
    public func receiveNow() -> Arrival {
        if !buffer.isEmpty {
            defer { buffer = [] }
            return .bytes(buffer)
        }
        var received = 0
        var code: Int32 = 0
        let piece = [UInt8](unsafeUninitializedCapacity: 65536) { bytes, count in
            received = recv(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
            code = errno
            count = max(0, received)
        }
        if received > 0 { return .bytes(piece) }
        if received == 0 { return .end }
        return code == EAGAIN || code == EINTR ? .nothing : .reset
    }

    /// Sends a request without a body and reads its response.
    public func request(_ target: String, method: String = "GET", headers: String = "") throws -> Response {
        try send("\(method) \(target) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n")
        return try receive(hasBody: method != "HEAD")
    }

    /// Reads the next response.
    public func receive(hasBody: Bool = true) throws -> Response {
        let head = try receive(through: "\r\n\r\n")
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let headers = Self.fields(lines.dropFirst())
        func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        var bytes: [UInt8] = []
        var trailers: [(name: String, value: String)] = []
        if hasBody, header("transfer-encoding") == "chunked" {
            (bytes, trailers) = try receiveChunks()
        } else if hasBody {
            bytes = try receive(header("content-length").flatMap { Int($0) } ?? 0)
        }
        guard let status = lines[0].wholeMatch(of: #/HTTP/1\.1 (\d{3}) .*/#).flatMap({ Int($0.1) }) else {
            throw TestFailure("not a response: \(head)")
        }
        return Response(status: status, head: head, headers: headers, bytes: bytes, trailers: trailers)
    }

    /// Strict: sizes are hexadecimal digits, data is as long as they say (RFC 9112 §7.1).
    private func receiveChunks() throws -> ([UInt8], [(name: String, value: String)]) {
        var content: [UInt8] = []
        while true {
            let line = try receive(through: "\r\n")
            guard let size = Int(line, radix: 16) else { throw TestFailure("not the size of a chunk: \(line)") }
            if size == 0 { break }
            content += try receive(size)
            guard try receive(through: "\r\n").isEmpty else { throw TestFailure("a chunk is longer than it says") }
        }
        var lines: [Substring] = []
        while case let line = try receive(through: "\r\n"), !line.isEmpty { lines.append(line[...]) }
        return (content, Self.fields(lines))
    }

    private static func fields(_ lines: some Sequence<Substring>) -> [(name: String, value: String)] {
        lines.map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (String(line[..<colon]), String(line[colon...].dropFirst(2)))
        }
    }

    /// Reads up to a separator, which is left out.
    private func receive(through separator: String) throws -> String {
        let separator = Array(separator.utf8)
        var searched = 0
        while true {
            while searched + separator.count <= buffer.count {
                if buffer[searched..<(searched + separator.count)].elementsEqual(separator) {
                    defer { buffer.removeFirst(searched + separator.count) }
                    return String(decoding: buffer[..<searched], as: UTF8.self)
                }
                searched += 1
            }
            try fill()
        }
    }

    private func receive(_ count: Int) throws -> [UInt8] {
        while buffer.count < count { try fill() }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// Reads just as many bytes and throws them away.
    public func skip(_ count: Int) throws { _ = try receive(count) }

    /// Reads until the server closes the connection, in whatever way.
    public func receiveToEnd() throws -> String {
        while (try? fill()) != nil {}
        defer { buffer.removeAll() }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// Whether the server closes the connection without sending more.
    public func isClosedByServer() -> Bool {
        guard buffer.isEmpty else { return false }
        var byte: UInt8 = 0
        let received = recv(descriptor, &byte, 1, 0)
        return received == 0 || received < 0 && errno != EAGAIN
    }

    /// Resets the connection: what was sent or received meanwhile is thrown away.
    public func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        // The descriptor itself goes in deinit; this only breaks the connection.
        var unspecified = sockaddr()
        unspecified.sa_family = sa_family_t(AF_UNSPEC)
        connect(descriptor, &unspecified, socklen_t(MemoryLayout<sockaddr>.size))
    }

    private func fill() throws {
        let piece = [UInt8](unsafeUninitializedCapacity: 65536) { bytes, count in
            count = max(0, recv(descriptor, bytes.baseAddress, bytes.count, 0))
        }
        guard !piece.isEmpty else {
            throw TestFailure("no response; received so far: \(String(decoding: buffer, as: UTF8.self))")
        }
        buffer += piece
    }
}
