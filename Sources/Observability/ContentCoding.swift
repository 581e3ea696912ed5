internal import PrometheusMetrics

/// How the content of a response is coded (RFC 9110 §8.4.1). The raw value is what stands in Content-Encoding.
public enum ContentCoding: String, Sendable, Hashable {
    /// As it is; Content-Encoding is left out.
    case identity
    /// RFC 1952.
    case gzip

    /// Gzip where the client accepts it and doesn't say that it would rather have the content as it is
    /// (RFC 9110 §12.5.3).
    ///
    /// Whoever accepts neither gets the content as it is: a scrape that is refused helps nobody. Malformed elements are
    /// left out. Costs O(length of the header); safe from any thread.
    ///
    /// - Parameter acceptEncoding: the values of all lines of the Accept-Encoding field; none, if it wasn't sent.
    public static func negotiate(acceptEncoding: [String]) -> ContentCoding {
        let elements = WeightedElement.list(acceptEncoding)
        func weight(_ codings: String...) -> Int? {
            elements.filter { codings.contains($0.value) }.map(\.weight).max()
        }
        let gzip = weight("gzip", "x-gzip") ?? weight("*") ?? 0
        return gzip > 0 && gzip >= weight("identity") ?? 0 ? .gzip : .identity
    }
}
