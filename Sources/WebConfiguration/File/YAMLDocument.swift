internal import CLibyaml

/// The YAML of a file: a graph, in which what aliases name is there once.
final class YAMLDocument {
    enum Content {
        case scalar(String, isPlain: Bool)
        case sequence([Int])
        case mapping([(key: Int, value: Int)])
    }

    struct Node {
        var content: Content
        /// A tag such as `!!binary` asks for another type than nodes of its kind have as a rule.
        let isTagged: Bool
        /// From 1.
        let line: Int
    }

    /// Where and why a text is no YAML.
    struct Failure: Error {
        /// From 1; `nil` when libyaml doesn't say.
        let line: Int?
        let explanation: String
    }

    /// The first one is the root; contents name others by their index.
    let nodes: [Node]

    /// - Returns: `nil` for a text without a document.
    init?(_ text: [UInt8]) throws(Failure) {
        let result = text.withUnsafeBufferPointer { text in
            Result { () throws(Failure) in
                var composer = try Composer(text)
                defer { composer.end() }
                return try composer.document()
            }
        }
        nodes = try result.get()
        if nodes.isEmpty { return nil }
    }
}

/// From libyaml's events to nodes.
///
/// libyaml could do that as well, but bounds no depth, and its time grows with the square of that.
private struct Composer {
    private static let deepest = 32

    /// Elsewhere, because libyaml notes the address.
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let text: UnsafeBufferPointer<UInt8>
    private var nodes: [YAMLDocument.Node] = []
    private var anchors: [String: Int] = [:]
    private var depth = 0

    init(_ text: UnsafeBufferPointer<UInt8>) throws(YAMLDocument.Failure) {
        self.text = text
        guard yaml_parser_initialize(parser) != 0 else {
            parser.deallocate()
            throw YAMLDocument.Failure(line: nil, explanation: "no memory is left")
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    }

    func end() {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    mutating func document() throws(YAMLDocument.Failure) -> [YAMLDocument.Node] {
        while true {
            var event = try next()
            defer { yaml_event_delete(&event) }
            switch event.type {
            case YAML_STREAM_END_EVENT: return nodes
            case YAML_DOCUMENT_START_EVENT where !nodes.isEmpty:
                throw YAMLDocument.Failure(line: line(event), explanation: "a second document begins: only one is read")
            case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
            default: _ = try node(event)
            }
        }
    }

    /// - Parameter event: the one that a node begins with.
    /// - Returns: the node's index.
    private mutating func node(_ event: yaml_event_t) throws(YAMLDocument.Failure) -> Int {
        let index = nodes.count
        switch event.type {
        case YAML_ALIAS_EVENT:
            guard let index = anchors[String(cString: event.data.alias.anchor)] else {
                throw YAMLDocument.Failure(line: line(event), explanation: "found undefined alias")
            }
            return index
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            add(.sequence([]), event, anchor: start.anchor, tag: start.tag, usual: YAML_SEQ_TAG)
            nodes[index].content = .sequence(try children(of: event, upTo: YAML_SEQUENCE_END_EVENT))
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            add(.mapping([]), event, anchor: start.anchor, tag: start.tag, usual: YAML_MAP_TAG)
            let children = try children(of: event, upTo: YAML_MAPPING_END_EVENT)
            nodes[index].content = .mapping(
                stride(from: 0, to: children.count, by: 2).map { (children[$0], children[$0 + 1]) })
        default:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            add(
                .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), event,
                anchor: scalar.anchor, tag: scalar.tag, usual: YAML_STR_TAG)
        }
        return index
    }

    private mutating func children(
        of parent: yaml_event_t, upTo end: yaml_event_type_t
    ) throws(YAMLDocument.Failure) -> [Int] {
        guard depth < Self.deepest else {
            throw YAMLDocument.Failure(
                line: line(parent), explanation: "values are nested in more than \(Self.deepest) others")
        }
        depth += 1
        defer { depth -= 1 }
        var children: [Int] = []
        while true {
            var event = try next()
            defer { yaml_event_delete(&event) }
            if event.type == end { return children }
            children.append(try node(event))
        }
    }

    private mutating func add(
        _ content: YAMLDocument.Content, _ event: yaml_event_t, anchor: UnsafeMutablePointer<yaml_char_t>?,
        tag: UnsafeMutablePointer<yaml_char_t>?, usual: String
    ) {
        if let anchor { anchors[String(cString: anchor)] = nodes.count }
        // "!" asks for the usual type.
        let isTagged = tag.map { ![usual, "!"].contains(String(cString: $0)) } ?? false
        nodes.append(YAMLDocument.Node(content: content, isTagged: isTagged, line: line(event)))
    }

    private func line(_ event: yaml_event_t) -> Int { Int(event.start_mark.line) + 1 }

    private func next() throws(YAMLDocument.Failure) -> yaml_event_t {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) != 0 else { throw failure }
        return event
    }

    private var failure: YAMLDocument.Failure {
        let parser = parser.pointee
        let problem = parser.problem.map { String(cString: $0) } ?? "no memory is left"
        switch parser.error {
        case YAML_READER_ERROR:
            let before = String(decoding: text.prefix(parser.problem_offset), as: UTF8.self)
            return YAMLDocument.Failure(line: before.count { $0 == "\n" || $0 == "\r\n" } + 1, explanation: problem)
        case YAML_MEMORY_ERROR: return YAMLDocument.Failure(line: nil, explanation: problem)
        default:
            let context = parser.context.map { " (\(String(cString: $0)), line \(parser.context_mark.line + 1))" } ?? ""
            return YAMLDocument.Failure(line: Int(parser.problem_mark.line) + 1, explanation: problem + context)
        }
    }
}
