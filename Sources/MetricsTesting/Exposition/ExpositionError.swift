/// Why a text is not an exposition of the format that it was read as.
public struct ExpositionError: Error, Hashable, CustomStringConvertible {
    /// The line at fault, from 1. For what is missing, the last line of what should have had it.
    public let line: Int
    /// What is wrong and, where it isn't obvious, what the format asks for.
    public let reason: String

    /// An error at a line, from 1.
    public init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    public var description: String { "line \(line): \(reason)" }
}
