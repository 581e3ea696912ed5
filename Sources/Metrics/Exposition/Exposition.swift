/// The rendering of a snapshot in one of the formats, piece by piece.
///
/// ```swift
/// var buffer: [UInt8] = []
/// var exposition = Exposition(registry.snapshot(), as: .openMetrics)
/// while exposition.render(into: &buffer, atLeast: 32_768) { await Task.yield() }
/// ```
///
/// Costs O(output). Nothing is allocated for a sample; `buffer` grows if it has to, so use one again for the next
/// scrape. A value: to be used by one task at a time.
public struct Exposition: Sendable {
    let format: ExpositionFormat
    let escaping: EscapingScheme
    let createdSamples: Bool
    private let families: [MetricFamily]
    /// Where the rendering is.
    private var family = 0
    private var block = 0
    private var series = 0
    private var phase = Phase.preamble
    /// What is being rendered; `nil` until its first piece is.
    private var current: RenderedBlock?

    private enum Phase { case preamble, series, epilogue, trailer, done }

    /// How much room is made at a time: little at first, for those who have little to show.
    private static let firstChunk = 2 << 10, chunk = 32 << 10

    /// Nothing is rendered yet.
    ///
    /// - Parameters:
    ///   - families: in the order in which they are to be exposed, as ``MetricsRegistry/snapshot(names:)`` gives them.
    ///   - format: the syntax.
    ///   - escaping: how to write names that aren't legacy-valid.
    ///   - createdSamples: whether OpenMetrics 1.0 says when counters, histograms and summaries began, in `_created`
    ///     samples; for Prometheus 2 each of them is a series more. OpenMetrics 2.0 and protobuf always say it.
    public init(
        _ families: [MetricFamily], as format: ExpositionFormat = .text, escaping: EscapingScheme = .underscores,
        createdSamples: Bool = false
    ) {
        self.families = families
        self.format = format
        self.escaping = escaping
        self.createdSamples = createdSamples
    }

    /// A whole exposition; the parameters are those of ``init(_:as:escaping:createdSamples:)``.
    public static func bytes(
        _ families: [MetricFamily], as format: ExpositionFormat = .text, escaping: EscapingScheme = .underscores,
        createdSamples: Bool = false
    ) -> [UInt8] {
        var buffer: [UInt8] = []
        var exposition = Exposition(families, as: format, escaping: escaping, createdSamples: createdSamples)
        _ = exposition.render(into: &buffer)
        return buffer
    }

    /// As ``bytes(_:as:escaping:createdSamples:)``, as a string; for the text formats only, protobuf isn't UTF-8.
    public static func text(
        _ families: [MetricFamily], as format: ExpositionFormat = .text, escaping: EscapingScheme = .underscores,
        createdSamples: Bool = false
    ) -> String {
        String(
            decoding: bytes(families, as: format, escaping: escaping, createdSamples: createdSamples), as: UTF8.self)
    }

    /// Appends the next piece.
    ///
    /// - Parameters:
    ///   - buffer: may be emptied between the calls.
    ///   - size: after how many bytes to pause; a piece ends with a whole series.
    /// - Returns: whether there is more to come.
    public mutating func render(into buffer: inout [UInt8], atLeast size: Int = .max) -> Bool {
        let start = buffer.count
        var room = Self.firstChunk
        while phase != .done, buffer.count - start < size {
            let used = buffer.count
            buffer.append(zeros: room)
            let (written, needed) = buffer.withUnsafeMutableBufferPointer { memory in
                var writer = ByteWriter(UnsafeMutableBufferPointer(rebasing: memory[used...]))
                let needed = fill(&writer, upTo: size - (used - start))
                return (writer.count, needed)
            }
            buffer.removeLast(room - written)
            room = max(Self.chunk, needed)
        }
        return phase != .done
    }

    /// Writes until the room is used up, `limit` is reached or all is done.
    ///
    /// - Returns: how much room the next part needs.
    private mutating func fill(_ writer: inout ByteWriter, upTo limit: Int) -> Int {
        while writer.count < limit {
            switch phase {
            case .preamble:
                guard family < families.count else {
                    phase = .trailer
                    continue
                }
                let rendered = RenderedBlock(families[family], block, self)
                if block == 0 {
                    let size = rendered.preambleSize
                    guard writer.room >= size else { return size }
                    rendered.writePreamble(families[family], self, &writer)
                }
                current = rendered
                series = 0
                phase = .series
            case .series:
                let needed = current!.write(from: &series, &writer, upTo: limit)
                if needed > 0 { return needed }
                if series < current!.block.count { return 0 }
                block += 1
                phase = block < families[family].blockCount ? .preamble : .epilogue
            case .epilogue:
                let epilogue = current!.head.epilogue
                guard writer.room >= epilogue.count else { return epilogue.count }
                writer.write(epilogue)
                family += 1
                block = 0
                phase = .preamble
            case .trailer:
                if format == .openMetrics || format == .openMetrics2 {
                    let trailer: StaticString = "# EOF\n"
                    guard writer.room >= trailer.utf8CodeUnitCount else { return trailer.utf8CodeUnitCount }
                    writer.write(trailer)
                }
                current = nil
                phase = .done
            case .done:
                return 0
            }
        }
        return 0
    }
}

extension [UInt8] {
    /// Copied from one place, because appending a repeated element takes a call for each in a build without
    /// optimization.
    private static let someZeros = [UInt8](repeating: 0, count: 32 << 10)

    fileprivate mutating func append(zeros count: Int) {
        var missing = count
        while missing > 0 {
            let piece = Self.someZeros.prefix(missing)
            append(contentsOf: piece)
            missing -= piece.count
        }
    }
}
