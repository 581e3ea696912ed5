/// Families whose series may each have labels of other names, as the metrics of another system do: to Prometheus a
/// label that is missing is an empty one.
///
/// Whoever asks for a child answers for the names of its labels: legacy-valid, and none of the registry's own.
extension MetricsRegistry {
    package func openCounter(
        _ name: String, help: String, limit: Int
    ) throws(RegistrationError) -> Family<LabelSet, Counter> {
        try open(name, help, nil, CounterOptions(exemplars: exemplars), limit)
    }

    package func openGauge(
        _ name: String, help: String, limit: Int
    ) throws(RegistrationError) -> Family<LabelSet, Gauge> {
        try open(name, help, nil, NoOptions(), limit)
    }

    package func openHistogram(
        _ name: String, help: String, unit: String?, buckets: Buckets, native: NativeBuckets?, limit: Int
    ) throws(RegistrationError) -> Family<LabelSet, Histogram> {
        try open(name, help, unit, HistogramOptions(buckets: buckets, native: native, exemplars: exemplars), limit)
    }

    private func open<I: ShapedInstrument>(
        _ name: String, _ help: String, _ unit: String?, _ options: I.Options, _ limit: Int
    ) throws(RegistrationError) -> Family<LabelSet, I> {
        try family(name, help, unit, options, limit: limit, labelNames: []) { Array(zip($0.names, $0.values)) }
    }

    /// Takes out what this registry registered under a name, and not what sub-registries with other constant labels
    /// did.
    package func close(_ name: String) { core.remove(prefix + name, constantLabelSet) }

    /// Whether Prometheus takes this name for a label.
    package static func isLabelName(_ name: String) -> Bool { MetricNames.isLabelName(name, .legacy) }

    /// The names that labels of a child can't have, because the registry gives them to series.
    package var ownLabelNames: Set<String> {
        Set((constantLabelSet.names + [FamilyLimits.overflowLabel]).map(EscapingScheme.underscores.escape(labelName:)))
    }

    /// Counts a series that isn't exposed.
    package func countDropped(_ name: String) { core.countDropped(prefix + name) }
}
