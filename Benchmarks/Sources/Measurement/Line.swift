/// A line of the comparison: work that every peer does alike, under a name that they share.
public struct Line: Sendable {
    public let name: String
    /// Threads that it is measured on.
    public let threads: [Int]
    /// Prepares the work; what it counts starts at 0.
    public let work: @Sendable () throws -> Work

    public enum Work {
        /// `run` does `count` operations as one of several threads; `count` is a multiple of ``granularity``. `check`
        /// gets the number of all operations since the work was prepared.
        case updates(run: @Sendable (_ thread: Int, _ count: Int) -> Void, check: (_ operations: Int) throws -> Void)
        /// `render` appends one whole scrape; `check` gets a scrape.
        case scrape(render: (inout [UInt8]) -> Void, check: ([UInt8]) throws -> Void)
    }

    public static let granularity = 1024

    /// A line of updates, on one thread and on two that share their instrument.
    public static func updates(
        _ name: String,
        _ prepare:
            @escaping @Sendable () throws -> (
                run: @Sendable (_ thread: Int, _ count: Int) -> Void, check: (_ operations: Int) throws -> Void
            )
    ) -> Line {
        Line(name: name, threads: [1, 2]) {
            let (run, check) = try prepare()
            return .updates(run: run, check: check)
        }
    }

    public static func scrape(
        _ name: String,
        _ prepare:
            @escaping @Sendable () throws -> (
                render: (inout [UInt8]) -> Void, check: ([UInt8]) throws -> Void
            )
    ) -> Line {
        Line(name: name, threads: [1]) {
            let (render, check) = try prepare()
            return .scrape(render: render, check: check)
        }
    }

    /// The unrelated work alone, to compare lines with that have it between their operations.
    public static let work = updates("work") {
        (
            run: { thread, count in
                var state = UInt64(thread + 1)
                for _ in 0..<count { state = Workload.unrelatedWork(state) }
                precondition(state != 0)
            },
            check: { _ in }
        )
    }
}
