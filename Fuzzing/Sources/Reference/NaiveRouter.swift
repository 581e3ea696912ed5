package import EventHTTP

/// Routes, tried one after the other.
package struct NaiveRouter {
    private struct Entry {
        let method: HTTPMethod
        let segments: [[UInt8]?]
        let names: [String]
    }

    package enum Match: Equatable {
        case found(route: Int, names: [String], values: [String])
        /// One of these routes has the path's template.
        case wrongMethod(routes: Set<Int>, allow: [HTTPMethod])
        case notFound
    }

    /// What is wrong with a route.
    package enum Mistake: Equatable {
        case template
        case duplicate
    }

    private var entries: [Entry] = []

    package init() {}

    /// Adds a route.
    package mutating func add(_ method: HTTPMethod, _ template: String) -> Mistake? {
        let bytes = Array(template.utf8)
        guard bytes.first == UInt8(ascii: "/"), !bytes.contains(where: { "?#%".utf8.contains($0) }),
            !template.unicodeScalars.contains(where: \.properties.isWhitespace)
        else { return .template }
        var segments: [[UInt8]?] = []
        var names: [String] = []
        for segment in Self.segments(of: bytes) {
            guard segment.contains(UInt8(ascii: "{")) || segment.contains(UInt8(ascii: "}")) else {
                segments.append(segment)
                continue
            }
            let name = String(decoding: segment.dropFirst().dropLast(), as: UTF8.self)
            guard segment.first == UInt8(ascii: "{"), segment.last == UInt8(ascii: "}"), segment.count > 2,
                name.utf8.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "_") }), !names.contains(name)
            else { return .template }
            names.append(name)
            segments.append(nil)
        }
        if entries.contains(where: { $0.method == method && $0.segments == segments }) { return .duplicate }
        entries.append(Entry(method: method, segments: segments, names: names))
        return nil
    }

    /// Finds the route of a path, whose escapes are well-formed.
    package func match(_ method: HTTPMethod, _ path: [UInt8]) -> Match {
        guard path.first == UInt8(ascii: "/") else { return .notFound }
        let segments = Self.segments(of: path).map { percentDecode($0) ?? $0 }
        let matching = entries.indices.filter { Self.matches(entries[$0].segments, segments) }
        // A literal wins over a parameter, the earlier segment first.
        guard let best = matching.map({ entries[$0].segments.map { $0 == nil } }).min(by: Self.isMoreLiteral) else {
            return .notFound
        }
        let candidates = matching.filter { entries[$0].segments.map { $0 == nil } == best }
        let wanted = [method] + (method == .head ? [.get] : [])
        for method in wanted {
            guard let route = candidates.first(where: { entries[$0].method == method }) else { continue }
            let values = zip(entries[route].segments, segments).filter { $0.0 == nil }
            return .found(
                route: route, names: entries[route].names, values: values.map { String(decoding: $0.1, as: UTF8.self) })
        }
        let methods = Set(candidates.map { entries[$0].method })
        return .wrongMethod(
            routes: Set(candidates),
            allow: HTTPMethod.allCases.filter { methods.contains($0) || $0 == .head && methods.contains(.get) })
    }

    private static func segments(of path: [UInt8]) -> [[UInt8]] {
        guard path.count > 1 else { return [] }
        return path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
    }

    private static func matches(_ template: [[UInt8]?], _ path: [[UInt8]]) -> Bool {
        template.count == path.count && zip(template, path).allSatisfy { $0 == nil ? !$1.isEmpty : $0 == $1 }
    }

    private static func isMoreLiteral(_ first: [Bool], _ second: [Bool]) -> Bool {
        for (first, second) in zip(first, second) where first != second { return !first }
        return false
    }
}
