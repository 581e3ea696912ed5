import Foundation

/// The command line of a peer: `PEER` lists its lines as `name threads`; `PEER NAME THREADS MILLISECONDS` measures one
/// for about so long, and prints `value unit`.
public struct Peer {
    let lines: [Line]

    public init(_ lines: [Line]) { self.lines = lines }

    public func run(_ arguments: [String] = CommandLine.arguments) throws {
        guard arguments.count > 3 else {
            for line in lines {
                for threads in line.threads { print(line.name, threads) }
            }
            return
        }
        guard let line = lines.first(where: { $0.name == arguments[1] }), let threads = Int(arguments[2]),
            let milliseconds = Int(arguments[3])
        else { throw CheckFailure("no line \(arguments.dropFirst())") }
        let stopwatch = Stopwatch(measured: .milliseconds(milliseconds))
        switch try line.work() {
        case .updates(let run, let check):
            print(try stopwatch.nanosecondsPerUpdate(threads: threads, run, check), "ns")
        case .scrape(let render, let check):
            let (time, size, peak) = try stopwatch.nanosecondsPerScrape(render, check)
            print(time, "ns")
            print(size, "bytes")
            print(peak, "peak")
        }
    }
}
