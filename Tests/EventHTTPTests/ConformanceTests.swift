import EventHTTP
import TestSupport
import Testing

/// What the server makes of requests, good and bad, byte for byte: the cases are in `Conformance`.
@Suite(.serialized) struct ConformanceTests {
    private static let deliveries: [Dialogue.Delivery] = [.whole, .byteByByte, .inPieces(seed: 1)]

    @Test(arguments: deliveries, Dialogue.FollowUp.allCases)
    func everyCaseGoesAsItSays(delivery: Dialogue.Delivery, followUp: Dialogue.FollowUp) async throws {
        for (limits, cases) in Dictionary(grouping: try ConformanceFile.all.get(), by: \.limits) {
            let server = try ServedServer.forConformance(limits)
            let outcome = try await ConformanceRun.outcome(
                of: cases, port: server.port, delivery: delivery, followUp: followUp)
            await server.stop()
            for failure in outcome.failures { Issue.record(Comment(rawValue: failure)) }
            // Every refusal is reported, once, and by the name that the client was given.
            #expect(counts(server.events.current.rejections) == counts(outcome.refusals))
        }
    }

    private func counts(_ reasons: [RejectionReason]) -> [RejectionReason: Int] {
        Dictionary(reasons.map { ($0, 1) }, uniquingKeysWith: +)
    }

    @Test func theCorpusIsWholeAndSaysNothingTwice() throws {
        let cases = try ConformanceFile.all.get()
        #expect(cases.count >= 250)
        if let (one, other) = ConformanceFile.firstDuplicate(in: cases) {
            Issue.record("\(other.place) '\(other.title)' does what \(one.place) '\(one.title)' does")
        }
        // The others are no answer to what a request says, but to when or where it comes.
        let others: Set<RejectionReason> = [.headerTimeout, .requestTimeout, .tooManyConnections, .plainHTTPOnTLS]
        let named = Set(cases.flatMap(\.answers).compactMap(\.reason))
        #expect(named == Set(RejectionReason.allCases).subtracting(others))
    }
}
