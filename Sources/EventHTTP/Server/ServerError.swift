internal import Glibc

/// Why a server can't be started.
public enum ServerError: Error, CustomStringConvertible {
    /// An address isn't of the form HOST:PORT, unix:PATH or fd:NUMBER.
    case invalidAddress(String)
    /// An address names a host that has none.
    case unknownHost(address: String, reason: String)
    /// Something else listens there.
    case addressInUse(String)
    /// The system doesn't let the server listen there; `code` is an errno.
    case cannotListen(address: String, code: Int32)
    /// A header field for all responses whose name is no token, or whose value would end the line.
    case unsendableHeader(String)
    /// A call of the system or of libevent failed; `code` is an errno.
    case system(call: String, code: Int32)

    public var description: String {
        switch self {
        case .invalidAddress(let address):
            "'\(address)' is no address to listen on: give HOST:PORT, such as 127.0.0.1:5000 or [::1]:5000, or unix:PATH"
        case .unknownHost(let address, let reason):
            "can't listen on \(address): \(reason)"
        case .addressInUse(let address):
            "can't listen on \(address): the address is in use; stop what listens there or choose another port"
        case .cannotListen(let address, let code):
            "can't listen on \(address): \(String(cString: strerror(code)))"
        case .unsendableHeader(let name):
            "the header field \(name.debugDescription) can't be sent: its name is no token, or its value would end the line"
        case .system(let call, let code):
            "\(call) failed: \(String(cString: strerror(code)))"
        }
    }
}
