import PrometheusMetrics

/// What a metric has to show, in whatever format.
struct ExpectedFamily {
    var name: String
    var help: String
    var unit: String?
    var type: MetricType
    var series: [ExpectedSeries]
}

struct ExpectedSeries {
    typealias Labels = [(name: String, value: String)]

    /// Without those that are empty.
    let labels: Labels
    let content: Content
    /// As the snapshot has it: a time can't be known beforehand.
    var created: Double?

    enum Content {
        case counter(Double, ExpectedExemplar?)
        /// Also for unknown metrics.
        case gauge(Double)
        case info
        case states([(name: String, isOn: Bool)])
        case summary(SummarySnapshot)
        /// Exemplars are those of the classic buckets, +Inf's the last; of a histogram that has native buckets only,
        /// some of those that it was given.
        case histogram(HistogramSnapshot, [ExpectedExemplar?], someOf: [ExpectedExemplar] = [])
    }

    init(_ labels: Labels, _ content: Content) {
        self.labels = labels.filter { !$0.value.isEmpty }
        self.content = content
    }
}

struct ExpectedExemplar {
    let labels: ExpectedSeries.Labels
    let value: Double
    var timestamp: Double?
}

// MARK: As JSON

extension JSON {
    mutating func value(_ family: ExpectedFamily) {
        object([
            "name": { $0.value(family.name) },
            "help": { $0.value(family.help) },
            "unit": { $0.optional(family.unit) { $1.value($0) } },
            "type": { $0.value(family.type.rawValue) },
            "series": { $0.array(family.series) { $1.value($0) } },
        ])
    }

    private mutating func value(_ series: ExpectedSeries) {
        object([
            "labels": { $0.value(series.labels) },
            "created": { $0.optional(series.created) { $1.value($0) } },
            "value": { $0.value(series.content) },
        ])
    }

    private mutating func value(_ labels: ExpectedSeries.Labels) {
        array(labels) { label, json in json.array([label.name, label.value]) { $1.value($0) } }
    }

    private mutating func value(_ exemplar: ExpectedExemplar?) {
        optional(exemplar) { exemplar, json in
            json.object([
                "labels": { $0.value(exemplar.labels.filter { !$0.value.isEmpty }) },
                "value": { $0.value(exemplar.value) },
                "timestamp": { $0.optional(exemplar.timestamp) { $1.value($0) } },
            ])
        }
    }

    private mutating func value(_ content: ExpectedSeries.Content) {
        switch content {
        case .counter(let number, let exemplar):
            object(["number": { $0.value(number) }, "exemplar": { $0.value(exemplar) }])
        case .gauge(let number): object(["number": { $0.value(number) }])
        case .info: object([:])
        case .states(let states):
            object([
                "states": {
                    $0.array(states) { state, json in
                        json.object(["name": { $0.value(state.name) }, "on": { $0.value(state.isOn) }])
                    }
                }
            ])
        case .summary(let summary):
            object([
                "quantiles": {
                    $0.array(summary.quantiles) { pair, json in
                        json.array([pair.quantile, pair.value]) { $1.value($0) }
                    }
                },
                "sum": { $0.value(summary.sum) },
                "count": { $0.value(summary.count) },
            ])
        case .histogram(let histogram, let exemplars, let someExemplars):
            object([
                "bounds": { $0.array(histogram.buckets.bounds) { $1.value($0) } },
                "counts": { $0.array(histogram.counts) { $1.value($0) } },
                "sum": { $0.value(histogram.sum) },
                "exemplars": { $0.array(exemplars) { $1.value($0) } },
                "someExemplars": { $0.array(someExemplars) { $1.value($0) } },
                "native": { $0.optional(histogram.native) { $1.value($0) } },
            ])
        }
    }

    private mutating func value(_ native: NativeHistogramSnapshot) {
        func buckets(_ buckets: [Int: UInt64]) -> (inout JSON) -> Void {
            {
                $0.array(buckets) { bucket, json in
                    json.pair(bucket.key, bucket.value)
                }
            }
        }
        object([
            "schema": { $0.value(native.schema) },
            "threshold": { $0.value(native.zeroThreshold) },
            "zero": { $0.value(native.zeroCount) },
            "positive": buckets(native.positive),
            "negative": buckets(native.negative),
        ])
    }
}
