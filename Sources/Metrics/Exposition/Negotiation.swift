/// What a scraper gets: the outcome of ``ContentNegotiation``.
public struct NegotiatedFormat: Sendable, Hashable {
    /// The syntax to render.
    public let format: ExpositionFormat
    /// How to write names that aren't legacy-valid.
    public let escaping: EscapingScheme
    /// The Content-Type to send; it names the escaping scheme if, and only if, the client asked for it.
    public let contentType: String

    /// - Parameter escaping: the scheme that the client asked for, if there is one.
    init(_ format: ExpositionFormat, escaping: EscapingScheme?) {
        self.format = format
        self.escaping = escaping ?? .underscores
        contentType = format.contentType(escaping: escaping)
    }
}

/// Chooses the format of an exposition by what a client accepts (RFC 9110 §12.5.1).
public enum ContentNegotiation {
    /// The format that the client likes best among those offered.
    ///
    /// The most specific media range decides a format's weight; the highest weight wins, at equal weights a format that
    /// is named before one that only a wildcard covers, then the order in the header. Wildcards cover the text format
    /// 0.0.4 alone: whoever wants another says so. OpenMetrics without a version means 1.0.0; a version that isn't
    /// offered means nothing. Parameters that no format has are ignored, malformed media ranges left out.
    ///
    /// Costs O(length of the header); safe from any thread.
    ///
    /// - Parameters:
    ///   - accept: the values of all lines of the Accept field; none, if it wasn't sent.
    ///   - offering: the formats that can be rendered. Text 0.0.4 with underscores is the answer when none of them is
    ///     acceptable, even if it isn't among them: a scrape that is refused helps nobody.
    public static func negotiate(
        accept: [String], offering: Set<ExpositionFormat> = ExpositionFormat.stable
    ) -> NegotiatedFormat {
        let ranges = WeightedElement.list(accept)
        var best: Match?
        // The order of the set doesn't matter: no range covers two formats, so no two matches are equal.
        for format in offering {
            guard let match = match(format, ranges), match.weight > 0 else { continue }
            if best.map({ $0.isBehind(match) }) ?? true { best = match }
        }
        return best?.outcome(ranges) ?? NegotiatedFormat(.text, escaping: nil)
    }

    /// A format, and the media range that decides its weight.
    private struct Match {
        let format: ExpositionFormat
        /// The index of the range.
        let position: Int
        /// 0 for `*/*`, 1 for `type/*`, from 2 on for a named type, one more for each parameter.
        let specificity: Int
        let weight: Int

        func isBehind(_ other: Match) -> Bool {
            if weight != other.weight { return weight < other.weight }
            if (specificity < 2) != (other.specificity < 2) { return specificity < 2 }
            return position > other.position
        }

        func outcome(_ ranges: [WeightedElement]) -> NegotiatedFormat {
            NegotiatedFormat(
                format, escaping: ranges[position][parameter: "escaping"].flatMap(EscapingScheme.init(rawValue:)))
        }
    }

    private static func match(_ format: ExpositionFormat, _ ranges: [WeightedElement]) -> Match? {
        var best: Match?
        for (position, range) in ranges.enumerated() {
            guard let specificity = specificity(of: range, for: format) else { continue }
            if let best, (best.specificity, best.weight) >= (specificity, range.weight) { continue }
            best = Match(format: format, position: position, specificity: specificity, weight: range.weight)
        }
        return best
    }

    /// How precisely a media range names a format; `nil` if it doesn't cover it.
    private static func specificity(of range: WeightedElement, for format: ExpositionFormat) -> Int? {
        if range.value != format.mediaType {
            guard format == .text else { return nil }
            return ["*/*": 0, "text/*": 1][range.value]
        }
        var specificity = 2
        for parameter in format.parameters {
            if let value = range[parameter: parameter.name] {
                // The names of charsets are case-insensitive (RFC 9110 §8.3.2).
                guard value == parameter.value || parameter.name == "charset" && value.lowercased() == parameter.value
                else { return nil }
                specificity += 1
            } else if !parameter.isImplied {
                return nil
            }
        }
        return specificity
    }
}
