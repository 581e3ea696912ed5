internal import CLibevent

extension [UInt8] {
    /// What an evbuffer holds, copied.
    init(copying buffer: OpaquePointer) {
        let count = evbuffer_get_length(buffer)
        self.init(unsafeUninitializedCapacity: count) { bytes, initialized in
            initialized = Swift.max(0, Int(evbuffer_copyout(buffer, bytes.baseAddress, count)))
        }
    }
}
