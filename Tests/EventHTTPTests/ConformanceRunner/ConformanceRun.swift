import EventHTTP
import Foundation
import TestSupport

/// Holds the conversations of many cases with one server, all at the same time.
enum ConformanceRun {
    struct Outcome: Sendable {
        /// A line for every case that didn't go as it says.
        var failures: [String] = []
        /// What clients were refused for.
        var refusals: [RejectionReason] = []
    }

    /// - Parameter patience: how long nothing may come from the server before the rest is given up.
    static func outcome(
        of cases: [ConformanceCase], port: UInt16, delivery: Dialogue.Delivery, followUp: Dialogue.FollowUp,
        patience: Duration = .seconds(5)
    ) async throws -> Outcome {
        // On a thread of its own: those that all tests share must not be held up.
        try await withCheckedThrowingContinuation { continuation in
            Thread {
                continuation.resume(
                    with: Result {
                        let dialogues = try cases.map {
                            try Dialogue($0, port: port, delivery: delivery, followUp: followUp)
                        }
                        try hold(dialogues, pacer: delivery == .whole ? nil : Pacer(port: port), patience: patience)
                        return outcome(of: dialogues, "\(delivery), further request \(followUp)")
                    })
            }.start()
        }
    }

    private static func hold(_ dialogues: [Dialogue], pacer: Pacer?, patience: Duration) throws {
        var active = dialogues
        while !active.isEmpty {
            var hasSent = false
            for dialogue in active where dialogue.send() { hasSent = true }
            if hasSent { try pacer?.pass() }
            let ready = readable(active, within: hasSent ? .zero : patience)
            if ready.isEmpty, !hasSent { for dialogue in active { dialogue.giveUp() } }
            for dialogue in ready { dialogue.receive() }
            active.removeAll(where: \.isOver)
        }
        for dialogue in dialogues { dialogue.checkForReset() }
    }

    private static func readable(_ dialogues: [Dialogue], within patience: Duration) -> [Dialogue] {
        var descriptors = dialogues.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        let milliseconds = Int32(patience / .milliseconds(1))
        guard poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 else { return [] }
        return zip(dialogues, descriptors).filter { $1.revents != 0 }.map(\.0)
    }

    private static func outcome(of dialogues: [Dialogue], _ circumstances: String) -> Outcome {
        var outcome = Outcome()
        for dialogue in dialogues {
            if let failure = dialogue.failure {
                let test = dialogue.test
                outcome.failures.append("\(test.place) '\(test.title)' (\(circumstances)): \(failure)")
            }
            if let refusal = dialogue.refusal { outcome.refusals.append(refusal) }
        }
        return outcome
    }
}

/// Lets a server of one loop catch up between two pieces, so that it reads each for itself: the loop comes to the
/// pacer's request after all that arrived before.
private final class Pacer {
    private let port: UInt16
    private var connection: RawConnection

    private static let request = Array("GET /next HTTP/1.1\r\nHost: a\r\n\r\n".utf8)

    init(port: UInt16) throws {
        self.port = port
        connection = try RawConnection(port: port)
    }

    func pass() throws {
        guard connection.send(Self.request) else { throw TestFailure("the pacer's connection has ended") }
        var received: [UInt8] = []
        while !received.suffix(4).elementsEqual("next".utf8) {
            var descriptor = pollfd(fd: connection.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 10_000) > 0, case .bytes(let bytes) = connection.receiveNow() else {
                throw TestFailure("the pacer isn't answered")
            }
            received += bytes
        }
        // Where the server has a limit of requests per connection.
        if received.firstRange(of: Array("Connection: close".utf8)) != nil {
            connection = try RawConnection(port: port)
        }
    }
}
