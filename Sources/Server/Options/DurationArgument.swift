internal import ArgumentParser

/// A duration as operators write it: a number and a unit, such as `100ms`, `0.5s` or `2m`.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    private static let nanosecondsPerUnit: [(suffix: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    init?(argument: String) {
        // "ms" comes before "s" and "m".
        guard let unit = Self.nanosecondsPerUnit.first(where: { argument.hasSuffix($0.suffix) }) else { return nil }
        let number = argument.dropLast(unit.suffix.count)
        guard
            number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") }),
            let value = Double(number), value * unit.nanoseconds <= 24 * 3600e9
        else { return nil }
        duration = .nanoseconds(Int64((value * unit.nanoseconds).rounded()))
    }
}
