/// Reads a label set's names and values through the coding that the compiler writes for it.
enum LabelCoding {
    /// The labels' names, found by decoding a label set from nothing.
    ///
    /// - Throws: ``RegistrationError/unsupportedLabels(type:reason:)`` when a property can't be a label.
    static func names<Labels: MetricLabels>(of type: Labels.Type) throws(RegistrationError) -> [String] {
        do {
            let names = Names()
            let prototype = try Labels(from: NamesDecoder(names: names))
            // Values are read by encoding; a type that codes by hand has to do both alike.
            for (name, _) in try values(of: prototype) where !names.list.contains(name) {
                throw CodingFailure("it encodes '\(name)' without decoding it")
            }
            return names.list
        } catch {
            throw .unsupportedLabels(type: "\(type)", reason: "\(error)")
        }
    }

    /// The labels' values by name; what is `nil` is absent.
    static func values(of labels: some MetricLabels) throws -> [(name: String, value: String)] {
        let values = Values()
        try labels.encode(to: ValuesEncoder(values: values))
        return values.list
    }
}

private struct CodingFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    static let shape = CodingFailure("a label set is a struct whose properties are the labels")

    static func property(_ key: some CodingKey, _ type: Any.Type) -> CodingFailure {
        CodingFailure(
            "'\(key.stringValue)' is a \(type): a label is a string, a boolean, an integer or a MetricLabelEnum")
    }
}

private final class Names { var list: [String] = [] }
private final class Values { var list: [(name: String, value: String)] = [] }

private struct NamesDecoder: Decoder {
    let names: Names
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(NamesContainer<Key>(names: names))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw CodingFailure.shape }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw CodingFailure.shape }
}

/// Answers every request for a value with an empty one, and writes down the key.
private struct NamesContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let names: Names
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { true }

    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        names.list.append(key.stringValue)
        guard let value = Self.empty(type) as? Value else { throw CodingFailure.property(key, type) }
        return value
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        _ = try decode(type, forKey: key)
        return nil
    }

    private static func empty(_ type: Any.Type) -> Any? {
        func firstCase<T: CaseIterable>(_: T.Type) -> Any? { T.allCases.first }
        return switch type {
        case is String.Type: ""
        case is Bool.Type: false
        case let number as any BinaryInteger.Type: number.init(0)
        case let enumeration as any (CaseIterable & RawRepresentable).Type: firstCase(enumeration)
        default: nil
        }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy: Nested.Type, forKey: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw CodingFailure.shape }
    func nestedUnkeyedContainer(forKey: Key) throws -> any UnkeyedDecodingContainer { throw CodingFailure.shape }
    func superDecoder() throws -> any Decoder { throw CodingFailure.shape }
    func superDecoder(forKey: Key) throws -> any Decoder { throw CodingFailure.shape }
}

private struct ValuesEncoder: Encoder {
    let values: Values
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(ValuesContainer<Key>(values: values))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer { RefusingContainer() }
    func singleValueContainer() -> any SingleValueEncodingContainer { RefusingContainer() }
}

private struct ValuesContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let values: Values
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) {}

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        let text =
            switch value {
            case let string as String: string
            case let value as any RawRepresentable: "\(value.rawValue)"
            case is Bool, is any BinaryInteger: "\(value)"
            default: throw CodingFailure.property(key, Value.self)
            }
        values.list.append((key.stringValue, text))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { KeyedEncodingContainer(RefusingKeyedContainer<Nested>()) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { RefusingContainer() }
    func superEncoder() -> any Encoder { RefusingEncoder() }
    func superEncoder(forKey key: Key) -> any Encoder { RefusingEncoder() }
}

/// Encoders can't refuse to make a container; these refuse everything that is put into them.
private struct RefusingEncoder: Encoder {
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(RefusingKeyedContainer<Key>())
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer { RefusingContainer() }
    func singleValueContainer() -> any SingleValueEncodingContainer { RefusingContainer() }
}

private struct RefusingKeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey: Key) throws { throw CodingFailure.shape }
    func encode(_: some Encodable, forKey: Key) throws { throw CodingFailure.shape }
    func nestedContainer<Nested: CodingKey>(
        keyedBy: Nested.Type, forKey: Key
    ) -> KeyedEncodingContainer<Nested> { KeyedEncodingContainer(RefusingKeyedContainer<Nested>()) }
    func nestedUnkeyedContainer(forKey: Key) -> any UnkeyedEncodingContainer { RefusingContainer() }
    func superEncoder() -> any Encoder { RefusingEncoder() }
    func superEncoder(forKey: Key) -> any Encoder { RefusingEncoder() }
}

private struct RefusingContainer: SingleValueEncodingContainer, UnkeyedEncodingContainer {
    var codingPath: [any CodingKey] { [] }
    var count: Int { 0 }

    func encodeNil() throws { throw CodingFailure.shape }
    func encode(_: some Encodable) throws { throw CodingFailure.shape }
    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(RefusingKeyedContainer<Nested>())
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { RefusingContainer() }
    func superEncoder() -> any Encoder { RefusingEncoder() }
}
