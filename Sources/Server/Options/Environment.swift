internal import ArgumentParser
internal import Glibc

/// The environment variables that stand in for options: `SERVER_MAX_SCRAPES` for `--max-scrapes`.
enum Environment {
    /// What the command line says, or else the option's variable; `nil` when neither says anything.
    static func value<Value: ExpressibleByArgument>(_ given: Value?, option: String) throws -> Value? {
        if let given { return given }
        let name = variable(of: option)
        guard let text = text(name) else { return nil }
        guard let value = Value(argument: text) else {
            throw ValidationError("The value '\(text)' is invalid for the environment variable \(name)")
        }
        return value
    }

    /// The same for a number that has to lie in a range.
    static func number<Number: ExpressibleByArgument & Comparable>(
        _ given: Number?, option: String, in range: ClosedRange<Number>
    ) throws -> Number? {
        guard let number = try value(given, option: option) else { return nil }
        guard range.contains(number) else {
            throw ValidationError(
                "--\(option) is \(number); give a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The same for an option that can be repeated; the variable's parts are separated by commas.
    static func list(_ given: [String], option: String) -> [String]? {
        if !given.isEmpty { return given }
        guard let text = text(variable(of: option)) else { return nil }
        return text.split(separator: ",", omittingEmptySubsequences: false).map {
            String($0.filter { !$0.isWhitespace })
        }
    }

    /// Whether a flag was given, or its variable says `true`, `1`, `yes` or `on`.
    static func flag(_ given: Bool, option: String) throws -> Bool {
        let name = variable(of: option)
        guard !given, let text = text(name) else { return given }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default:
            throw ValidationError("The value '\(text)' is invalid for the environment variable \(name): true or false")
        }
    }

    /// `nil` when it is unset or empty.
    static func text(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    private static func variable(of option: String) -> String {
        "SERVER_" + option.uppercased().replacing("-", with: "_")
    }
}
