import Foundation
import Observability
import TestSupport
import Testing

@Suite struct GzipEncoderTests {
    /// Something like an exposition.
    private static let content = Array(
        (0..<40_000).map { "requests_total{id=\"\($0)\"} \($0 &* 7919 % 1000)\n" }.joined().utf8)

    private func compress(_ pieces: [[UInt8]], level: Int = GzipEncoder.defaultLevel) throws -> [UInt8] {
        var encoder = try GzipEncoder(level: level)
        var output: [UInt8] = []
        for piece in pieces { encoder.append(piece, to: &output) }
        encoder.finish(to: &output)
        return output
    }

    @Test(arguments: 1...9) func everyLevelKeepsTheContentAndMakesItSmaller(level: Int) throws {
        let output = try compress([Self.content], level: level)
        #expect(output.count < Self.content.count / 4)
        #expect(try gunzip(output) == Self.content)
    }

    @Test(arguments: [1, 7, 16_384, 100_000]) func theSizeOfThePiecesMakesNoDifference(size: Int) throws {
        let content = Self.content.prefix(size * 10_000)
        let pieces = stride(from: 0, to: content.count, by: size).map {
            Array(content[$0..<min($0 + size, content.count)])
        }
        #expect(try gunzip(compress(pieces)) == Array(content))
    }

    @Test func nothingIsLostWhereTheContentCannotBeCompressed() throws {
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(try gunzip(compress([noise, [], noise])) == noise + noise)
    }

    @Test(arguments: [[], [[]], [[65]]] as [[[UInt8]]]) func littleOrNothingIsContentToo(pieces: [[UInt8]]) throws {
        #expect(try gunzip(compress(pieces)) == pieces.flatMap(\.self))
    }

    @Test func appendsToWhatIsThereAndBeginsAnewAfterTheEnd() throws {
        var encoder = try GzipEncoder()
        var output: [UInt8] = [1, 2, 3]
        var copy: [UInt8] = []
        for _ in 0..<2 {
            encoder.append(Self.content, to: &output)
            encoder.finish(to: &output)
        }
        encoder.append(Self.content, to: &copy)
        encoder.finish(to: &copy)
        #expect(output == [1, 2, 3] + copy + copy)
        #expect(try gunzip(Array(output.dropFirst(3))) == Self.content + Self.content)
    }

    @Test func takesRawBytes() throws {
        var encoder = try GzipEncoder()
        var output: [UInt8] = []
        Self.content.withUnsafeBytes { encoder.append($0, to: &output) }
        encoder.append(UnsafeRawBufferPointer(start: nil, count: 0), to: &output)
        encoder.finish(to: &output)
        #expect(try gunzip(output) == Self.content)
    }

    /// zlib's own reader could share zlib's mistakes about the format.
    @Test func theGzipProgramReadsIt() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("gzip-\(UUID().uuidString).gz")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(compress([Self.content])).write(to: file)
        let (status, printed) = try await Program.run(Program.tool("gzip"), ["-dc", file.path])
        #expect(status == 0)
        #expect(printed == String(decoding: Self.content, as: UTF8.self))
    }

    @Test func whatWasNotFinishedIsNoContent() throws {
        var encoder = try GzipEncoder()
        var output: [UInt8] = []
        encoder.append(Self.content, to: &output)
        #expect(throws: (any Error).self) { try gunzip(output) }
    }

    @Test(arguments: [0, 10, -1, .max]) func refusesLevelsThatDoNotExist(level: Int) {
        #expect(throws: GzipError.invalidLevel(level)) { _ = try GzipEncoder(level: level) }
    }
}
