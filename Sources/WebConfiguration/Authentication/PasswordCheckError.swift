internal import Glibc

/// Why a password couldn't be checked. Nobody is admitted then: the server answers 500 and logs this.
enum PasswordCheckError: Error, CustomStringConvertible {
    /// libcrypt has no bcrypt, or no memory; `code` is an errno.
    case bcryptFailed(code: Int32)
    /// No thread could be started; `code` is an errno.
    case noThread(code: Int32)

    var description: String {
        switch self {
        case .bcryptFailed(let code):
            "can't check a password: libcrypt's bcrypt failed: \(String(cString: strerror(code)))"
        case .noThread(let code): "can't check a password: no thread can be started: \(String(cString: strerror(code)))"
        }
    }
}
