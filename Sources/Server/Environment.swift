internal import ArgumentParser
internal import Glibc

/// The environment variables that stand in for options.
struct Environment {
    private let lookup: @Sendable (String) -> String?

    static let current = Environment { name in getenv(name).map { String(cString: $0) } }

    init(_ lookup: @escaping @Sendable (String) -> String?) { self.lookup = lookup }

    /// The variable's value; `nil` when it is unset or empty.
    func value<Value: ExpressibleByArgument>(_ name: String) throws -> Value? {
        guard let text = lookup(name), !text.isEmpty else { return nil }
        guard let value = Value(argument: text) else {
            throw ValidationError("The value '\(text)' is invalid for the environment variable \(name)")
        }
        return value
    }

    /// The parts of the variable's value, separated by commas; `nil` when it is unset or empty.
    func list(_ name: String) -> [String]? {
        guard let text = lookup(name), !text.isEmpty else { return nil }
        return text.split(separator: ",", omittingEmptySubsequences: false).map {
            String($0.filter { !$0.isWhitespace })
        }
    }
}
