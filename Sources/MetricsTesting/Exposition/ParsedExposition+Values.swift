extension ParsedExposition {
    /// The family of this name, as the metadata spells it; nil if there is none. O(families).
    public func family(_ name: String) -> ParsedFamily? {
        families.first { ExactString($0.name) == ExactString(name) }
    }

    /// The value of one series: `value(of: "x_total", ["path": "/"])`. O(samples).
    ///
    /// - Parameters:
    ///   - name: the sample's name, suffix included, which is the same in both formats.
    ///   - labels: all labels of the series, `le` or `quantile` included, in any order. An empty value is the same as
    ///     no label.
    /// - Returns: nil if no such series is exposed; the latest value if it is exposed with several timestamps.
    public func value(of name: String, _ labels: [String: String] = [:]) -> Double? {
        sample(name, labels)?.value
    }

    /// The sample of one series, for its exemplar, its timestamp or its text; otherwise as ``value(of:_:)``.
    public func sample(_ name: String, _ labels: [String: String] = [:]) -> ParsedSample? {
        let wanted = Set(labels.map { ParsedLabel(name: $0.key, value: $0.value) }.filter { !$0.value.isEmpty })
        for family in families {
            let sample = family.samples.last {
                ExactString($0.name) == ExactString(name) && Set($0.labels.filter { !$0.value.isEmpty }) == wanted
            }
            if let sample { return sample }
        }
        return nil
    }
}
