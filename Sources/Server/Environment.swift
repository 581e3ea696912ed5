internal import ArgumentParser
internal import Glibc

/// The environment variables that stand in for options.
enum Environment {
    /// The variable's value; `nil` when it is unset or empty.
    static func value<Value: ExpressibleByArgument>(_ name: String) throws -> Value? {
        guard let text = text(name) else { return nil }
        guard let value = Value(argument: text) else {
            throw ValidationError("The value '\(text)' is invalid for the environment variable \(name)")
        }
        return value
    }

    /// The parts of the variable's value, separated by commas; `nil` when it is unset or empty.
    static func list(_ name: String) -> [String]? {
        guard let text = text(name) else { return nil }
        return text.split(separator: ",", omittingEmptySubsequences: false).map {
            String($0.filter { !$0.isWhitespace })
        }
    }

    private static func text(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
