/// A parsed path template.
struct RouteTemplate {
    enum Segment: Equatable {
        case literal([UInt8])
        case parameter
    }

    let segments: [Segment]
    let parameterNames: [String]

    init(_ text: String) throws(RouterError) {
        // Not by characters, of which a slash and an accent behind it would be one.
        guard text.utf8.first == UInt8(ascii: "/") else { throw .malformedTemplate(text, "it must begin with '/'") }
        guard
            !text.unicodeScalars.contains(where: {
                $0 == "?" || $0 == "#" || $0 == "%" || $0.properties.isWhitespace
            })
        else {
            throw .malformedTemplate(text, "it must be a decoded path, without '?', '#', '%' and blanks")
        }
        var segments: [Segment] = []
        var names: [String] = []
        if text != "/" {
            let slash = UInt8(ascii: "/")
            let (opening, closing) = (UInt8(ascii: "{"), UInt8(ascii: "}"))
            for part in text.utf8.dropFirst().split(separator: slash, omittingEmptySubsequences: false) {
                guard part.contains(opening) || part.contains(closing) else {
                    segments.append(.literal(Array(part)))
                    continue
                }
                let name = String(Substring(part.dropFirst().dropLast()))
                guard part.first == opening, part.last == closing, part.count >= 3, name.utf8.allSatisfy(isNameByte)
                else {
                    throw .malformedTemplate(
                        text, "'\(Substring(part))' is neither literal nor a name in braces such as '{id}'")
                }
                guard !names.contains(name) else {
                    throw .malformedTemplate(text, "the parameter '\(name)' stands in it twice")
                }
                names.append(name)
                segments.append(.parameter)
            }
        }
        self.segments = segments
        self.parameterNames = names
    }
}

private func isNameByte(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") }

/// A mistake in the routes of a server.
public enum RouterError: Error, Equatable, CustomStringConvertible {
    /// A template that can't be one, and why.
    case malformedTemplate(String, String)
    /// Two routes of the same method match the same paths; the template is the later one's.
    case duplicateRoute(HTTPMethod, String)

    public var description: String {
        switch self {
        case .malformedTemplate(let template, let reason): "route template '\(template)': \(reason)"
        case .duplicateRoute(let method, let template): "route \(method.rawValue) \(template) is registered twice"
        }
    }
}
