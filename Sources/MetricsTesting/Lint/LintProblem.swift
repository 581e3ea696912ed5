/// A breach of Prometheus' naming conventions.
public struct LintProblem: Sendable, Hashable, CustomStringConvertible {
    /// The metric's name as the text format has it: a counter's with `_total`, an info's with `_info`.
    public let metric: String
    /// What is wrong and what to write instead.
    public let text: String

    public var description: String { "\(metric): \(text)" }
}
