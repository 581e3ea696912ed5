internal import Glibc

/// Bytes that are written one after the other, into memory that is used again and again.
struct ByteBuffer: ~Copyable {
    // Sound: grown before it is written to, by nobody but `append`; freed with the buffer.
    private var memory = UnsafeMutableRawPointer.allocate(byteCount: 1024, alignment: 1)
    private var capacity = 1024
    private(set) var count = 0

    deinit { memory.deallocate() }

    /// Good until the buffer is changed.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    mutating func removeAll() { count = 0 }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        if bytes.count > capacity - count { grow(by: bytes.count) }
        memcpy(memory + count, start, bytes.count)
        count += bytes.count
    }

    mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    mutating func append(_ text: StaticString) {
        append(text.bytes)
    }

    /// In UTF-8.
    mutating func append(_ text: String) {
        text.withBytes { append(UnsafeRawBufferPointer($0)) }
    }

    /// In decimal digits.
    mutating func append(_ number: UInt) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = digits.count
            var rest = number
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[start...]))
        }
    }

    private mutating func grow(by needed: Int) {
        capacity = max(2 * capacity, count + needed)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        memcpy(larger, memory, count)
        memory.deallocate()
        memory = larger
    }
}

extension String {
    /// Gives its UTF-8, which is in one piece in all strings but those that Objective-C made. `utf8Span` takes several times
    /// as long.
    @inline(__always)
    func withBytes<Result>(_ body: (Octets) -> Result) -> Result { utf8.withContiguousStorageIfAvailable(body)! }
}

extension StaticString {
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
