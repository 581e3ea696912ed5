/// A series as the formats write it, with quotes around names that need them: `x_total{path="/"}`.
func seriesText(_ name: String, _ labels: [ParsedLabel]) -> String {
    if !isPlain(name, colons: true) { return labelsText(labels, first: [quoted(name)]) }
    return labels.isEmpty ? name : name + labelsText(labels)
}

/// Labels in braces.
func labelsText(_ labels: [ParsedLabel], first: [String] = []) -> String {
    let pairs = labels.map { (isPlain($0.name, colons: false) ? $0.name : quoted($0.name)) + "=" + quoted($0.value) }
    return "{\((first + pairs).joined(separator: ","))}"
}

/// A name as metadata writes it, with quotes if it needs them.
func nameText(_ name: String) -> String { isPlain(name, colons: true) ? name : quoted(name) }

/// Escapes backslashes, line feeds and double quotes, as OpenMetrics does everywhere.
func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": escaped += #"\\"#
        case "\n": escaped += #"\n"#
        case "\"": escaped += #"\""#
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}

private func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

private func isPlain(_ name: String, colons: Bool) -> Bool {
    guard let first = name.utf8.first, !first.isDigit else { return false }
    return name.utf8.allSatisfy { $0.isNameCharacter && (colons || $0 != UInt8(ascii: ":")) }
}
