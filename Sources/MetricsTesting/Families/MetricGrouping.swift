/// Follows the metrics of one family: which labels they have, and whether their lines stand where they may.
struct MetricGrouping {
    private struct Metric {
        let line: Int
        var point: MetricPoint
    }

    private let rules: Rules
    private var metrics: [Metric] = []
    private var indices: [[ParsedLabel]: Int] = [:]

    init(rules: Rules) { self.rules = rules }

    mutating func add(_ line: MetricLine, _ type: ParsedFamily.Kind) throws(ExpositionError) {
        let labels = line.metricLabels
        guard let index = indices[labels] else {
            indices[labels] = metrics.count
            metrics.append(Metric(line: line.line, point: try MetricPoint(line, type, rules)))
            return
        }
        switch rules.format {
        case .text:
            if metrics[index].point.has(line) { throw duplicate(line) }
        case .openMetrics:
            // What an info metric's own labels are can't be told from those of its value.
            if index != metrics.count - 1, type != .info {
                throw metrics[index].point.has(line) ? duplicate(line) : apart(line, from: metrics[index].line)
            }
            if try beginsPoint(line, after: metrics[index].point) {
                try metrics[index].point.finish(type)
                metrics[index].point = try MetricPoint(line, type, rules)
                return
            }
        }
        try metrics[index].point.add(line, type)
    }

    /// What can be told only once the family has ended.
    func finish(_ type: ParsedFamily.Kind) throws(ExpositionError) {
        for metric in metrics { try metric.point.finish(type) }
    }

    private func beginsPoint(_ line: MetricLine, after point: MetricPoint) throws(ExpositionError) -> Bool {
        switch (point.timestamp, line.sample.timestamp) {
        case (nil, nil):
            guard point.has(line) else { return false }
            throw duplicate(line)
        case (let last?, let next?):
            guard next >= last else { throw line.error("the timestamps of '\(line.series)' go backwards") }
            guard next == last, point.has(line) else { return next > last }
            guard rules == .openMetrics(.required) else {
                throw line.error("'\(line.series)' occurs twice with one timestamp: an ingestor keeps only one of them")
            }
            return true
        default:
            throw line.error("'\(line.series)' has lines of its metric with a timestamp and others without")
        }
    }

    private func duplicate(_ line: MetricLine) -> ExpositionError { line.error("'\(line.series)' occurs twice") }

    private func apart(_ line: MetricLine, from first: Int) -> ExpositionError {
        line.error("'\(line.series)' stands apart from the lines of its metric, which began on line \(first)")
    }
}
