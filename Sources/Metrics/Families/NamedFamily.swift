/// A metric whose labels are known by name only when the program runs: what a bridge from another system needs. Where
/// they are known when it is written, a ``Family`` is checked by the compiler and faster.
///
/// May be used from any thread. A look-up takes a lock and hashes the values.
public final class NamedFamily<Child: Instrument>: Sendable {
    /// In the order in which they were registered.
    public let labelNames: [String]
    let family: Family<[String], Child>

    init(labelNames: [String], family: Family<[String], Child>) {
        self.labelNames = labelNames
        self.family = family
    }

    /// The metric's name, with the prefix of its registry.
    public var name: String { family.name }
    /// What it measures, for readers.
    public var help: String { family.help }

    /// The child with these labels, made when it is asked for first.
    ///
    /// - Parameter values: in the order of ``labelNames``; the empty string is the same as no label.
    /// - Throws: ``LabelError/otherCount(given:expected:)``.
    public func child(_ values: [String]) throws(LabelError) -> Child { family[try checked(values)] }

    /// As ``child(_:)-([String])``, for values that are written out.
    public func child(_ values: String...) throws(LabelError) -> Child { try child(values) }

    /// The child with these labels, in any order.
    ///
    /// - Throws: ``LabelError/otherNames(given:expected:)``.
    public func child(_ labels: [String: String]) throws(LabelError) -> Child { family[try values(labels)] }

    /// Takes a child out, as ``Family/remove(_:)`` does.
    @discardableResult
    public func remove(_ labels: [String: String]) throws(LabelError) -> Bool { family.remove(try values(labels)) }

    /// Takes out all children that have these labels, whatever their others, as ``Family/remove(_:)`` does.
    ///
    /// - Returns: how many there were.
    @discardableResult
    public func removeAll(matching labels: [String: String]) -> Int {
        let wanted = labelNames.map { labels[$0] }
        guard wanted.count(where: { $0 != nil }) == labels.count else { return 0 }
        return family.removeAll { values in zip(values, wanted).allSatisfy { $1 == nil || $0 == $1 } }
    }

    /// Takes all children out, as ``Family/remove(_:)`` does.
    public func removeAll() { family.removeAll() }

    private func checked(_ values: [String]) throws(LabelError) -> [String] {
        guard values.count == labelNames.count else {
            throw .otherCount(given: values.count, expected: labelNames)
        }
        return values
    }

    private func values(_ labels: [String: String]) throws(LabelError) -> [String] {
        let values = labelNames.compactMap { labels[$0] }
        guard values.count == labelNames.count, labels.count == labelNames.count else {
            throw .otherNames(given: labels.keys.sorted(), expected: labelNames)
        }
        return values
    }
}
