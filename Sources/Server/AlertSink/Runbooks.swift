internal import FoundationEssentials
internal import Glibc

/// The runbooks of a folder, read once: no request names a file.
struct Runbooks: Sendable {
    /// Markdown by the files' names, without `.md`.
    private let texts: [String: String]

    /// None at all.
    init() { texts = [:] }

    /// Reads every Markdown file of a folder.
    init(folder: String) throws(RunbooksError) {
        var texts: [String: String] = [:]
        for file in try Self.files(in: folder) where file.hasSuffix(".md") && !file.hasPrefix(".") {
            let path = "\(folder)/\(file)"
            guard Self.isFile(path) else { continue }
            do {
                texts[String(file.dropLast(".md".count))] = String(
                    decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            } catch {
                throw RunbooksError(path: path, error)
            }
        }
        self.texts = texts
    }

    var names: [String] { texts.keys.sorted() }

    subscript(_ name: String) -> String? { texts[name] }

    private static func files(in folder: String) throws(RunbooksError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw RunbooksError(path: folder, error)
        }
    }

    /// Not a pipe, say, which would be read for ever.
    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}

/// Why there are no runbooks.
struct RunbooksError: Error, CustomStringConvertible {
    let description: String

    fileprivate init(path: String, _ error: any Error) {
        let code = ((error as? CocoaError)?.underlying as? POSIXError)?.code
        let reason = code.map { String(cString: strerror($0.rawValue)) } ?? "\(error)"
        description = "can't read the runbooks of '\(path)': \(reason)"
    }
}
