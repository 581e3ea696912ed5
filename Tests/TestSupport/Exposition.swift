/// The value of a sample in a text exposition, named as it stands there, labels included.
public func sample(_ series: String, in exposition: String) -> Double? {
    exposition.split(separator: "\n").first { $0.hasPrefix(series + " ") }
        .flatMap { Double($0.dropFirst(series.count + 1)) }
}
