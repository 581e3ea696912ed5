extension WebConfiguration {
    /// - Parameter section: `http_server_config`.
    static func headers(_ section: Setting?) throws(WebConfigurationError) -> [(name: String, value: String)] {
        guard let settings = try section?.settings(["http2", "headers"]) else { return [] }
        // Checked, though it has no effect: only HTTP/1.1 is spoken.
        _ = try settings["http2"]?.flag()
        guard let fields = settings["headers"] else { return [] }
        _ = try fields.settings(allowedValues.map(\.name))
        var headers: [(name: String, value: String)] = []
        for (name, setting) in try fields.entries() {
            let value = try setting.text()
            if value.isEmpty { continue }
            if let allowed = allowedValues.first(where: { $0.name == name })?.values {
                _ = try setting.choice(allowed.map { ($0, $0) })
            }
            guard value.unicodeScalars.allSatisfy({ $0 == "\t" || $0.properties.generalCategory != .control }) else {
                throw setting.error("a line break or another control character can't be sent in a header field")
            }
            headers.append((name, value))
        }
        return headers
    }

    /// The fields that can be set, and what they can be set to, where that is limited.
    private static let allowedValues: [(name: String, values: [String]?)] = [
        ("Content-Security-Policy", nil),
        ("X-Frame-Options", ["deny", "sameorigin"]),
        ("X-Content-Type-Options", ["nosniff"]),
        ("X-XSS-Protection", nil),
        ("Strict-Transport-Security", nil),
    ]

    /// - Parameter section: `rate_limit`.
    static func refuseRateLimit(_ section: Setting?) throws(WebConfigurationError) {
        guard let section, let interval = try section.settings(["interval", "burst"])["interval"] else { return }
        // An interval of zero switches it off, whatever its unit.
        guard ["", "0", "0s", "0ms"].contains(try interval.text()) else {
            throw interval.error("limiting the rate isn't supported: remove it, or set it to 0")
        }
    }
}
