internal import EventHTTP
internal import PrometheusMetrics

/// Finds the histogram of a route, a method and a status without a lock, a hash, an allocation or a reference counted.
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

        /// - Returns: whether there is an entry of this status, here or behind.
        func observe(_ seconds: Double, _ status: Int) -> Bool {
            guard self.status == status, let histogram else {
                return next.withObject { $0.observe(seconds, status) } ?? false
            }
            histogram.observe(seconds)
            return true
        }
    }

    init(routes: [Route], durations: HistogramFamily<RequestLabels>) {
        self.routes = routes
        self.durations = durations
        // Every list begins with an entry that matches nothing.
        lists = (0..<routes.count * methodCount).map { _ in Entry(status: 0, histogram: nil) }
        for (index, route) in routes.enumerated() {
            for status in route.expectedStatuses { add(index, route.method ?? .get, status.code) }
        }
    }

    func observe(_ seconds: Double, _ route: Int, _ method: HTTPMethod, _ status: Int) {
        if lists[route * methodCount + method.index].observe(seconds, status) { return }
        add(route, method, status)
        _ = lists[route * methodCount + method.index].observe(seconds, status)
    }

    private func add(_ route: Int, _ method: HTTPMethod, _ status: Int) {
        let labels = RequestLabels(
            method: method.rawValue, route: routes[route].template ?? RequestMetrics.unmatchedRoute, status: status)
        let new = Entry(status: status, histogram: durations[labels])
        var entry = lists[route * methodCount + method.index]
        // Behind the last; when another loop was faster, perhaps with the same, behind that one's.
        while case let next = entry.next.storeIfNil(new), next !== new { entry = next }
    }
}
