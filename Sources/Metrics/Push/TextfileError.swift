internal import Glibc

/// Why a textfile wasn't written.
public enum TextfileError: Error, Hashable, CustomStringConvertible {
    case invalidPath(String, reason: String)
    /// The system's error number is one of errno(3).
    case system(path: String, step: Step, errno: Int32)

    /// Where writing stopped.
    public enum Step: String, Sendable {
        case openFolder = "open its folder"
        case create = "create a temporary file beside it"
        case write = "write a temporary file beside it"
        case sync = "sync a temporary file beside it"
        case rename = "rename a temporary file to it"
        /// The new file is in place, but may be gone after a crash of the system.
        case syncFolder = "sync its folder"
    }

    public var description: String {
        switch self {
        case .invalidPath(let path, let reason):
            "textfile '\(path)': \(reason)"
        case .system(let path, let step, let errno):
            "textfile '\(path)': can't \(step.rawValue): \(String(cString: strerror(errno)))"
        }
    }
}
