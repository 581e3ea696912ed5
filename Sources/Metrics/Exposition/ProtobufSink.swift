/// Takes the parts of a protobuf message in order: to write them, or only to add up their sizes.
protocol ProtobufSink {
    mutating func write(varint value: UInt64)
    mutating func write(bytes: UnsafeBufferPointer<UInt8>)
    /// Eight bytes, little-endian.
    mutating func write(fixed value: UInt64)
    /// A field that holds the message that `body` writes.
    mutating func nest(_ field: UInt64, _ body: (inout Self) -> Void)
}

extension ProtobufSink {
    mutating func write(_ field: UInt64, varint value: UInt64) {
        write(varint: field << 3)
        write(varint: value)
    }

    /// Zigzag-encoded, as sint32 and sint64 are.
    mutating func write(_ field: UInt64, signed value: Int64) {
        write(field, varint: UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    mutating func write(_ field: UInt64, _ value: Double) {
        write(varint: field << 3 | 1)
        write(fixed: value.bitPattern)
    }

    mutating func write(_ field: UInt64, _ text: String) {
        var text = text
        text.withUTF8 { bytes in
            write(varint: field << 3 | 2)
            write(varint: UInt64(bytes.count))
            write(bytes: bytes)
        }
    }
}

/// Adds up sizes.
struct ProtobufSize: ProtobufSink {
    private(set) var count = 0

    mutating func write(varint value: UInt64) { count += Self.of(varint: value) }
    mutating func write(bytes: UnsafeBufferPointer<UInt8>) { count += bytes.count }
    mutating func write(fixed: UInt64) { count += 8 }

    mutating func nest(_ field: UInt64, _ body: (inout ProtobufSize) -> Void) {
        let before = count
        body(&self)
        count += Self.of(varint: UInt64(count - before)) + Self.of(varint: field << 3)
    }

    private static func of(varint value: UInt64) -> Int {
        (UInt64.bitWidth - (value | 1).leadingZeroBitCount + 6) / 7
    }
}

/// Writes into an array of its own.
struct ProtobufBytes: ProtobufSink {
    private(set) var bytes: [UInt8] = []

    mutating func write(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func write(bytes: UnsafeBufferPointer<UInt8>) { self.bytes.append(contentsOf: bytes) }

    mutating func write(fixed value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func nest(_ field: UInt64, _ body: (inout ProtobufBytes) -> Void) {
        var message = ProtobufBytes()
        body(&message)
        write(varint: field << 3 | 2)
        write(varint: UInt64(message.bytes.count))
        bytes += message.bytes
    }
}

extension ByteWriter: ProtobufSink {
    mutating func write(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            write(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        write(UInt8(truncatingIfNeeded: rest))
    }

    mutating func write(bytes: UnsafeBufferPointer<UInt8>) { write(bytes) }

    mutating func write(fixed value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { write($0.bindMemory(to: UInt8.self)) }
    }

    mutating func nest(_ field: UInt64, _ body: (inout ByteWriter) -> Void) {
        write(varint: field << 3 | 2)
        // Most messages are shorter than 128 bytes, so that their length takes one; others are moved on.
        let place = count
        write(0)
        body(&self)
        let length = count - place - 1
        if length < 0x80 {
            overwrite(place, UInt8(length))
        } else {
            var size = ProtobufSize()
            size.write(varint: UInt64(length))
            moveOn(from: place + 1, by: size.count - 1)
            let end = count
            rewind(to: place)
            write(varint: UInt64(length))
            rewind(to: end)
        }
    }
}
