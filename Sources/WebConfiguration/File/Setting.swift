/// A value in the file, and what an error needs to name it.
///
/// Values are read as strictly as the toolkit's reader does: nothing unknown, nothing of another type.
struct Setting {
    let file: String
    /// The keys on the way to it, such as `tls_server_config.cert_file`; empty for the whole file.
    let name: String
    /// The line of its key, or of itself in a list; from 1.
    let line: Int
    private let document: YAMLDocument
    private let node: YAMLDocument.Node

    /// - Parameter line: the one of its key; `nil` where it has none.
    init(file: String, name: String, line: Int? = nil, document: YAMLDocument, index: Int) {
        self.file = file
        self.name = name
        self.document = document
        node = document.nodes[index]
        self.line = line ?? node.line
    }

    func error(_ problem: String) -> WebConfigurationError {
        WebConfigurationError(file: file, line: line, problem: name.isEmpty ? problem : "\(name): \(problem)")
    }

    /// Whether there is nothing where a value could be.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = node.content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// Whether it asks for nothing: no value, or an empty text.
    var isBlank: Bool {
        guard case .scalar(let text, _) = node.content else { return false }
        return isNull || text.isEmpty
    }

    /// The settings in a mapping, by their keys.
    ///
    /// - Parameter known: the keys that it may have.
    func settings(_ known: [String]) throws(WebConfigurationError) -> [String: Setting] {
        var settings: [String: Setting] = [:]
        for (key, setting) in try entries() {
            guard known.contains(key) else {
                throw setting.error("unknown key; the known ones are \(known.joined(separator: ", "))")
            }
            settings[key] = setting
        }
        return settings
    }

    /// The entries of a mapping with keys of any name, in the file's order.
    func entries() throws(WebConfigurationError) -> [(key: String, setting: Setting)] {
        guard !isNull else { return [] }
        guard case .mapping(let pairs) = node.content, !node.isTagged else {
            throw error("must be keys with values, 'key: value'")
        }
        var entries: [(key: String, setting: Setting)] = []
        var seen: Set<String> = []
        for pair in pairs {
            let key = document.nodes[pair.key]
            func error(_ problem: String) -> WebConfigurationError {
                WebConfigurationError(
                    file: file, line: key.line, problem: "\(name.isEmpty ? "" : "\(name): ")\(problem)")
            }
            guard case .scalar(let text, _) = key.content, !key.isTagged else { throw error("a key must be text") }
            guard seen.insert(text).inserted else { throw error("'\(printable(text))' is given more than once") }
            let path = (name.isEmpty ? "" : "\(name).") + printable(text)
            entries.append(
                (text, Setting(file: file, name: path, line: key.line, document: document, index: pair.value)))
        }
        return entries
    }

    /// The text of a single value; empty when there is none.
    func text() throws(WebConfigurationError) -> String {
        guard !isNull else { return "" }
        guard case .scalar(let text, _) = node.content, !node.isTagged else { throw error("must be a single value") }
        return text
    }

    /// The texts of a list; `nil` when there is nothing.
    func list() throws(WebConfigurationError) -> [Setting]? {
        guard !isNull else { return nil }
        guard case .sequence(let items) = node.content, !node.isTagged else {
            throw error("must be a list, one '- value' a line")
        }
        return items.map { Setting(file: file, name: name, document: document, index: $0) }
    }

    /// `true` or `false`, or one of YAML 1.1's other words for them; `nil` when there is nothing.
    func flag() throws(WebConfigurationError) -> Bool? {
        guard !isNull else { return nil }
        guard case .scalar(let text, isPlain: true) = node.content, !node.isTagged else {
            throw error("must be true or false")
        }
        switch text {
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y": return true
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N": return false
        default: throw error("must be true or false")
        }
    }

    /// The one of these that the text is.
    func choice<Value>(_ values: [(name: String, value: Value)]) throws(WebConfigurationError) -> Value {
        let text = try text()
        guard let match = values.first(where: { $0.name == text }) else {
            throw error("'\(printable(text))' is none of \(values.map(\.name).joined(separator: ", "))")
        }
        return match.value
    }
}
