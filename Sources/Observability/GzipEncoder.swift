internal import CZlib

/// Compresses a stream of bytes as gzip (RFC 1952), piece by piece.
///
/// ```swift
/// var encoder = try GzipEncoder()
/// for piece in pieces { encoder.append(piece, to: &output) }
/// encoder.finish(to: &output)
/// ```
///
/// Holds about 285 kB from its creation until it goes, and allocates nothing in between but where `output` grows. Not for
/// use from several threads at once.
public struct GzipEncoder: ~Copyable {
    /// An exposition of 100,000 series (12 MB) took 31 ms and became 1.07 MB at level 1, 39 ms and 1.02 MB at 3, 95 ms
    /// and 0.86 MB at 6, 276 ms and 0.81 MB at 9. It repeats itself so much that the fastest finds most of it, and the
    /// time is taken from requests.
    public static let defaultLevel = 1

    // On the heap, because zlib keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>
    private let chunk: UnsafeMutableBufferPointer<UInt8>

    /// - Parameter level: from 1, the fastest, to 9, the smallest.
    public init(level: Int = GzipEncoder.defaultLevel) throws(GzipError) {
        guard (1...9).contains(level) else { throw .invalidLevel(level) }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard sightline_deflate_init_gzip(stream, Int32(level)) == Z_OK else {
            stream.deallocate()
            throw .outOfMemory
        }
        self.stream = stream
        chunk = .allocate(capacity: 16384)
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        chunk.deallocate()
    }

    /// Compresses a piece of the content, and appends what is finished to `output`: often nothing, until enough has come
    /// together. Blocks for as long as it takes, 3 to 10 ms per MB of an exposition.
    public mutating func append(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        // zlib counts in 32 bits.
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            rest = rest.dropFirst(piece.count)
            // Sound: zlib only reads through this pointer, and no longer than `deflate` below runs.
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: piece.assumingMemoryBound(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = UInt32(piece.count)
            deflate(Z_NO_FLUSH, to: &output)
        }
    }

    /// As ``append(_:to:)-(UnsafeRawBufferPointer,_)``.
    public mutating func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        bytes.withUnsafeBytes { append($0, to: &output) }
    }

    /// Appends the end of the content. The encoder then is as new: what is appended next begins another content.
    public mutating func finish(to output: inout [UInt8]) {
        deflate(Z_FINISH, to: &output)
        deflateReset(stream)
    }

    /// Runs until zlib has taken all input and has nothing more to give.
    private mutating func deflate(_ flush: Int32, to output: inout [UInt8]) {
        repeat {
            stream.pointee.next_out = chunk.baseAddress
            stream.pointee.avail_out = UInt32(chunk.count)
            let result = CZlib.deflate(stream, flush)
            // It fails only on a stream that was destroyed or is used in two places; going on would lose content.
            precondition(result != Z_STREAM_ERROR, "zlib's stream is corrupt")
            output.append(contentsOf: chunk[..<(chunk.count - Int(stream.pointee.avail_out))])
        } while stream.pointee.avail_out == 0
    }
}

/// Why a ``GzipEncoder`` can't be made.
public enum GzipError: Error, Hashable, CustomStringConvertible {
    /// The level isn't from 1 to 9.
    case invalidLevel(Int)
    /// zlib got no memory.
    case outOfMemory

    public var description: String {
        switch self {
        case .invalidLevel(let level): "\(level) is no gzip level: choose one from 1 to 9"
        case .outOfMemory: "no memory for a gzip encoder"
        }
    }
}
