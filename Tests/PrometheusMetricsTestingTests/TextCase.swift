import PrometheusMetricsTesting
import Testing

/// A text and what a parser makes of it. In a table, `text` has a `|` for every line feed.
struct TextCase: Sendable, CustomTestStringConvertible {
    let text: String
    /// The line and a part of the reason with which it is refused; nil if it is accepted.
    let refusal: (line: Int, reason: String)?

    init(_ text: String, _ line: Int, _ reason: String) {
        self.text = text.replacing("|", with: "\n")
        refusal = (line, reason)
    }

    init(_ text: String) {
        self.text = text.replacing("|", with: "\n")
        refusal = nil
    }

    var testDescription: String { refusal?.reason ?? text }

    /// Checks what a parser makes of the text.
    func check(_ parse: (String) throws(ExpositionError) -> ParsedExposition) {
        do throws(ExpositionError) {
            _ = try parse(text)
            #expect(refusal == nil, "accepted: \(text)")
        } catch {
            guard let refusal else {
                Issue.record("refused: \(error)\n\(text)")
                return
            }
            #expect(error.line == refusal.line, "\(error)\n\(text)")
            #expect(error.reason.contains(refusal.reason), "\(error)\n\(text)")
        }
    }
}
