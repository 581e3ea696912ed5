import Measurement

/// PrometheusMetrics' side of every line of the comparison.
public let lines: [Line] = updateLines + scrapeLines
