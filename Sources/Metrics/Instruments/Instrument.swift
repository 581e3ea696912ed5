/// What a registry can hold: a value that is updated on hot paths and read by scrapes.
///
/// Only the instruments of this library conform: what they write into a snapshot is its own affair. A metric of another
/// kind is a ``Collector``.
public protocol Instrument: AnyObject, Sendable {
    /// What all children of a family share, such as a histogram's buckets.
    associatedtype Options: Sendable

    /// The kind of metric that it is exposed as.
    static var type: MetricType { get }
    /// When counting began, in seconds since the Unix epoch; 0 where the value says it itself, or nothing does.
    var created: Double { get }
    /// An instrument that belongs to no registry yet.
    init(options: Options)
    /// Writes the current value; consistent in itself, and safe while other threads update.
    func record(into snapshot: inout SnapshotBuilder)
    /// Writes the values of a family's children.
    static func record(_ children: [Self], into snapshot: inout SnapshotBuilder)
}

extension Instrument {
    public var created: Double { 0 }

    public static func record(_ children: [Self], into snapshot: inout SnapshotBuilder) {
        children.withUnsafeBufferPointer { children in
            // Sound: a reference and its unmanaged form are the same word, and the array keeps the children alive.
            children.withMemoryRebound(to: Unmanaged<Self>.self) { children in
                for index in children.indices {
                    snapshot.beginSeries(index)
                    children[index]._withUnsafeGuaranteedRef { $0.record(into: &snapshot) }
                }
            }
        }
    }
}

/// The options of an instrument that has none.
public struct NoOptions: Sendable {
    /// Nothing.
    public init() {}
}

/// What the counters of a family share; made by ``MetricsRegistry``.
public struct CounterOptions: Sendable {
    let exemplars: ExemplarSource?
}

/// How an instrument of these options is laid out in a snapshot.
protocol ShapedInstrument: Instrument {
    static func shape(_ options: Options) -> Roster.Shape
}
