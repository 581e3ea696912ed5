internal import EventHTTP
internal import FoundationEssentials

/// Why content is no notification, in words for its sender.
struct NotificationError: Error, CustomStringConvertible {
    let description: String

    /// - Parameter problem: may quote the content, and so be of any length.
    fileprivate init(_ problem: String) { description = LogText.escaped(String(problem.unicodeScalars.prefix(300))) }
}

extension AlertNotification {
    /// - Parameter content: JSON, whatever its sender calls it.
    init(json content: [UInt8]) throws(NotificationError) {
        guard !content.isEmpty else { throw NotificationError("there is no content") }
        guard String(validating: content, as: UTF8.self) != nil else {
            throw NotificationError("the content isn't UTF-8")
        }
        do {
            self = try JSONDecoder().decode(AlertNotification.self, from: Data(content))
        } catch let error as DecodingError {
            throw NotificationError(error.problem)
        } catch {
            throw NotificationError("\(error)")
        }
    }
}

extension DecodingError {
    fileprivate var problem: String {
        switch self {
        case .keyNotFound(let key, let context): "\(Self.text(context.codingPath + [key])) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            if context.codingPath.isEmpty {
                context.debugDescription
            } else {
                "\(Self.text(context.codingPath)): \(context.debugDescription)"
            }
        @unknown default: "\(self)"
        }
    }

    /// `alerts[0].labels.severity`
    private static func text(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }
}
