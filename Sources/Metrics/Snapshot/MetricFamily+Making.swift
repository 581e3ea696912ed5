extension MetricFamily {
    /// A counter of one series without labels.
    ///
    /// - Parameters:
    ///   - name: ends in `_total`.
    ///   - help: what it counts; empty for none.
    ///   - unit: what the name says before `_total`, such as `seconds`; `nil` for none.
    ///   - value: 0 or more; anything else isn't exposed.
    public static func counter(_ name: String, help: String, unit: String? = nil, _ value: Double) -> MetricFamily {
        counter(name, help: help, unit: unit, [(.empty, value)])
    }

    /// A counter's series. Of series with the same labels the first one counts; negative values and NaN are left out.
    public static func counter(
        _ name: String, help: String, unit: String? = nil, _ series: [(labels: LabelSet, value: Double)]
    ) -> MetricFamily {
        make(.counter, name, help, unit, .scalar, series.filter { $0.value >= 0 }, of: series.count) { $1.append($0) }
    }

    /// A gauge of one series without labels; the parameters are those of ``counter(_:help:unit:_:)-(_,_,_,Double)``, its
    /// value any number.
    public static func gauge(_ name: String, help: String, unit: String? = nil, _ value: Double) -> MetricFamily {
        gauge(name, help: help, unit: unit, [(.empty, value)])
    }

    /// A gauge's series. Of series with the same labels the first one counts.
    public static func gauge(
        _ name: String, help: String, unit: String? = nil, _ series: [(labels: LabelSet, value: Double)]
    ) -> MetricFamily {
        make(.gauge, name, help, unit, .scalar, series) { $1.append($0) }
    }

    /// Values of which it isn't known whether they only grow: what comes from another system. Of series with the same
    /// labels the first one counts.
    public static func unknown(
        _ name: String, help: String, unit: String? = nil, _ series: [(labels: LabelSet, value: Double)]
    ) -> MetricFamily {
        make(.unknown, name, help, unit, .scalar, series) { $1.append($0) }
    }

    /// Facts that are told by labels, under a name that ends in `_info`. Of the same labels the first ones count.
    public static func info(_ name: String, help: String, _ series: [LabelSet]) -> MetricFamily {
        make(.info, name, help, nil, .scalar, series.map { ($0, 1.0) }) { $1.append($0) }
    }

    /// Histograms that share their bounds. Of series with the same labels the first one counts; those whose own
    /// ``HistogramSnapshot/buckets`` aren't `buckets` are left out. Native buckets are exposed when the first series has
    /// them; series that differ in that are left out, and those whose native buckets don't hold as many observations as
    /// the classic ones do, less those that are NaN.
    public static func histogram(
        _ name: String, help: String, unit: String? = nil, buckets: Buckets,
        _ series: [(labels: LabelSet, value: HistogramSnapshot)]
    ) -> MetricFamily {
        let hasNative = series.first?.value.native != nil
        return make(
            .histogram, name, help, unit, .histogram(buckets, hasNative: hasNative),
            series.filter {
                $0.value.buckets == buckets && ($0.value.native != nil) == hasNative && $0.value.isConsistent
            }, of: series.count
        ) { value, builder in
            builder.append(0.0)
            builder.append(value.sum)
            for count in value.counts { builder.append(count) }
            guard let native = value.native else { return }
            let header = builder.appendNativeHeader(
                schema: native.schema, zeroThreshold: native.zeroThreshold, zeroCount: native.zeroCount)
            for (place, buckets) in [native.positive, native.negative].enumerated() {
                builder.set(header + place, UInt64(buckets.count))
                for (index, count) in buckets.sorted(by: { $0.key < $1.key }) {
                    builder.appendNativeBucket(index: index, count: count)
                }
            }
        }
    }

    /// Summaries that share their quantiles. Of series with the same labels the first one counts; those whose quantiles
    /// aren't the first series' are left out.
    public static func summary(
        _ name: String, help: String, unit: String? = nil, _ series: [(labels: LabelSet, value: SummarySnapshot)]
    ) -> MetricFamily {
        let quantiles = series.first?.value.quantiles.map(\.quantile) ?? []
        return make(
            .summary, name, help, unit, .summary(quantiles),
            series.filter { $0.value.quantiles.map(\.quantile) == quantiles }, of: series.count
        ) { value, builder in
            builder.append(0.0)
            builder.append(value.sum)
            builder.append(value.count)
            for (_, value) in value.quantiles { builder.append(value) }
        }
    }

    /// - Parameter count: how many series there were before those that can't be exposed were left out.
    private static func make<Value>(
        _ type: MetricType, _ name: String, _ help: String, _ unit: String?, _ shape: Roster.Shape,
        _ series: [(labels: LabelSet, value: Value)], of count: Int? = nil,
        _ write: (Value, inout SnapshotBuilder) -> Void
    ) -> MetricFamily {
        var seen: Set<LabelSet> = []
        let distinct = series.filter { seen.insert($0.labels).inserted }
            .sorted { LabelSet.precedes($0.labels, $1.labels) }
        var builder = SnapshotBuilder(capacity: max(1, distinct.count))
        builder.append(
            MetricMetadata(name: name, help: help, unit: unit, type: type),
            Roster(shape: shape, labels: distinct.map(\.labels))
        ) { builder in
            for (index, series) in distinct.enumerated() {
                builder.beginSeries(index)
                write(series.value, &builder)
            }
        }
        var family = builder.families[0]
        family.droppedSeries = (count ?? series.count) - distinct.count
        return family
    }
}
