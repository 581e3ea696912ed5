internal import Glibc

/// Why a textfile wasn't written.
public enum TextfileError: Error, Hashable, CustomStringConvertible {
    /// The path can't be a textfile's.
    case invalidPath(String, reason: String)
    /// The system's error number is one of errno(3).
    case system(path: String, step: Step, errno: Int32)

    /// Where writing stopped.
    public enum Step: String, Sendable {
        /// Its folder isn't there, or isn't accessible.
        case openFolder = "open its folder"
        /// Its folder takes no new file.
        case create = "create a temporary file beside it"
        /// The disk is full, for one.
        case write = "write a temporary file beside it"
        /// The disk didn't take the content.
        case sync = "sync a temporary file beside it"
        /// The path is a folder, for one.
        case rename = "rename a temporary file to it"
        /// The new file is in place, but may be gone after a crash of the system.
        case syncFolder = "sync its folder"
    }

    /// What went wrong, with the system's words for it.
    public var description: String {
        switch self {
        case .invalidPath(let path, let reason):
            "textfile '\(path)': \(reason)"
        case .system(let path, let step, let errno):
            "textfile '\(path)': can't \(step.rawValue): \(String(cString: strerror(errno)))"
        }
    }
}
