internal import Glibc
internal import Yams

/// From a path to the document in the file, as YAML.
enum ConfigurationFile {
    /// Reads the bytes, up to one more than are taken.
    static func read(_ path: String) throws(WebConfigurationError) -> [UInt8] {
        func failure() -> WebConfigurationError {
            WebConfigurationError(file: path, line: nil, problem: "can't be read: \(String(cString: strerror(errno)))")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while bytes.count <= WebConfiguration.maximumSize {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// - Returns: the document's root; `nil` for a file without one.
    static func parse(_ yaml: [UInt8], path: String) throws(WebConfigurationError) -> Setting? {
        func error(_ line: Int?, _ problem: String) -> WebConfigurationError {
            WebConfigurationError(file: path, line: line, problem: problem)
        }
        guard yaml.count <= WebConfiguration.maximumSize else {
            throw error(nil, "is larger than \(WebConfiguration.maximumSize) bytes")
        }
        let lines = yaml.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var aliases = 0
        for (index, line) in lines.enumerated() {
            guard String(validating: line, as: UTF8.self) != nil else { throw error(index + 1, "isn't UTF-8") }
            aliases += possibleAliases(line)
            guard aliases <= aliasLimit else {
                throw error(index + 1, "has more than \(aliasLimit) aliases (*name): write the values out")
            }
        }
        let text = String(decoding: yaml, as: UTF8.self)
        do {
            // Without rules for what plain scalars are: the setting decides.
            guard let root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else { return nil }
            let setting = Setting(file: path, name: "", line: root.mark?.line ?? 1, node: root)
            return setting.isNull ? nil : setting
        } catch let problem as YamlError {
            let (line, explanation) = explanation(of: problem)
            // libyaml puts the end of the file on a line of its own, even where there is none.
            let lastLine = text.count { $0.isNewline } + 1
            throw error(line.map { min($0, lastLine) }, "is no valid YAML: \(explanation)")
        } catch let failure {
            throw error(nil, "is no valid YAML: \(failure)")
        }
    }

    /// Aliases let a small file stand for a tree so large that comparing two keys would never end.
    private static let aliasLimit = 8

    /// How many aliases a line holds at most.
    private static func possibleAliases(_ line: ArraySlice<UInt8>) -> Int {
        guard line.first(where: { $0 != UInt8(ascii: " ") }) != UInt8(ascii: "#") else { return 0 }
        return zip(line, line.dropFirst()).count { character, next in
            character == UInt8(ascii: "*") && isNameCharacter(next)
        }
    }

    /// What libyaml allows in the name of an alias.
    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        let character = Unicode.Scalar(byte)
        return character.properties.isASCIIHexDigit || ("a"..."z").contains(character)
            || ("A"..."Z").contains(character)
            || ("0"..."9").contains(character) || character == "_" || character == "-"
    }

    private static func explanation(of problem: YamlError) -> (line: Int?, text: String) {
        switch problem {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
            return (mark.line, problem + place)
        case .reader(let problem, let offset, _, let yaml):
            let line = offset.map { offset in yaml.prefix(offset).count { $0 == "\n" || $0 == "\r\n" } + 1 }
            return (line, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "'\(printable($0))'" }.joined(separator: ", ")
            return (context.mark.line, "\(keys) is given more than once")
        default: return (nil, printable("\(problem)"))
        }
    }
}

/// The text on one line, without what can't be seen.
func printable(_ text: some StringProtocol) -> String {
    text.unicodeScalars.map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
        default: String(scalar)
        }
    }
    .joined()
}
