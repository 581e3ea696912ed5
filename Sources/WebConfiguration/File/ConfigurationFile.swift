internal import Glibc

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
        for (index, line) in yaml.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        where String(validating: line, as: UTF8.self) == nil { throw error(index + 1, "isn't UTF-8") }
        do {
            guard let document = try YAMLDocument(yaml) else { return nil }
            let setting = Setting(file: path, name: "", document: document, index: 0)
            return setting.isNull ? nil : setting
        } catch {
            // libyaml puts the end of the file on a line of its own, even where there is none.
            let lastLine = String(decoding: yaml, as: UTF8.self).count { $0.isNewline } + 1
            throw WebConfigurationError(
                file: path, line: error.line.map { min($0, lastLine) },
                problem: "is no valid YAML: \(printable(error.explanation))")
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
