internal import Glibc

/// The standard metrics of the process (`process_*`), read from /proc when a scrape asks. Linux only.
///
/// Names and meanings are those of Prometheus'
/// [client libraries](https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics), and of client_golang
/// for the network, here with IPv6. A scrape costs about 20 system calls and 0.1 ms, most of it the kernel's to write
/// down its network statistics, whatever the number of threads and of open files (before Linux 6.2, of threads only).
/// What can't be read is left out.
public struct ProcessCollector: Collector {
    private let startTime: Double?
    private let pageSize: Double

    /// Reads what never changes: the start time and the size of a page.
    public init() {
        pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))
        let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        // The kernel tells the start since boot; /proc/stat's time of boot would be cut to whole seconds.
        let boot = Self.seconds(of: CLOCK_REALTIME) - Self.seconds(of: CLOCK_BOOTTIME)
        startTime = ProcessStat.read().map { boot + $0.startTicks / ticksPerSecond }
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
        // The same time as in /proc/self/stat, which has it in ticks of 10 ms.
        let cpu = Self.seconds(of: CLOCK_PROCESS_CPUTIME_ID)
        counter(Name.cpu, "Total user and system CPU time spent in seconds.", cpu)
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

    private static func seconds(of clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
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

    /// The bytes of the process' network namespace, the loopback interface's among them: those of the IP layer, because
    /// interfaces count a packet once for each bridge, tunnel and virtual device on its way.
    private static func networkBytes() -> (received: Double, transmitted: Double)? {
        // A line of names and one of values.
        let version4 = ProcFile.lines("/proc/self/net/netstat").filter { $0.starts(with: "IpExt:".utf8) }
            .map(ProcFile.words)
        guard version4.count == 2 else { return nil }
        // A name and a value on each line; absent without IPv6.
        let version6 = ProcFile.lines("/proc/self/net/snmp6")
        func sum(_ name: String) -> Double {
            let index = version4[0].firstIndex { $0.elementsEqual(name.utf8) }
            let line = version6.first { $0.starts(with: "Ip6\(name)".utf8) }
            return (index.flatMap { ProcFile.number(in: version4[1], at: $0) } ?? 0)
                + (line.flatMap { ProcFile.number(in: ProcFile.words($0), at: 1) } ?? 0)
        }
        return (sum("InOctets"), sum("OutOctets"))
    }
}

/// The fields of /proc/self/stat that are of use here; proc(5) numbers them.
private struct ProcessStat {
    let threads: Double
    let startTicks: Double
    let virtualBytes: Double
    let residentPages: Double

    static func read() -> ProcessStat? {
        // The second field, the command, may hold blanks, line feeds and parentheses: count from the last parenthesis.
        let content = ProcFile.content("/proc/self/stat")
        guard let end = content.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = ProcFile.words(content[(end + 1)...])
        func field(_ number: Int) -> Double? { ProcFile.number(in: fields, at: number - 3) }
        guard let threads = field(20), let start = field(22), let size = field(23), let resident = field(24) else {
            return nil
        }
        return ProcessStat(threads: threads, startTicks: start, virtualBytes: size, residentPages: resident)
    }
}

/// Reads files of /proc in bytes: strings for the hundreds of fields there would cost more than the system calls.
private enum ProcFile {
    /// Empty if it can't be read.
    static func content(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var content: [UInt8] = []
        let pieceSize = 16384
        while true {
            let piece = [UInt8](unsafeUninitializedCapacity: pieceSize) { bytes, count in
                // The kernel may hand out less at a time than there is.
                while count < pieceSize {
                    let length = read(descriptor, bytes.baseAddress! + count, pieceSize - count)
                    guard length > 0 else { break }
                    count += length
                }
            }
            content = content.isEmpty ? piece : content + piece
            if piece.count < pieceSize { return content }
        }
    }

    static func lines(_ path: String) -> [ArraySlice<UInt8>] { content(path).split(separator: UInt8(ascii: "\n")) }

    static func words(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }

    static func number(in words: [ArraySlice<UInt8>], at index: Int) -> Double? {
        words.indices.contains(index) ? Double(String(decoding: words[index], as: UTF8.self)) : nil
    }
}
