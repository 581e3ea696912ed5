public import PrometheusMetrics

extension MetricsRegistry {
    /// The value of one series as a scrape shows it: `registry.value(of: "orders_total", ["kind": "book"])`.
    ///
    /// Renders and parses everything: for tests.
    ///
    /// - Parameters:
    ///   - name: the sample's name, suffix included: `request_seconds_count`.
    ///   - labels: all labels of the series, constant ones and `le` or `quantile` included, in any order.
    /// - Returns: `nil` if no such series is exposed.
    public func value(of name: String, _ labels: [String: String] = [:]) -> Double? {
        try? parsed().value(of: name, labels)
    }

    /// How what the registry exposes differs from a text exposition (version 0.0.4).
    ///
    /// ```swift
    /// #expect(try registry.difference(from: "# HELP orders_total Orders.\n…", ignoring: ["process_*"]).isEmpty)
    /// ```
    ///
    /// - Parameter ignored: as for ``ExpositionDifference/init(expected:actual:ignoring:)``.
    /// - Throws: ``ExpositionError`` when `expected` can't be read.
    public func difference(
        from expected: String, ignoring ignored: [String] = []
    ) throws(ExpositionError) -> ExpositionDifference {
        ExpositionDifference(expected: try ParsedExposition(text: expected), actual: try parsed(), ignoring: ignored)
    }

    /// What `promtool check metrics` would say of what the registry exposes.
    public func lint() throws(ExpositionError) -> [LintProblem] { Lint.problems(in: try parsed()) }

    private func parsed() throws(ExpositionError) -> ParsedExposition {
        try ParsedExposition(text: Exposition.bytes(snapshot(), escaping: .allowUTF8))
    }
}
