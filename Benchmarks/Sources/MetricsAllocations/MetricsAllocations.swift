import AllocationCounting
import Measurement
import MetricsLines

/// How often PrometheusMetrics allocates: for a million updates of every kind, and for one scrape into a buffer that
/// was used before. Prints a table in Markdown, and fails when there are more than there may be.
@main
struct MetricsAllocations {
    static func main() throws {
        guard counts_allocations() else { throw CheckFailure("allocations can be counted with glibc only") }
        print("| line | allocations | in |\n| --- | --: | --- |")
        var excess: [String] = []
        for line in lines where line.name != Line.work.name {
            switch try line.work() {
            case .updates(let run, _):
                let updates = 1_000_000 / Line.granularity * Line.granularity
                run(0, updates)
                let allocations = allocations { run(0, updates) }
                print("| \(line.name) | \(allocations) | \(updates) updates |")
                // Where labels are made anew for each update, their string is; now and then, one is remembered.
                let allowed = line.name == "counter-lookup-fresh" ? updates + updates / 100 : 0
                if allocations > allowed { excess.append("\(line.name): \(allocations), allowed are \(allowed)") }
            case .scrape(let render, _):
                var buffer: [UInt8] = []
                // The buffer grows and the families are sorted in the first; the second must have settled.
                for _ in 0..<2 {
                    buffer.removeAll(keepingCapacity: true)
                    render(&buffer)
                }
                buffer.removeAll(keepingCapacity: true)
                let allocations = allocations { render(&buffer) }
                print("| \(line.name) | \(allocations) | 1 scrape of \(buffer.count) bytes |")
                if allocations > allowedByScrape {
                    excess.append("\(line.name): \(allocations), allowed are \(allowedByScrape)")
                }
            }
        }
        guard excess.isEmpty else { throw CheckFailure("too many allocations: \(excess.joined(separator: "; "))") }
    }

    /// Some for a whole scrape, none for a series.
    private static let allowedByScrape: UInt64 = 8

    private static func allocations(_ body: () -> Void) -> UInt64 {
        let before = allocation_count()
        body()
        return allocation_count() - before
    }
}
