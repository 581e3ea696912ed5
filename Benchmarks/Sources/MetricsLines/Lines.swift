import Measurement

/// PrometheusMetrics' side of every line of the comparison.
public let lines: [Line] = updateLines + scrapeLines

/// What shows how the cost of a scrape grows with the number of series, where the scrapes above are in between.
public let growthLines: [Line] = [100, 1000, 100_000, 1_000_000].flatMap(counterScrapes)
