/// The command line of a peer: `PEER` lists its lines as `name threads`; `PEER NAME THREADS` measures one, and prints
/// `name threads value unit`.
public struct Peer {
    let lines: [Line]

    public init(_ lines: [Line]) { self.lines = lines }

    public func run(_ arguments: [String] = CommandLine.arguments) throws {
        guard arguments.count > 2 else {
            for line in lines {
                for threads in line.threads { print(line.name, threads) }
            }
            return
        }
        guard let threads = Int(arguments[2]), let line = lines.first(where: { $0.name == arguments[1] }) else {
            throw CheckFailure("no line \(arguments.dropFirst())")
        }
        switch try line.work() {
        case .updates(let run, let check):
            let time = try Stopwatch.nanosecondsPerUpdate(threads: threads, run, check)
            print(line.name, threads, time, "ns")
        case .scrape(let render, let check):
            let (time, size) = try Stopwatch.nanosecondsPerScrape(render, check)
            print(line.name, 1, time, "ns")
            print(line.name, 1, size, "bytes")
        }
    }
}
