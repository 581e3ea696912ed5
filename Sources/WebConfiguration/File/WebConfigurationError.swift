/// Why a file is no web configuration. The description is one line: `web.yml:7: basic_auth_users.alice: …`.
public struct WebConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file's path, as it was given.
    public let file: String
    /// The line, from 1; `nil` when it is about the file as a whole.
    public let line: Int?
    /// What is wrong, beginning with the setting's name, and what to do about it. Never holds a secret.
    public let problem: String

    /// An error from its parts; see the properties.
    public init(file: String, line: Int?, problem: String) {
        self.file = file
        self.line = line
        self.problem = problem
    }

    public var description: String { "\(file):\(line.map { "\($0):" } ?? "") \(problem)" }
}
