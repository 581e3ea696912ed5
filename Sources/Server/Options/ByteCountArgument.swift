internal import ArgumentParser

/// A number of bytes as operators write it: `65536`, `64KiB`, `1MiB` or `2GiB`.
struct ByteCountArgument: ExpressibleByArgument {
    let bytes: Int

    private static let units: [(suffix: String, bytes: Int)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]

    init?(argument: String) {
        let unit = Self.units.first { argument.hasSuffix($0.suffix) }
        let digits = argument.dropLast(unit?.suffix.count ?? 0)
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let count = Int(digits)
        else { return nil }
        let (bytes, overflows) = count.multipliedReportingOverflow(by: unit?.bytes ?? 1)
        guard !overflows else { return nil }
        self.bytes = bytes
    }
}
