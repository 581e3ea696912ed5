extension ParsedSample: CustomStringConvertible {
    /// The line as OpenMetrics writes it; a timestamp of the text format is in seconds here too.
    public var description: String {
        var text = "\(seriesText(name, labels)) \(valueText)"
        if let timestamp { text += " \(timestamp)" }
        if let exemplar { text += " # \(exemplar)" }
        return text
    }
}

extension ParsedExemplar: CustomStringConvertible {
    /// The exemplar as OpenMetrics writes it, without the `#` in front.
    public var description: String {
        let text = "\(labelsText(labels)) \(valueText)"
        return timestamp.map { "\(text) \($0)" } ?? text
    }
}
