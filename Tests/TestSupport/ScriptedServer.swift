internal import Foundation
internal import Glibc

/// A server for one connection that does what a test tells it to, byte for byte.
public final class ScriptedServer: Sendable {
    public let port: UInt16
    private let listener: Int32
    private let ended = DispatchGroup()

    /// - Parameter script: runs on a thread of its own when a client has connected; the connection ends with it.
    public init(_ script: @escaping @Sendable (Peer) -> Void) throws {
        let (listener, port) = try listenOnLoopback(backlog: 1)
        self.listener = listener
        self.port = port
        ended.enter()
        Thread.detachNewThread { [ended] in
            let descriptor = accept(listener, nil, nil)
            if descriptor >= 0 { script(Peer(descriptor)) }
            ended.leave()
        }
    }

    deinit {
        // Ends `accept`, if nobody came.
        shutdown(listener, Int32(SHUT_RDWR))
        ended.wait()
        close(listener)
    }

    /// The server's end of the connection.
    public final class Peer {
        private let descriptor: Int32

        fileprivate init(_ descriptor: Int32) {
            self.descriptor = descriptor
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }

        deinit { close(descriptor) }

        /// Reads until `text` ends what has come, or the client sends no more.
        @discardableResult public func receive(until text: String) -> String {
            var received: [UInt8] = []
            let end = Array(text.utf8)
            var byte: UInt8 = 0
            while !received.suffix(end.count).elementsEqual(end), recv(descriptor, &byte, 1, 0) == 1 {
                received.append(byte)
            }
            return String(decoding: received, as: UTF8.self)
        }

        /// - Returns: whether the client was still there.
        @discardableResult public func send(_ text: String) -> Bool {
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                let sent = bytes.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { return false }
                bytes = bytes.dropFirst(sent)
            }
            return true
        }

        /// Reads, and throws away, what the client sends until it leaves.
        public func waitForEnd() {
            withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { bytes in
                while recv(descriptor, bytes.baseAddress, bytes.count, 0) > 0 {}
            }
        }

        /// Lets the connection end with a reset.
        public func reset() {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
    }
}
