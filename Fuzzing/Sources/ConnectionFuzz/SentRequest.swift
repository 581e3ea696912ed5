import EventHTTP
import Reference

/// A request that was sent, as the reference reads it.
struct SentRequest {
    let head: Head
    let fields: [Field]
    let content: [UInt8]
    let bytes: [UInt8]
    let parameters: [String: String]

    var path: [UInt8] {
        head.form == .absolute && head.path.isEmpty ? [UInt8(ascii: "/")] : Array(bytes[head.path])
    }

    func values(_ name: String) -> [String] { fields.filter { $0.isNamed(name) }.map { text($0.value) } }

    func queryValues(_ name: String) -> [String] {
        guard let query = head.query else { return [] }
        return Reference.formValues(of: Array(name.utf8), in: bytes[query]).map(text)
    }

    /// What ``describe(_:)`` has to say.
    var description: String {
        var lines = ["\(head.method.rawValue) \(text(bytes[head.target])) \(text(path))"]
        lines.append("query \(head.query.map { text(bytes[$0]) } ?? "none") \(queryValues("q"))")
        lines.append("id \(parameters["id"] ?? "none")")
        lines += fields.map { "\(text($0.name)): \(text($0.value))" }
        lines.append("x \(values("x").first ?? "none") \(values("x"))")
        lines.append("content \(content.count)")
        return lines.joined(separator: "\n")
    }
}

/// Everything that a handler sees of its request.
func describe(_ request: Request) -> String {
    var lines = ["\(request.method.rawValue) \(request.target) \(request.path)"]
    lines.append("query \(request.query ?? "none") \(request.queryValues("q"))")
    lines.append("id \(request.parameters["id"] ?? "none")")
    lines += request.headers.map { "\($0.name): \($0.value)" }
    lines.append("x \(request.header("X") ?? "none") \(request.headerValues("x"))")
    lines.append("content \(request.body.count)")
    return lines.joined(separator: "\n")
}

private func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
