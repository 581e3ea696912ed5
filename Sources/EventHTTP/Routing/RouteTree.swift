/// A tree of path segments, kept flat, that is walked over the raw bytes of a path.
struct RouteTree {
    private struct Node {
        var literals: [(segment: [UInt8], node: Int)] = []
        var parameter: Int?
        /// The route of each method, by `HTTPMethod.index`; empty where no template ends.
        var routes: [Int?] = []
        var allow = ""
    }

    private var nodes: [Node] = [Node()]

    /// - Returns: whether the path had no route of that method yet.
    mutating func insert(_ route: Int, _ segments: [RouteTemplate.Segment], _ method: HTTPMethod) -> Bool {
        let node = insert(segments)
        if nodes[node].routes.isEmpty {
            nodes[node].routes = Array(repeating: nil, count: HTTPMethod.allCases.count)
        }
        guard nodes[node].routes[method.index] == nil else { return false }
        nodes[node].routes[method.index] = route
        return true
    }

    private mutating func insert(_ segments: [RouteTemplate.Segment]) -> Int {
        var node = 0
        for segment in segments {
            let next: Int?
            switch segment {
            case .literal(let bytes): next = nodes[node].literals.first { $0.segment == bytes }?.node
            case .parameter: next = nodes[node].parameter
            }
            if let next {
                node = next
                continue
            }
            nodes.append(Node())
            switch segment {
            case .literal(let bytes): nodes[node].literals.append((bytes, nodes.count - 1))
            case .parameter: nodes[node].parameter = nodes.count - 1
            }
            node = nodes.count - 1
        }
        return node
    }

    /// Lets HEAD be answered by GET's handler (RFC 9110 §9.3.2) and writes down what `Allow` says.
    mutating func finish() {
        for node in nodes.indices where !nodes[node].routes.isEmpty {
            if nodes[node].routes[HTTPMethod.head.index] == nil {
                nodes[node].routes[HTTPMethod.head.index] = nodes[node].routes[HTTPMethod.get.index]
            }
            nodes[node].allow = HTTPMethod.allCases.filter { nodes[node].routes[$0.index] != nil }.map(\.rawValue)
                .joined(separator: ", ")
        }
    }

    func match(_ method: HTTPMethod, _ path: Octets) -> RoutingTable.Match {
        guard path.first == UInt8(ascii: "/") else { return .notFound }
        var node = 0
        var values: [String] = []
        if path.count > 1 {
            guard let found = walk(from: 0, path[1...], &values) else { return .notFound }
            node = found
        }
        guard !nodes[node].routes.isEmpty else { return .notFound }
        if let route = nodes[node].routes[method.index] { return .found(route: route, parameterValues: values) }
        return .wrongMethod(
            route: nodes[node].routes.lazy.compactMap { $0 }.first!, allow: nodes[node].allow)
    }

    /// Finds the node where a template ends; `rest` is what follows the slash.
    private func walk(from node: Int, _ rest: Slice<UnsafeBufferPointer<UInt8>>, _ values: inout [String]) -> Int? {
        let end = rest.firstIndex(of: UInt8(ascii: "/"))
        let segment = rest[..<(end ?? rest.endIndex)]
        func descend(_ next: Int) -> Int? {
            guard let end else { return nodes[next].routes.isEmpty ? nil : next }
            return walk(from: next, rest[(end + 1)...], &values)
        }
        // Decoded one by one, so that an escaped slash separates nothing.
        let escaped = segment.contains(UInt8(ascii: "%"))
        let decoded = escaped ? percentDecoded(segment) : nil
        for literal in nodes[node].literals {
            guard decoded.map({ $0 == literal.segment }) ?? segment.elementsEqual(literal.segment) else { continue }
            if let found = descend(literal.node) { return found }
            break
        }
        guard let parameter = nodes[node].parameter, !segment.isEmpty else { return nil }
        values.append(decoded.map { String(decoding: $0, as: UTF8.self) } ?? String(decoding: segment, as: UTF8.self))
        if let found = descend(parameter) { return found }
        values.removeLast()
        return nil
    }
}
