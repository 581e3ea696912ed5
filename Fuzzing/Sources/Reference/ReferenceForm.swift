extension Reference {
    /// The values of a query's fields of this name (application/x-www-form-urlencoded); malformed fields are left out.
    package static func formValues(of name: [UInt8], in query: some Sequence<UInt8>) -> [[UInt8]] {
        var values: [[UInt8]] = []
        for field in Array(query).split(separator: UInt8(ascii: "&")) {
            let plain = field.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
            let key = plain.prefix { $0 != UInt8(ascii: "=") }
            guard let decodedKey = percentDecode(key), let value = percentDecode(plain.dropFirst(key.count + 1)),
                !decodedKey.contains(0), !value.contains(0)
            else { continue }
            if decodedKey == name { values.append(value) }
        }
        return values
    }
}
