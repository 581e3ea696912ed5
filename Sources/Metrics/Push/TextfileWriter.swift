internal import Glibc

/// Writes metrics to a file for node_exporter's textfile collector, for jobs that run on a machine and end.
///
/// ```swift
/// let textfile = try TextfileWriter(path: "/var/lib/node_exporter/backup.prom")
/// try textfile.write(registry)
/// ```
///
/// A reader sees the file of before or the whole new one, whenever it looks, and after a crash of the system too. Any
/// number of threads and processes may write the same file: the last one to finish wins.
///
/// node_exporter merges the file with its own metrics and fails to expose series that both have: leave the
/// ``ProcessCollector`` out.
public struct TextfileWriter: Sendable {
    /// As it was given.
    public let path: String
    private let folder: String
    private let name: String

    /// Nothing is written yet.
    ///
    /// - Parameter path: ends in `.prom`; its folder is there already.
    /// - Throws: ``TextfileError/invalidPath(_:reason:)``.
    public init(path: String) throws(TextfileError) {
        guard path.utf8.suffix(5).elementsEqual(".prom".utf8) else {
            throw .invalidPath(path, reason: "node_exporter reads only files that end in '.prom'")
        }
        guard !path.utf8.contains(0) else { throw .invalidPath(path, reason: "a path has no NUL in it") }
        self.path = path
        if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) {
            folder = String(path[...slash])
            name = String(path[path.utf8.index(after: slash)...])
        } else {
            folder = "."
            name = path
        }
    }

    /// Replaces the file, with mode 0644 less the umask.
    ///
    /// Blocks until the disk has it: not for use on an event loop. What goes wrong leaves the old file, but for
    /// ``TextfileError/Step/syncFolder``, and no other. A process that is killed meanwhile leaves a temporary file,
    /// `<name>.prom.<16 hexadecimal digits>.tmp`, which node_exporter doesn't read.
    ///
    /// - Throws: ``TextfileError/system(path:step:errno:)``.
    public func write(_ families: [MetricFamily]) throws(TextfileError) {
        let text = Exposition.bytes(families)
        // Everything happens relative to the folder as it is now, should someone move it meanwhile.
        let folder = try retry(.openFolder) { open(self.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { close(folder) }
        let temporary = "\(name).\(String(UInt64.random(in: 1 << 60 ... .max), radix: 16)).tmp"
        let file = try retry(.create) { openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644) }
        do {
            defer { close(file) }
            try write(text, to: file)
            _ = try retry(.sync) { fsync(file) }
            _ = try retry(.rename) { renameat(folder, temporary, folder, name) }
        } catch {
            unlinkat(folder, temporary, 0)
            throw error
        }
        _ = try retry(.syncFolder) { fsync(folder) }
    }

    /// As ``write(_:)-([MetricFamily])``, with everything that a registry has.
    public func write(_ registry: MetricsRegistry) throws(TextfileError) {
        try write(registry.snapshot())
    }

    private func write(_ text: [UInt8], to file: Int32) throws(TextfileError) {
        var rest = text[...]
        while !rest.isEmpty {
            let written = try retry(.write) { rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } }
            rest = rest.dropFirst(written)
        }
    }

    /// Calls again what a signal interrupted.
    private func retry<Result: SignedInteger>(
        _ step: TextfileError.Step, _ call: () -> Result
    ) throws(TextfileError) -> Result {
        while true {
            let result = call()
            if result >= 0 { return result }
            let code = errno
            guard code == EINTR else { throw .system(path: path, step: step, errno: code) }
        }
    }
}
