/// What becomes of a name that isn't legacy-valid (`[a-zA-Z_:][a-zA-Z0-9_:]*`, for labels without `:`) in an exposition.
///
/// The raw value is what a scraper writes as the `escaping` parameter of a media type. The rules are those of
/// `EscapeName` in Prometheus' `common/model`, with one exception: there a colon in a label's name stays as it is, here
/// it is escaped, because no version of the server reads such a label, and the whole scrape would be lost.
public enum EscapingScheme: String, Sendable, Hashable, CaseIterable {
    /// Names stay as they are; the syntax quotes those that need it.
    case allowUTF8 = "allow-utf-8"
    /// Every character that isn't allowed becomes `_`. Different names can become the same one.
    case underscores
    /// `.` becomes `_dot_`, `_` becomes `__` (in every name), whatever else isn't allowed becomes `__`.
    case dots
    /// Names that are legacy-valid stay. Others begin with `U__`, `_` becomes `__`, and what isn't allowed becomes its
    /// code point in lower-case hexadecimal between underscores: `a.b` is `U__a_2e_b`.
    case values

    /// The name as this scheme writes it. Costs O(length); allocates nothing where the name stays as it is.
    public func escape(metricName: String) -> String { escape(metricName, allowsColon: true) }

    /// As ``escape(metricName:)``, for the name of a label.
    public func escape(labelName: String) -> String { escape(labelName, allowsColon: false) }

    private func escape(_ name: String, allowsColon: Bool) -> String {
        if self == .allowUTF8 { return name }
        func isAllowed(_ character: Unicode.Scalar, first: Bool) -> Bool {
            switch character {
            case "a"..."z", "A"..."Z", "_": true
            case "0"..."9": !first
            case ":": allowsColon
            default: false
            }
        }
        var isFirst = true
        let stays = name.utf8.allSatisfy { byte in
            defer { isFirst = false }
            return isAllowed(Unicode.Scalar(byte), first: isFirst) && !(self == .dots && byte == UInt8(ascii: "_"))
        }
        if stays { return name }

        var escaped = self == .values ? "U__" : ""
        isFirst = true
        for character in name.unicodeScalars {
            let isAllowed = isAllowed(character, first: isFirst)
            isFirst = false
            switch (self, character) {
            case (.underscores, _): escaped.unicodeScalars.append(isAllowed ? character : "_")
            case (_, "_"): escaped += "__"
            case (.dots, "."): escaped += "_dot_"
            case _ where isAllowed: escaped.unicodeScalars.append(character)
            case (.dots, _): escaped += "__"
            default: escaped += "_" + String(character.value, radix: 16) + "_"
            }
        }
        return escaped
    }
}
