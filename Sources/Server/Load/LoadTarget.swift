internal import EventHTTP
internal import Logging
internal import Synchronization

/// A server that requests are sent to. Safe from any thread.
final class LoadTarget: Sendable {
    private let base: String
    private let logger: Logger
    /// `nil` while it answers.
    private let absence = Mutex<Absence?>(nil)

    private struct Absence {
        var lastFailure: ContinuousClock.Instant
        var failures: Int
    }

    /// Longer than `/slow` takes.
    private static let timeout = Duration.seconds(5)
    /// How long every request has to be answered until the target counts as there again: one of several replicas that
    /// is away takes one line of the log, not one for each request.
    private static let recovery = Duration.seconds(10)

    /// - Parameter url: paths are put behind it.
    init(_ url: String, logger: Logger) throws {
        do {
            try HTTPClient.validate(url)
        } catch {
            throw LoadTargetError(url: url, problem: "\(error)")
        }
        guard !url.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw LoadTargetError(url: url, problem: "a target has no query and no fragment")
        }
        base = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.logger = logger
    }

    /// Asks for a path, on a connection of its own to an address that is looked up anew. Blocks its thread.
    ///
    /// - Returns: the status of the answer; `nil` when there is none.
    func get(_ path: String) -> Int? {
        do {
            let status = try HTTPClient.send(.get, base + path, timeout: Self.timeout, spreading: true).status
            answered()
            return status
        } catch {
            failed(error)
            return nil
        }
    }

    private func failed(_ error: HTTPClient.Failure) {
        let isFirst = absence.withLock { absence in
            defer { absence = Absence(lastFailure: .now, failures: (absence?.failures ?? 0) + 1) }
            return absence == nil
        }
        if isFirst { logger.warning("\(base) doesn't answer; going on", metadata: ["error": "\(error)"]) }
    }

    private func answered() {
        let failures: Int? = absence.withLock { state in
            guard let absence = state, absence.lastFailure + Self.recovery < .now else { return nil }
            state = nil
            return absence.failures
        }
        if let failures { logger.info("\(base) answers again", metadata: ["failed": "\(failures)"]) }
    }
}

/// Why a target can't be one.
struct LoadTargetError: Error, CustomStringConvertible {
    let description: String

    fileprivate init(url: String, problem: String) { description = "the target '\(url)': \(problem)" }
}
