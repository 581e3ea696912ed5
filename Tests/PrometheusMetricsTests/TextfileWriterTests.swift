import Foundation
import PrometheusMetrics
import Testing

@Suite final class TextfileWriterTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("textfile-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path) }

    /// A family that tells how many series belong to it.
    private static func family(series count: Int) -> MetricFamily {
        .gauge(
            "rows", help: "Of \(count) rows.",
            (0..<count).map { (LabelSet.row($0), Double(count)) })
    }

    private func failure(_ writer: TextfileWriter) throws -> TextfileError.Step {
        let error = #expect(throws: TextfileError.self) { try writer.write([Self.family(series: 1)]) }
        guard case .system(let path, let step, let code)? = error else {
            throw try #require(error)
        }
        #expect(path == writer.path)
        let text = try #require(error).description
        #expect(text.contains("'\(path)'"))
        #expect(text.contains(String(cString: strerror(code))))
        return step
    }

    @Test func fileHoldsTheExpositionAndNothingElseIsLeft() throws {
        let writer = try TextfileWriter(path: path("backup.prom"))
        // The second is shorter: nothing of the first may shine through.
        for count in [1000, 1, 0] {
            let families = [Self.family(series: count)]
            try writer.write(families)
            #expect(try String(contentsOfFile: writer.path, encoding: .utf8) == Exposition.text(families))
            #expect(try names() == ["backup.prom"])
        }
        let registry = MetricsRegistry()
        try registry.counter("jobs_total", help: "Jobs done.").increment()
        try writer.write(registry)
        #expect(
            try String(contentsOfFile: writer.path, encoding: .utf8) == Exposition.text(registry.snapshot()))
    }

    @Test func fileInTheWorkingFolderNeedsNoSlash() throws {
        let writer = try TextfileWriter(path: "textfile-\(UUID().uuidString).prom")
        defer { try? FileManager.default.removeItem(atPath: writer.path) }
        try writer.write([Self.family(series: 1)])
        #expect(FileManager.default.fileExists(atPath: writer.path))
    }

    @Test func everyoneMayReadTheFile() throws {
        let writer = try TextfileWriter(path: path("backup.prom"))
        try writer.write([])
        let mode = try FileManager.default.attributesOfItem(atPath: writer.path)[.posixPermissions] as? Int
        // What the umask is can't be read without changing it for all threads.
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let umask = try #require(status.firstMatch(of: #/Umask:\s*([0-7]+)/#).flatMap { Int($0.1, radix: 8) })
        #expect(mode == 0o644 & ~umask)
    }

    @Test(arguments: ["", "metrics", "metrics.prom.tmp", "metrics.PROM", "prom", "folder/", "a.prom/"])
    func nameThatNodeExporterIgnoresIsRefused(path: String) throws {
        let error = #expect(throws: TextfileError.self) { try TextfileWriter(path: path) }
        let text = try #require(error).description
        #expect(text.contains("'\(path)'"))
        #expect(text.contains("node_exporter reads only files that end in '.prom'"))
    }

    @Test func pathWithANULIsRefused() {
        #expect(throws: TextfileError.self) { try TextfileWriter(path: "/tmp/passwd\0.prom") }
    }

    @Test func errorsNameTheStep() throws {
        #expect(try failure(TextfileWriter(path: path("missing/a.prom"))) == .openFolder)

        try Data().write(to: folder.appendingPathComponent("file"))
        #expect(try failure(TextfileWriter(path: path("file/a.prom"))) == .openFolder)

        // Nobody makes files here, root neither.
        #expect(try failure(TextfileWriter(path: "/proc/self/a.prom")) == .create)
    }

    @Test func aFolderInThePlaceOfTheFileStaysAndNoTemporaryFileDoes() throws {
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("a.prom"), withIntermediateDirectories: true)
        #expect(try failure(TextfileWriter(path: path("a.prom"))) == .rename)
        #expect(try names() == ["a.prom"])
    }

    @Test func aFileThatCannotBeWrittenToItsEndLeavesTheOldOne() async {
        // In a process of its own: the limit on the size of files holds for all threads.
        await #expect(processExitsWith: .success) {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let writer = try TextfileWriter(path: folder.appendingPathComponent("a.prom").path)
            let old = [TextfileWriterTests.family(series: 1)]
            try writer.write(old)

            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
            try #require(setrlimit(Int32(RLIMIT_FSIZE.rawValue), &limit) == 0)
            #expect(throws: TextfileError.system(path: writer.path, step: .write, errno: EFBIG)) {
                try writer.write([TextfileWriterTests.family(series: 1000)])
            }
            #expect(try String(contentsOfFile: writer.path, encoding: .utf8) == Exposition.text(old))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.prom"])
        }
    }

    @Test func readersNeverSeeAPartWhileManyWrite() async throws {
        let writer = try TextfileWriter(path: path("a.prom"))
        let expositions = Set((1...4).map { Exposition.text([Self.family(series: $0 * 300)]) })
        try writer.write([Self.family(series: 300)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for count in 1...4 {
                group.addTask { for _ in 0..<25 { try writer.write([Self.family(series: count * 300)]) } }
            }
            group.addTask {
                for _ in 0..<200 {
                    let seen = try String(contentsOfFile: writer.path, encoding: .utf8)
                    #expect(expositions.contains(seen), "a file of \(seen.utf8.count) bytes")
                }
            }
            try await group.waitForAll()
        }
        #expect(try names() == ["a.prom"])
    }
}

extension LabelSet {
    fileprivate static func row(_ row: Int) -> LabelSet {
        (try? LabelSet(["row": "\(row)"])) ?? .empty
    }
}
