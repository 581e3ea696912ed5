/// The path of a group in a Pushgateway, as its
/// [README](https://github.com/prometheus/pushgateway#url) defines it.
enum GroupingKey {
    /// `/metrics/job/<job>/<name>/<value>…` in ASCII, the labels in the order given.
    static func path(job: String, labels: some Sequence<(name: String, value: String)>) -> String {
        labels.reduce("/metrics" + component("job", job)) { $0 + component($1.name, $1.value) }
    }

    private static func component(_ name: String, _ value: String) -> String {
        needsBase64(value)
            ? "/\(name)@base64/\(value.isEmpty ? "=" : base64URL(value))"
            : "/\(name)/\(percentEncoded(value))"
    }

    /// Percent-encoding doesn't keep these: the gateway decodes a path before it splits it at slashes and resolves empty
    /// segments, `.` and `..`; those would name another group.
    private static func needsBase64(_ value: String) -> Bool {
        value.isEmpty || value == "." || value == ".." || value.utf8.contains(UInt8(ascii: "/"))
    }

    /// The alphabet for URLs and filenames, RFC 4648 §5, without padding.
    private static func base64URL(_ value: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var digits: [UInt8] = []
        var rest = Array(value.utf8)[...]
        while !rest.isEmpty {
            let group = rest.prefix(3)
            rest = rest.dropFirst(3)
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for digit in 0...group.count { digits.append(alphabet[bits >> (18 - 6 * digit) & 63]) }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Everything but the unreserved characters of RFC 3986 §2.3 as `%XX`.
    private static func percentEncoded(_ value: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
