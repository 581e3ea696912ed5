/// What all peers' work is made of; `metrics/go/main.go` has the same.
public enum Workload {
    /// The 11 bounds that client_golang has by default.
    public static let bounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// Values of every bucket, +Inf's among them, in no order; ``Line/granularity`` of them.
    public static let observedValues: [Double] = {
        var state: UInt64 = 42
        return (0..<Line.granularity).map { _ in
            state = xorshift(state)
            let bucket = Int(state % 12)
            let lower = bucket > 0 ? bounds[bucket - 1] : 0
            let upper = bucket < 11 ? bounds[bucket] : 20
            return lower + (upper - lower) * (Double((state >> 32) % 1000) + 0.5) / 1000
        }
    }()

    @inlinable
    static func xorshift(_ state: UInt64) -> UInt64 {
        var state = state
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// About 100 ns that touch no memory. The state must not be 0, and doesn't become 0.
    @inlinable
    public static func unrelatedWork(_ state: UInt64) -> UInt64 {
        var state = state
        for _ in 0..<60 { state = xorshift(state) }
        return state
    }

    /// Too long for a string without memory of its own, as most paths are.
    public static func longRoute(_ index: Int) -> String { "/api/v1/customers/\(index)" }

    /// The labels of requests' counters, the i-th of which stands at 37 i.
    /// - Parameter count: A multiple of 20.
    public static func requests(_ count: Int) -> some Sequence<(method: String, route: String, status: Int)> {
        (0..<count).lazy.map { (methods[$0 / 5 % 4], resource($0 / 20), [200, 201, 400, 404, 500][$0 % 5]) }
    }

    /// The labels of 1,000 histograms, the i-th of which has the 24 observations from 24 i.
    public static let durations: [(method: String, route: String)] = (0..<250).flatMap { route in
        methods.map { ($0, resource(route)) }
    }

    private static let methods = ["GET", "POST", "PUT", "DELETE"]

    private static func resource(_ index: Int) -> String { "/api/v1/resource/\(index)" }
}
