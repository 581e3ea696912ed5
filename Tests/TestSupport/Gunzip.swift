internal import CZlib

/// Unpacks gzip (RFC 1952), every member of it; fails unless the last one is complete and the checksums are right.
public func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
    // On the heap, because zlib keeps its address.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    defer { stream.deallocate() }
    stream.initialize(to: z_stream())
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
        throw TestFailure("inflateInit2 failed")
    }
    defer { inflateEnd(stream) }
    var input = bytes
    var output: [UInt8] = []
    try input.withUnsafeMutableBufferPointer { input in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        while true {
            var result = Z_OK
            output += [UInt8](unsafeUninitializedCapacity: 65536) { chunk, count in
                stream.pointee.next_out = chunk.baseAddress
                stream.pointee.avail_out = UInt32(chunk.count)
                result = inflate(stream, Z_NO_FLUSH)
                count = chunk.count - Int(stream.pointee.avail_out)
            }
            switch result {
            case Z_OK: continue
            case Z_STREAM_END where stream.pointee.avail_in == 0: return
            case Z_STREAM_END: inflateReset(stream)
            case Z_BUF_ERROR: throw TestFailure("gzip: the end is missing")
            default: throw TestFailure("gzip: \(stream.pointee.msg.map { String(cString: $0) } ?? "error \(result)")")
            }
        }
    }
    return output
}
