import EventHTTP
import Glibc
import TestSupport

/// One case's conversation with a server, a piece at a time, so that many can go on side by side.
final class Dialogue {
    /// How a case's bytes travel.
    enum Delivery: Hashable, Sendable {
        case whole, byteByByte
        case inPieces(seed: UInt64)
    }

    /// When the further request is sent that shows whether the connection is open.
    enum FollowUp: CaseIterable, Sendable { case afterTheAnswers, pipelined }

    let test: ConformanceCase
    /// What went wrong; `nil` while nothing has.
    private(set) var failure: String?
    private(set) var isOver = false
    /// Why the server refused the request, where it did.
    private(set) var refusal: RejectionReason?

    private let connection: RawConnection
    private let delivery: Delivery
    private var random: SeededGenerator
    private var sends: ArraySlice<ConformanceCase.Send>
    /// How much of the first of them has left.
    private var sent = 0
    private var expected: ArraySlice<ExpectedAnswer>
    private var answered = 0
    private let saysClose: Bool
    private var reader = AnswerReader()

    var descriptor: Int32 { connection.fileDescriptor }

    private static let furtherRequest = Array("GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)

    init(_ test: ConformanceCase, port: UInt16, delivery: Delivery, followUp: FollowUp) throws {
        self.test = test
        self.delivery = delivery
        if case .inPieces(let seed) = delivery {
            // Other pieces for every case.
            random = SeededGenerator(seed: test.place.utf8.reduce(seed) { $0 &* 31 &+ UInt64($1) })
        } else {
            random = SeededGenerator(seed: 0)
        }
        connection = try RawConnection(port: port)
        connection.sendAtOnce()
        var sends = test.sends
        var expected = test.answers
        if followUp == .pipelined, test.ending != .endedByClient {
            sends[sends.count - 1].bytes += Self.furtherRequest
        } else if test.ending == .open {
            sends.append(.init(bytes: Self.furtherRequest, precedingAnswers: expected.count))
        }
        if test.ending == .open { expected.append(ExpectedAnswer(status: 200, content: Array("next".utf8))) }
        self.sends = sends[...]
        self.expected = expected[...]
        // A server that closes because the client has can't know it when it answers.
        saysClose = test.ending != .endedByClient
    }

    /// Sends the next piece, if its turn has come.
    ///
    /// - Returns: whether it had.
    func send() -> Bool {
        guard !isOver, let next = sends.first, answered >= next.precedingAnswers else { return false }
        let end = sent + pieceSize(of: next.bytes.count - sent)
        // A server that has closed takes no more; what it had to say is still to be read.
        guard connection.send(next.bytes[sent..<end]) else {
            sends = []
            return false
        }
        sent = end
        if sent == next.bytes.count {
            sends.removeFirst()
            sent = 0
            if sends.isEmpty, test.ending == .endedByClient { connection.endSending() }
        }
        return true
    }

    /// - Parameter count: how much is left to be sent.
    private func pieceSize(of count: Int) -> Int {
        // The middle of what is long goes at once: a byte there is as any other, and would take its time.
        if sent >= 1000, count > 1000 { return count - 1000 }
        return switch delivery {
        case .whole: count
        case .byteByByte: min(1, count)
        case .inPieces: min(.random(in: 1...(.random(using: &random) ? 4 : 64), using: &random), count)
        }
    }

    /// Takes all that has come, and compares it with what should.
    func receive() {
        do {
            while !isOver, try take(connection.receiveNow()) {}
        } catch {
            end(error)
        }
    }

    /// - Returns: whether there was something.
    private func take(_ arrival: RawConnection.Arrival) throws -> Bool {
        switch arrival {
        case .nothing: return false
        case .bytes(let bytes):
            reader.append(bytes)
            while let answer = try reader.next(hasContent: nextHasContent) { try take(answer) }
        case .end:
            isOver = true
            let rest = reader.bytes
            guard rest.isEmpty else { throw TestFailure("received at the end: \(notation(rest))") }
            if let missing = expected.first { throw TestFailure("expected \(missing), received the end") }
        case .reset:
            throw TestFailure("the connection was reset; expected \(expected.first?.description ?? "its end")")
        }
        return true
    }

    /// Of one that may come, which is 100, the status says already that there is none.
    private var nextHasContent: Bool { expected.first { !$0.isOptional }?.hasContent ?? true }

    /// Ends it because nothing comes any more.
    func giveUp() {
        let received = reader.bytes.isEmpty ? "nothing" : notation(reader.bytes)
        end(TestFailure("expected \(expected.first?.description ?? "the end of the connection"), received \(received)"))
    }

    /// Looks once more, when all is over: a reset may come right behind the end.
    ///
    /// Not where the bytes go in pieces: one may arrive just when the server ends what the client wanted to end.
    func checkForReset() {
        guard failure == nil, delivery == .whole, connection.wasReset else { return }
        failure = "the connection was reset behind its end"
    }

    private func end(_ error: any Error) {
        failure = "\(error)"
        isOver = true
    }

    private func take(_ answer: ReceivedAnswer) throws {
        while expected.first?.isOptional == true, answer.status != expected.first!.status {
            expected.removeFirst()
            answered += 1
        }
        guard let next = expected.popFirst() else {
            throw TestFailure("expected the end of the connection, received \(describe(answer))")
        }
        answered += 1
        if next.isOptional, delivery == .whole {
            throw TestFailure("expected no \(next), for what it would ask for has come already")
        }
        try check(answer, against: next)
    }

    private func check(_ answer: ReceivedAnswer, against expected: ExpectedAnswer) throws {
        func require(_ condition: Bool, _ what: String = "") throws {
            if !condition { throw TestFailure("expected \(expected)\(what), received \(describe(answer))") }
        }
        try require(answer.status == expected.status)
        if let content = expected.content { try require(answer.content == content) }
        if let reason = expected.reason {
            refusal = reason
            if expected.hasContent {
                try require(answer.values("Content-Type").first?.hasPrefix("text/plain") == true, " in plain text")
                let content = String(decoding: answer.content, as: UTF8.self)
                try require(content.contains(explanation(of: reason)), ": '\(explanation(of: reason))'")
            }
        }
        for field in expected.fields {
            if let value = field.value {
                try require(answer.values(field.name) == [value], " with '\(field.name): \(value)'")
            } else {
                try require(answer.values(field.name).isEmpty, " without \(field.name)")
            }
        }
        guard answer.status >= 200 else { return }
        // RFC 9110 §6.6.1 leaves it open for 5xx.
        if answer.status < 500 { try require(answer.values("Date").count == 1, " with Date") }
        if saysClose {
            let isLast = self.expected.isEmpty
            try require(answer.says("close") == isLast, isLast ? " with 'Connection: close'" : " that doesn't close")
        }
    }

    private func describe(_ answer: ReceivedAnswer) -> String {
        let fields = answer.fields.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
        return "\(answer.status) \"\(notation(answer.content))\" with \(fields)"
    }
}
