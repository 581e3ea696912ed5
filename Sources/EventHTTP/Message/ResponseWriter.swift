internal import CLibevent
internal import Glibc

/// Where a reply is written, piece by piece, as fast as its client takes it.
///
/// Use it from one task at a time, within the closure that was given it.
// Sound: what changes is touched on the loop's thread only; `write` and `addTrailer` bring every caller there.
public final class ResponseWriter: @unchecked Sendable {
    private let loop: EventLoop
    private let framing: ResponseEncoder.Framing
    private let request: Request
    private let response: Response
    private var connection: Connection?
    private var missing: Int
    private var trailers = ""
    private var waiting: UnsafeContinuation<Void, any Error>?
    private(set) var hasBegun = false
    private(set) var contentBytes = 0

    /// Unsent bytes from which on writing waits, and down to which.
    private static let highWater = 64 << 10
    private static let lowWater = 16 << 10

    init(_ framing: ResponseEncoder.Framing, _ response: Response, for request: Request, on connection: Connection) {
        loop = connection.server.loop
        self.framing = framing
        self.response = response
        self.request = request
        self.connection = connection
        missing = if case .length(let count) = framing { count } else { .max }
        bufferevent_setwatermark(connection.bufferevent, Int16(EV_WRITE), Self.lowWater, 0)
    }

    /// Sends a piece of the content, and waits while the client hasn't taken most of what was written before: memory stays
    /// bounded by 64 KiB and the piece.
    ///
    /// Costs two copies of the piece at most; a chunk of its own where the length isn't known, so prefer pieces of some KiB.
    ///
    /// - Throws: `CancellationError` when the client has left or the server gives up;
    ///   ``ResponseWriterError/tooLong(length:)`` for more than the length that was said.
    public func write(_ bytes: [UInt8]) async throws {
        guard loop.isCurrent else {
            return try await withTaskExecutorPreference(loop) {
                // The loop has ended.
                guard self.loop.isCurrent else { throw CancellationError() }
                try await self.write(bytes)
            }
        }
        try Task.checkCancellation()
        guard connection != nil else { throw CancellationError() }
        guard bytes.count <= missing else { throw ResponseWriterError.tooLong(length: contentBytes + missing) }
        guard !bytes.isEmpty else { return }
        if missing != .max { missing -= bytes.count }
        contentBytes += bytes.count
        if framing == .chunked {
            let size = String(bytes.count, radix: 16)
            send(Array("\(size)\r\n".utf8) + bytes + [UInt8(ascii: "\r"), UInt8(ascii: "\n")])
        } else {
            send(bytes)
        }
        // Sending may have ended the connection.
        guard let connection = self.connection else { throw CancellationError() }
        guard connection.unsentBytes > Self.highWater else { return }
        connection.watchProgress()
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
                if Task.isCancelled || self.connection == nil {
                    continuation.resume(throwing: CancellationError())
                } else {
                    waiting = continuation
                }
            }
        } onCancel: {
            loop.perform { self.resume(throwing: CancellationError()) }
        }
    }

    /// ``write(_:)-([UInt8])`` for a string, in UTF-8.
    public func write(_ text: String) async throws { try await write(Array(text.utf8)) }

    /// Adds a field behind the content (RFC 9110 §6.5), sent where the content goes in chunks and left out otherwise.
    ///
    /// - Throws: ``ResponseWriterError/unsendableTrailer(_:)`` where the name is no token, the value would end the line, or
    ///   the field says how the message is framed or routed.
    public func addTrailer(_ name: String, _ value: String) async throws {
        guard isToken(name), isFieldValue(value), !Self.headerOnly.contains(name.lowercased()) else {
            throw ResponseWriterError.unsendableTrailer(name)
        }
        loop.perform { self.trailers += "\(name): \(value)\r\n" }
    }

    /// RFC 9110 §6.5.1.
    private static let headerOnly: Set = [
        "connection", "content-encoding", "content-length", "content-range", "content-type", "host", "set-cookie",
        "trailer", "transfer-encoding",
    ]

    private func send(_ bytes: [UInt8]) {
        guard let connection else { return }
        if hasBegun { return bytes.withUnsafeBytes { connection.send($0, .empty) } }
        hasBegun = true
        _ = connection.encode(response, framing, omitsContent: false, for: request)
        connection.send(connection.server.encoder.bytes, .bytes(bytes))
    }

    /// Whether as much was written as was said.
    var isWhole: Bool { missing == 0 || missing == .max }

    /// Sends what comes behind the content.
    func finish() { send(framing == .chunked ? Array("0\r\n\(trailers)\r\n".utf8) : []) }

    func drained() {
        connection?.deadline.clear()
        waiting?.resume()
        waiting = nil
    }

    func connectionEnded() {
        connection = nil
        resume(throwing: CancellationError())
    }

    private func resume(throwing error: any Error) {
        waiting?.resume(throwing: error)
        waiting = nil
    }
}

/// What a ``ResponseWriter`` can't send.
public enum ResponseWriterError: Error, Hashable, CustomStringConvertible {
    /// There is more content than was said.
    case tooLong(length: Int)
    /// There was less content than was said.
    case tooShort(length: Int, written: Int)
    /// A trailer field that can't be sent as one.
    case unsendableTrailer(String)

    public var description: String {
        switch self {
        case .tooLong(let length): "the content is longer than the \(length) bytes that were said"
        case .tooShort(let length, let written): "the content is \(written) bytes, not the \(length) that were said"
        case .unsendableTrailer(let name): "the trailer field \(name.debugDescription) can't be sent"
        }
    }
}
