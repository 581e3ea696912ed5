public import Foundation
internal import Glibc

/// A program under test, running as a process of its own; ended when the value goes.
public final class Program {
    private let process = Process()
    /// Where both streams go; a file, because it is complete as soon as the program has ended.
    private let output: URL

    /// The folder that holds the package's built products, the test bundle among them.
    public static var products: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    }

    /// The root of the package.
    public static var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    /// Finds a tool in `.build-tools`, where `make tools` puts what the tests need, or on the PATH.
    public static func tool(_ name: String) throws -> URL {
        let folders =
            [root.appendingPathComponent(".build-tools/usr/bin").path]
            + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        guard
            let found = folders.map({ URL(fileURLWithPath: $0).appendingPathComponent(name) })
                .first(where: { FileManager.default.isExecutableFile(atPath: $0.path) })
        else { throw TestFailure("\(name) is missing: run 'make tools', or 'make test'") }
        return found
    }

    /// - Parameter input: what it reads from; nothing by default.
    public init(
        _ executable: URL, _ arguments: [String], environment: [String: String] = [:], input: Pipe? = nil
    ) throws {
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SERVER_") }
            .merging(environment) { $1 }
        process.standardInput = input ?? FileHandle.nullDevice
        output = FileManager.default.temporaryDirectory.appendingPathComponent("output-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
    }

    deinit {
        if process.isRunning {
            Glibc.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: output)
    }

    /// Everything that it has printed so far, on both streams.
    public var printed: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

    public var identifier: Int32 { process.processIdentifier }

    /// The CPU time that it has used, user and system.
    public func cpuSeconds() throws -> Double {
        let stat = try String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8)
        let fields = stat[stat.lastIndex(of: ")")!...].split(separator: " ").compactMap { Double($0) }
        // After the command and the state, proc(5)'s fields 14 and 15.
        return (fields[10] + fields[11]) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    public func signal(_ signal: Int32) { Glibc.kill(process.processIdentifier, signal) }

    /// The exit status, negative when a signal ended it; waits for the end.
    public func exitStatus(within deadline: Duration = .seconds(30)) async throws -> Int32 {
        guard try await eventually(within: deadline, { !process.isRunning }) else {
            throw TestFailure("still running after \(deadline); it printed: \(printed)")
        }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// Runs it to its end.
    public static func run(
        _ executable: URL, _ arguments: [String], environment: [String: String] = [:],
        within deadline: Duration = .seconds(30)
    ) async throws -> (status: Int32, printed: String) {
        let program = try Program(executable, arguments, environment: environment)
        let status = try await program.exitStatus(within: deadline)
        return (status, program.printed)
    }
}

/// The server's executable, serving on loopback.
public final class ServerProgram {
    public let program: Program
    public let port: UInt16

    public static var executable: URL { Program.products.appendingPathComponent("Server") }

    /// - Parameters:
    ///   - command: which of its commands, if not the default one.
    ///   - port: where it listens; 0 lets the system choose.
    ///   - descriptors: how many files it may have open.
    public init(
        _ arguments: [String] = [], command: String? = nil, port: UInt16 = 0, environment: [String: String] = [:],
        descriptors: Int? = nil
    ) async throws {
        let limit = descriptors.map { "ulimit -n \($0) && " } ?? ""
        let program = try Program(
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", limit + "exec \"$0\" \"$@\"", Self.executable.path] + (command.map { [$0] } ?? [])
                + ["--listen", "127.0.0.1:\(port)"] + arguments,
            environment: environment)
        self.program = program
        var listening: UInt16?
        let isUp = try await eventually {
            listening = program.printed.firstMatch(of: #/127\.0\.0\.1:(\d+)/#).flatMap { UInt16($0.1) }
            return listening != nil
        }
        guard isUp, let listening else {
            throw TestFailure("the server didn't start; it printed: \(program.printed)")
        }
        self.port = listening
    }

    /// Reads one sample of `/metrics`, named as in the exposition, labels included.
    public func metric(_ series: String) throws -> Double? {
        sample(series, in: try RawConnection(port: port).request("/metrics").body)
    }
}
