internal import Glibc

/// The standard metrics of the process (`process_*`), read from /proc when a scrape asks. Linux only.
///
/// A scrape costs a handful of system calls, whatever the number of threads and open files. What can't be read is left
/// out.
public struct ProcessCollector: Collector {
    private let startTime: Double?
    private let ticksPerSecond: Double
    private let pageSize: Double

    /// Reads what never changes, such as the start time.
    public init() {
        ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))
        let bootTime = ProcFile.lines("/proc/stat").lazy.compactMap { ProcFile.number(after: "btime ", in: $0) }.first
        let ticks = ProcessStat.read()?.startTicks
        startTime =
            if let bootTime, let ticks { bootTime + ticks / ticksPerSecond } else { nil }
    }

    private enum Name {
        static let cpu = "process_cpu_seconds_total"
        static let openFiles = "process_open_fds"
        static let maxFiles = "process_max_fds"
        static let virtualMemory = "process_virtual_memory_bytes"
        static let maxVirtualMemory = "process_virtual_memory_max_bytes"
        static let residentMemory = "process_resident_memory_bytes"
        static let startTime = "process_start_time_seconds"
        static let threads = "process_threads"
        static let received = "process_network_receive_bytes_total"
        static let transmitted = "process_network_transmit_bytes_total"
    }

    public var metrics: [(name: String, type: MetricType)] {
        [
            (Name.cpu, .counter), (Name.openFiles, .gauge), (Name.maxFiles, .gauge), (Name.virtualMemory, .gauge),
            (Name.maxVirtualMemory, .gauge), (Name.residentMemory, .gauge), (Name.startTime, .gauge),
            (Name.threads, .gauge), (Name.received, .counter), (Name.transmitted, .counter),
        ]
    }

    public func collect() -> [MetricFamily] {
        var families: [MetricFamily] = []
        func counter(_ name: String, _ help: String, _ value: Double?) {
            if let value { families.append(.counter(name, help: help, value)) }
        }
        func gauge(_ name: String, _ help: String, _ value: Double?) {
            if let value { families.append(.gauge(name, help: help, value)) }
        }
        let stat = ProcessStat.read()
        counter(
            Name.cpu, "Total user and system CPU time spent in seconds.", stat.map { $0.cpuTicks / ticksPerSecond })
        gauge(Name.threads, "Number of operating system threads in the process.", stat?.threads)
        gauge(Name.virtualMemory, "Virtual memory size in bytes.", stat?.virtualBytes)
        gauge(Name.residentMemory, "Resident memory size in bytes.", stat.map { $0.residentPages * pageSize })
        gauge(Name.startTime, "Start time of the process since unix epoch in seconds.", startTime)
        gauge(Name.openFiles, "Number of open file descriptors.", Self.openFiles())
        gauge(Name.maxFiles, "Maximum number of open file descriptors.", Self.limit(RLIMIT_NOFILE))
        gauge(Name.maxVirtualMemory, "Maximum amount of virtual memory available in bytes.", Self.limit(RLIMIT_AS))
        let network = Self.networkBytes()
        counter(Name.received, "Number of bytes received by the process over the network.", network?.received)
        counter(Name.transmitted, "Number of bytes sent by the process over the network.", network?.transmitted)
        return families
    }

    private static func openFiles() -> Double? {
        // Since Linux 6.2 the folder's size is the number of its entries.
        var info = stat()
        if stat("/proc/self/fd", &info) == 0, info.st_size > 0 { return Double(info.st_size) }
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var entries = 0
        while readdir(folder) != nil { entries += 1 }
        // Without ".", ".." and the descriptor that reads the folder.
        return Double(entries - 3)
    }

    private static func limit(_ resource: __rlimit_resource) -> Double? {
        var limit = rlimit()
        return getrlimit(Int32(resource.rawValue), &limit) == 0 ? Double(limit.rlim_cur) : nil
    }

    /// The bytes of all interfaces of the process' network namespace, the loopback interface among them.
    private static func networkBytes() -> (received: Double, transmitted: Double)? {
        var sums: (received: Double, transmitted: Double)?
        for line in ProcFile.lines("/proc/self/net/dev") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let numbers = line[line.index(after: colon)...].split(separator: " ").compactMap { Double($0) }
            guard numbers.count >= 9 else { continue }
            sums = ((sums?.received ?? 0) + numbers[0], (sums?.transmitted ?? 0) + numbers[8])
        }
        return sums
    }
}

/// The fields of /proc/self/stat that are of use here; proc(5) numbers them.
private struct ProcessStat {
    let cpuTicks: Double
    let threads: Double
    let startTicks: Double
    let virtualBytes: Double
    let residentPages: Double

    static func read() -> ProcessStat? {
        // The second field, the command, may hold blanks and parentheses: count from the last parenthesis.
        guard let line = ProcFile.lines("/proc/self/stat").first, let end = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
        guard fields.count > 21 else { return nil }
        return ProcessStat(
            cpuTicks: fields[11] + fields[12], threads: fields[17], startTicks: fields[19], virtualBytes: fields[20],
            residentPages: fields[21])
    }
}

private enum ProcFile {
    static func lines(_ path: String) -> [Substring] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var content: [UInt8] = []
        while true {
            let piece = [UInt8](unsafeUninitializedCapacity: 16384) { bytes, count in
                count = max(0, read(descriptor, bytes.baseAddress, bytes.count))
            }
            if piece.isEmpty { break }
            content += piece
        }
        return String(decoding: content, as: UTF8.self).split(separator: "\n")
    }

    static func number(after prefix: String, in line: Substring) -> Double? {
        line.hasPrefix(prefix) ? Double(line.dropFirst(prefix.count)) : nil
    }
}
