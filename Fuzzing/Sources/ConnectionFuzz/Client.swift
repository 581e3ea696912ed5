import CFuzzer
import FuzzSupport
import Glibc

/// The client's end of a connection.
final class Client {
    private let descriptor: Int32
    private(set) var sent: [UInt8] = []
    private(set) var received: [UInt8] = []
    /// The server sends no more: it has ended its sending, or the connection is broken.
    private(set) var serverHasEnded = false
    private(set) var hasEndedSending = false

    private static let patience = 60.0

    // Sound: there is one client at a time that receives, on one thread. Made once: AddressSanitizer would map it anew for
    // every reading.
    nonisolated(unsafe) private static let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 128 << 10, alignment: 1)

    init(_ address: ServerAddress) {
        descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        check(descriptor >= 0, "socket: \(String(cString: strerror(errno)))")
        let result = address.withSocketAddress { connect(descriptor, $0, $1) }
        check(result == 0, "connect: \(String(cString: strerror(errno)))")
        if address.family == AF_INET {
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    deinit { close(descriptor) }

    /// Sends, and receives what the server wouldn't read on without being rid of.
    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty, !hasEndedSending {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count > 0 {
                sent += rest.prefix(count)
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                wait(for: POLLIN | POLLOUT)
                receiveAvailable()
            } else {
                return
            }
        }
    }

    /// Waits until the server has read what was sent, or doesn't want to.
    func waitUntilTaken() {
        let end = now() + 0.001
        while fuzzer_has_unread_bytes(descriptor) != 0, now() < end { sched_yield() }
    }

    /// Receives what has come.
    func receiveAvailable() {
        while !serverHasEnded {
            let buffer = Self.buffer
            let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                received += UnsafeRawBufferPointer(rebasing: buffer[..<count])
            } else if count < 0, errno == EAGAIN {
                return
            } else {
                serverHasEnded = true
            }
        }
    }

    /// Receives until a condition holds or the server has ended.
    ///
    /// - Parameter what: what is waited for.
    func receive(_ what: @autoclosure () -> String, until isEnough: () -> Bool) {
        let end = now() + Self.patience
        receiveAvailable()
        while !isEnough(), !serverHasEnded {
            wait(for: POLLIN)
            receiveAvailable()
            if now() > end {
                finding("waiting for \(what()); sent \(visible(sent)), received \(visible(received))")
            }
        }
    }

    func receiveToEnd() { receive("the end of the connection") { false } }

    /// Lets go of what was sent and received.
    func forget() { (sent, received) = ([], []) }

    func endSending() {
        guard !hasEndedSending else { return }
        hasEndedSending = true
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Lets the connection break when this object goes.
    func resetWhenGone() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    private func wait(for events: Int32) {
        var question = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        poll(&question, 1, 1000)
    }
}

/// Seconds of the monotonic clock.
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
