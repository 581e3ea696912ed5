import Foundation
import PrometheusMetrics
import Testing

@Suite struct ProcessCollectorTests {
    private static func value(_ name: String) throws -> Double {
        let family = try #require(ProcessCollector().collect().first { $0.name == name }, "\(name)")
        switch try #require(family.series.first).value {
        case .counter(let value), .gauge(let value): return value
        default: throw TestFailure("\(name) is a \(family.type)")
        }
    }

    private struct TestFailure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// The entries of a folder of /proc, while the collector reads how many they are; again until they stay the same.
    private static func entries(of folder: String, while read: () throws -> Double) throws -> (Int, Double) {
        while true {
            let before = try FileManager.default.contentsOfDirectory(atPath: folder)
            let value = try read()
            let after = try FileManager.default.contentsOfDirectory(atPath: folder)
            if Set(before) == Set(after) { return (after.count, value) }
        }
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test func exposesEveryStandardMetricOfLinux() throws {
        let collector = ProcessCollector()
        #expect(
            Set(collector.metrics.map(\.name)) == [
                "process_cpu_seconds_total", "process_open_fds", "process_max_fds", "process_virtual_memory_bytes",
                "process_virtual_memory_max_bytes", "process_resident_memory_bytes", "process_start_time_seconds",
                "process_threads", "process_network_receive_bytes_total", "process_network_transmit_bytes_total",
            ])
        #expect(Set(collector.collect().map(\.name)) == Set(collector.metrics.map(\.name)))
        for family in collector.collect() {
            let declared = collector.metrics.first { $0.name == family.name }
            #expect(declared?.type == family.type)
            #expect((family.type == .counter) == family.name.hasSuffix("_total"))
        }
    }

    @Test func cpuTimeIsTheProcessOwnClock() throws {
        let before = Self.seconds(CLOCK_PROCESS_CPUTIME_ID)
        let value = try Self.value("process_cpu_seconds_total")
        #expect((before...Self.seconds(CLOCK_PROCESS_CPUTIME_ID)).contains(value))
    }

    @Test func startTimeIsAsLongAgoAsTheProcessIsOld() throws {
        let stat = try String(contentsOfFile: "/proc/self/stat", encoding: .utf8)
        let fields = stat[stat.lastIndex(of: ")")!...].split(separator: " ")
        // proc(5)'s field 22; the state after the command is its third.
        let start = try #require(Double(fields[20])) / Double(sysconf(Int32(_SC_CLK_TCK)))
        let before = Self.seconds(CLOCK_REALTIME)
        let uptime = try String(contentsOfFile: "/proc/uptime", encoding: .utf8).split(separator: " ")[0]
        let after = Self.seconds(CLOCK_REALTIME)
        let age = try #require(Double(uptime)) - start

        // Both files have hundredths of a second.
        let value = try Self.value("process_start_time_seconds")
        #expect((before - age - 0.02...after - age + 0.02).contains(value))
    }

    // The next ones run in processes of their own, where nothing else opens files, starts threads or takes memory.

    @Test func openFilesAndThreadsAreCounted() async {
        await #expect(processExitsWith: .success) {
            for _ in 0..<100 { try #require(dup(0) >= 0) }
            let (files, openFiles) = try Self.entries(of: "/proc/self/fd") { try Self.value("process_open_fds") }
            // The listing sees the descriptor that it reads the folder with.
            #expect(Int(openFiles) == files - 1)
            #expect(openFiles > 100)

            let semaphore = DispatchSemaphore(value: 0)
            for _ in 0..<7 { Thread { semaphore.wait() }.start() }
            let (tasks, threads) = try Self.entries(of: "/proc/self/task") { try Self.value("process_threads") }
            #expect(Int(threads) == tasks)
            #expect(threads > 7)
            for _ in 0..<7 { semaphore.signal() }
        }
    }

    @Test func memoryIsCounted() async {
        await #expect(processExitsWith: .success) {
            let size = 256 << 20
            let before = (
                try Self.value("process_virtual_memory_bytes"), try Self.value("process_resident_memory_bytes")
            )
            let memory = try #require(mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
            try #require(memory != MAP_FAILED)
            let mapped = try Self.value("process_virtual_memory_bytes") - before.0
            memset(memory, 1, size)
            let resident = try Self.value("process_resident_memory_bytes") - before.1
            munmap(memory, size)
            // What the test itself takes, and what the kernel hasn't added up yet, is little against it.
            for growth in [mapped, resident] { #expect(abs(growth / Double(size) - 1) < 0.2) }
        }
    }

    @Test func limitsAreTheSoftOnes() async {
        await #expect(processExitsWith: .success) {
            var files = rlimit()
            getrlimit(Int32(RLIMIT_NOFILE.rawValue), &files)
            files.rlim_cur = min(200, files.rlim_max)
            try #require(setrlimit(Int32(RLIMIT_NOFILE.rawValue), &files) == 0)
            #expect(try Self.value("process_max_fds") == Double(files.rlim_cur))

            var memory = rlimit()
            getrlimit(Int32(RLIMIT_AS.rawValue), &memory)
            #expect(try Self.value("process_virtual_memory_max_bytes") == Double(memory.rlim_cur))
            // More than there is to map, less than no limit.
            memory.rlim_cur = min(1 << 62, memory.rlim_max)
            try #require(setrlimit(Int32(RLIMIT_AS.rawValue), &memory) == 0)
            #expect(try Self.value("process_virtual_memory_max_bytes") == Double(memory.rlim_cur))
        }
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func networkTrafficIsCounted(address: String) throws {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        try #require(getaddrinfo(address, "0", &hints, &found) == 0)
        defer { freeaddrinfo(found) }
        let local = try #require(found).pointee
        let descriptor = socket(local.ai_family, local.ai_socktype, 0)
        defer { close(descriptor) }
        // The system may be without IPv6.
        guard descriptor >= 0, bind(descriptor, local.ai_addr, local.ai_addrlen) == 0 else { return }
        // Connected to itself.
        var length = local.ai_addrlen
        getsockname(descriptor, local.ai_addr, &length)
        try #require(connect(descriptor, local.ai_addr, length) == 0)

        let names = ["process_network_receive_bytes_total", "process_network_transmit_bytes_total"]
        let before = try names.map(Self.value)
        let datagram = [UInt8](repeating: 1, count: 60_000)
        for _ in 0..<100 { try #require(send(descriptor, datagram, datagram.count, 0) == datagram.count) }
        for (after, before) in zip(try names.map(Self.value), before) { #expect(after - before > 6_000_000) }
    }
}
