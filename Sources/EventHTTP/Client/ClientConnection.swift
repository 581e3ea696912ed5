internal import Glibc

/// A client's connection that blocks its thread, with one deadline for all that it does.
struct ClientConnection: ~Copyable {
    private let descriptor: Int32
    private let timeout: Duration
    private let deadline: UInt64
    private var buffer: [UInt8] = []
    /// How much of `buffer` was read.
    private var position = 0

    /// Connects to the first of the host's addresses that answers.
    init(host: String, port: UInt16, timeout: Duration, spreading: Bool) throws(HTTPClient.Failure) {
        var addresses: [SocketAddress]
        do {
            addresses = try SocketAddress.resolve(host: host, port: port)
        } catch {
            guard case .unknownHost(_, let reason) = error else { throw .unknownHost(reason: "\(error)") }
            throw .unknownHost(reason: reason)
        }
        if spreading { addresses.shuffle() }
        let deadline = MonotonicClock.now + timeout.wholeNanoseconds
        var failure = HTTPClient.Failure.noAnswer(within: timeout)
        for (index, address) in addresses.enumerated() {
            let now = MonotonicClock.now
            guard now < deadline else { break }
            // One that doesn't answer leaves the others their share of the time.
            let share = now + (deadline - now) / UInt64(addresses.count - index)
            switch Self.connect(to: address, until: share) {
            case .success(let descriptor):
                self.descriptor = descriptor
                self.timeout = timeout
                self.deadline = deadline
                return
            case .failure(let error) where error.code == ETIMEDOUT: failure = .noAnswer(within: timeout)
            case .failure(let error): failure = .cannotConnect(code: error.code)
            }
        }
        throw failure
    }

    deinit { close(descriptor) }

    private struct SystemError: Error { let code: Int32 }

    private static func connect(to address: SocketAddress, until deadline: UInt64) -> Result<Int32, SystemError> {
        let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, flags, 0)
        guard descriptor >= 0 else { return .failure(SystemError(code: errno)) }
        var code = address.withSocketAddress { Glibc.connect(descriptor, $0, $1) } == 0 ? 0 : errno
        if code == EINPROGRESS {
            code = ETIMEDOUT
            if wait(for: POLLOUT, on: descriptor, until: deadline) {
                var size = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
            }
        }
        if code == 0 { return .success(descriptor) }
        close(descriptor)
        return .failure(SystemError(code: code))
    }

    /// Whether the socket is ready before the deadline, for good or for an error, which the next call tells.
    private static func wait(for events: Int32, on descriptor: Int32, until deadline: UInt64) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        while true {
            let now = MonotonicClock.now
            guard now < deadline else { return false }
            // In milliseconds, rounded up. Too short a wait, for a signal or a time beyond Int32, is one of many.
            if poll(&entry, 1, Int32(clamping: (deadline - now + 999_999) / 1_000_000)) > 0 { return true }
        }
    }

    /// Sends everything, or as much as the server wants to have: one that closes early may have said why.
    func send(_ bytes: [UInt8]) throws(HTTPClient.Failure) {
        var sent = 0
        while sent < bytes.count {
            guard Self.wait(for: POLLOUT, on: descriptor, until: deadline) else { throw .noAnswer(within: timeout) }
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno == EPIPE || errno == ECONNRESET {
                return
            } else if errno != EAGAIN && errno != EINTR {
                throw .connectionLost(code: errno)
            }
        }
    }

    /// Receives some more.
    ///
    /// - Returns: false at the end of the stream.
    private mutating func fill() throws(HTTPClient.Failure) -> Bool {
        if position > 0 {
            buffer.removeFirst(position)
            position = 0
        }
        while true {
            guard Self.wait(for: POLLIN, on: descriptor, until: deadline) else { throw .noAnswer(within: timeout) }
            let count = withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { bytes in
                let count = recv(descriptor, bytes.baseAddress, bytes.count, 0)
                if count > 0 { buffer.append(contentsOf: bytes[..<count]) }
                return count
            }
            if count >= 0 { return count > 0 }
            guard errno == EAGAIN || errno == EINTR else { throw .connectionLost(code: errno) }
        }
    }

    /// Reads up to and with the next LF.
    ///
    /// - Parameter budget: how long the line may be; what it took is taken away.
    /// - Returns: the line without its LF, or CR and LF.
    mutating func line(_ budget: inout Int) throws(HTTPClient.Failure) -> String {
        var searched = 0
        while true {
            if let end = buffer[(position + searched)...].firstIndex(of: UInt8(ascii: "\n")) {
                var line = buffer[position..<end]
                budget -= line.count + 1
                guard budget >= 0 else { throw .malformedResponse(reason: "too much before the content") }
                position = end + 1
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                return String(decoding: line, as: UTF8.self)
            }
            searched = buffer.count - position
            guard searched < budget else { throw .malformedResponse(reason: "too much before the content") }
            guard try fill() else { throw .connectionLost(code: nil) }
        }
    }

    /// Reads just as many bytes.
    mutating func read(_ count: Int, into content: inout [UInt8]) throws(HTTPClient.Failure) {
        var missing = count
        while missing > 0 {
            if position == buffer.count, try !fill() { throw .connectionLost(code: nil) }
            let piece = min(missing, buffer.count - position)
            content += buffer[position..<(position + piece)]
            position += piece
            missing -= piece
        }
    }

    /// Reads until the server closes the connection.
    mutating func readToEnd(limit: Int, into content: inout [UInt8]) throws(HTTPClient.Failure) {
        repeat {
            content += buffer[position...]
            position = buffer.count
            guard content.count <= limit else { throw .responseTooLarge(limit: limit) }
        } while try fill()
    }
}
