/// A sample that is known to belong to the family at hand.
struct MetricLine {
    let sample: ParsedSample
    let role: SampleRole
    /// The label that tells the samples of one metric apart, if the role has one.
    let label: String?
    let line: Int

    /// The labels that the samples of one metric share, sorted. An empty value is the same as no label.
    var metricLabels: [ParsedLabel] {
        let apart = label.map(ExactString.init)
        return sample.labels.filter { ExactString($0.name) != apart && !$0.value.isEmpty }
            .sorted { ExactString($0.name) < ExactString($1.name) }
    }

    var series: String { seriesText(sample.name, sample.labels) }

    /// The value as it was written.
    var text: String { sample.valueText }

    func error(_ reason: String) -> ExpositionError { ExpositionError(line: line, reason: reason) }
}
