/// A typed set of labels: a plain struct whose properties are the labels.
///
/// ```swift
/// struct OrderLabels: MetricLabels { var kind: Kind; var paid: Bool }
/// enum Kind: String, MetricLabelEnum { case book, music }
/// ```
///
/// Properties are strings, booleans, integers and ``MetricLabelEnum``s, or optionals of these: `nil`, as the empty
/// string, is the same as no label. `CodingKeys` rename a label.
///
/// The compiler writes all of it: coding tells the labels' names when a family is registered, and their values when a
/// child is made, never on a hot path. A look-up costs one hash.
public protocol MetricLabels: Codable, Hashable, Sendable {}

/// An enumeration as a label's value: its cases' raw values are what is exposed.
public protocol MetricLabelEnum: RawRepresentable, CaseIterable, Codable, Hashable, Sendable
where RawValue: Codable & Sendable {}
