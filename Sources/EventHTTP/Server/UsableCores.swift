internal import CLibevent
internal import Glibc

enum UsableCores {
    static var count: Int {
        let affinity = Int(sightline_affinity_cores())
        return max(1, min(affinity > 0 ? affinity : 1, controlGroupQuota ?? .max))
    }

    /// What a container's CPU limit comes to, in cores, rounded up; `nil` without a limit (cgroup v2, cpu.max).
    private static var controlGroupQuota: Int? {
        guard let file = fopen("/sys/fs/cgroup/cpu.max", "re") else { return nil }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 64)
        let length = fread(&line, 1, line.count, file)
        let fields = String(decoding: line[..<length], as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard fields.count == 2, let quota = Int(fields[0]), let period = Int(fields[1]), period > 0 else { return nil }
        return (quota + period - 1) / period
    }
}
