internal import EventHTTP
internal import PrometheusMetrics

/// Finds the histogram of a route, a method and a status without a lock, a hash or an allocation.
///
/// Each route and method has a short list, one entry for each status that was met so far; lists only ever grow at
/// their end.
final class DurationTable: Sendable {
    private let routes: [Route]
    private let durations: HistogramFamily<RequestLabels>
    /// By route, then by method.
    private let lists: [Entry]
    private let methodCount = HTTPMethod.allCases.count

    private final class Entry: Sendable {
        let status: Int
        let histogram: Histogram?
        let next = LazyReference<Entry>()

        init(status: Int, histogram: Histogram?) {
            self.status = status
            self.histogram = histogram
        }
    }

    init(routes: [Route], durations: HistogramFamily<RequestLabels>) {
        self.routes = routes
        self.durations = durations
        // Every list begins with an entry that matches nothing.
        lists = (0..<routes.count * methodCount).map { _ in Entry(status: 0, histogram: nil) }
        for (index, route) in routes.enumerated() {
            for status in route.expectedStatuses { _ = histogram(index, route.method ?? .get, status.code) }
        }
    }

    func histogram(_ route: Int, _ method: HTTPMethod, _ status: Int) -> Histogram {
        var entry = lists[route * methodCount + method.index]
        while true {
            if entry.status == status, let histogram = entry.histogram { return histogram }
            if let next = entry.next.load() {
                entry = next
            } else {
                let labels = RequestLabels(
                    method: method.rawValue, route: routes[route].template ?? RequestMetrics.unmatchedRoute,
                    status: status)
                // When another loop was faster, its entry is looked at next.
                entry = entry.next.storeIfNil(Entry(status: status, histogram: durations[labels]))
            }
        }
    }
}
