import EventHTTP
import FuzzSupport
import Glibc

/// Whole connections with servers in this process.
///
/// The input is a byte that chooses the server, one that says how the script ends, and the script.
@main enum ConnectionFuzz {
    // Sound: libFuzzer calls from one thread.
    nonisolated(unsafe) private static var servers: [FuzzedServer] = []
    nonisolated(unsafe) private static var runs = 0
    nonisolated(unsafe) private static var descriptors = 0

    static func main() throws {
        servers = try makeServers()
        for server in servers { server.probe() }
        descriptors = openDescriptors()
        fuzz(run)
    }

    private static func makeServers() throws -> [FuzzedServer] {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        func socket(_ name: String) -> String { "\(folder)/fuzz-\(getpid())-\(name)" }

        var small = ServerLimits()
        small.headerBytes = 256
        small.targetBytes = 64
        small.headerFields = 6
        small.bodyBytes = 64
        small.pipelinedRequests = 1
        small.requestsPerConnection = 4
        small.unsentBytes = 64 << 10

        var crowded = ServerLimits()
        crowded.connections = 2
        crowded.pipelinedRequests = 2

        var hasty = ServerDeadlines()
        hasty.header = .milliseconds(2)
        hasty.request = .milliseconds(3)
        hasty.idle = .milliseconds(2)
        hasty.write = .milliseconds(3)
        hasty.minimumBytesPerSecond = 1 << 20

        return [
            try FuzzedServer(socket: socket("plain")),
            try FuzzedServer(socket: nil),
            try FuzzedServer(socket: socket("small"), limits: small),
            try FuzzedServer(socket: socket("guarded"), isGuarded: true, limits: crowded),
            try FuzzedServer(socket: socket("hasty"), deadlines: hasty),
        ]
    }

    private static func run(_ input: Input) {
        var settings = Settings(input)
        let server = settings.next(of: servers)
        let endsAtOnce = settings.next() % 4 == 3
        var conversations: [Conversation?] = [Conversation(with: server, mayBeRefused: false), nil]
        var current = 0
        for step in Script.steps(settings.bytes) {
            switch step {
            case .change:
                current = 1 - current
                if conversations[current] == nil {
                    let mayBeRefused = server.model.limits.connections < 3
                    conversations[current] = Conversation(with: server, mayBeRefused: mayBeRefused)
                }
            case .leave:
                conversations[current]?.resetWhenGone()
                conversations[current] = nil
            case .release:
                Page.barrier.open()
                Page.barrier.close()
            case .probe: server.probe()
            case .awaitHandler:
                let end = now() + 0.001
                while !server.hasRequestsInFlight, now() < end { sched_yield() }
            case .awaitReplies:
                Page.barrier.open()
                conversations[current]?.awaitReplies()
                Page.barrier.close()
            case .send(let bytes): conversations[current]?.send(bytes)
            case .wait: conversations[current]?.waitUntilTaken()
            case .cut: break
            case .endSending: conversations[current]?.endSending()
            case .receive: conversations[current]?.receiveAvailable()
            }
        }
        if endsAtOnce { for conversation in conversations { conversation?.endSending() } }
        Page.barrier.open()
        for conversation in conversations { conversation?.finish() }
        conversations = []
        server.waitForRest()
        Page.barrier.close()
        runs += 1
        // Not each time: it takes half as long as most inputs.
        if runs % 8 == 0 { server.probe() }
        if runs % 256 == 0 { checkDescriptors() }
    }

    /// There can't be more than in the beginning when nothing is going on.
    private static func checkDescriptors() {
        let end = now() + 10
        while case let count = openDescriptors(), count > descriptors {
            check(now() < end, "there are \(count) descriptors, and were \(descriptors)")
            usleep(1000)
        }
    }

    /// Sockets, and what loops wait with; pipes are the sanitizer's.
    private static func openDescriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { finding("no /proc/self/fd") }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                // Sound: a C string.
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var file = [CChar](repeating: 0, count: 256)
            readlink("/proc/self/fd/\(name)", &file, file.count - 1)
            if strncmp(file, "socket:", 7) == 0 || strncmp(file, "anon_inode:", 11) == 0 { count += 1 }
        }
        return count
    }
}
