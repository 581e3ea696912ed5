/// What a registry can hold: a value that is updated on hot paths and read by scrapes.
public protocol Instrument: AnyObject, Sendable {
    /// What all children of a family share, such as a histogram's buckets.
    associatedtype Options: Sendable

    static var type: MetricType { get }
    init(options: Options)
    /// The current value; consistent in itself, and safe while other threads update.
    func read() -> MetricValue
}

/// The options of an instrument that has none.
public struct NoOptions: Sendable {
    public init() {}
}
