"""What a measurement was made on."""

import datetime
import os
import platform
import resource

from common.commands import run


def describe_machine():
    def field(path, key, separator):
        return next(
            (line.partition(separator)[2].strip() for line in open(path) if line.startswith(key)), "unknown")

    return {
        "date": datetime.date.today().isoformat(),
        "commit": run("git", "describe", "--always", "--dirty").strip(),
        "processor": f"{field('/proc/cpuinfo', 'model name', ':')}, {os.cpu_count()} cores",
        "system": f"{field('/etc/os-release', 'PRETTY_NAME', '=').strip(chr(34))}, Linux {platform.release()}",
    }


class OtherPrograms:
    """Tells how much of the machine's time went to programs that this one didn't start."""

    def __init__(self):
        self.start = self.read()

    def share(self):
        all_before, own_before, total_before = self.start
        all_now, own_now, total_now = self.read()
        return max(0, (all_now - all_before) - (own_now - own_before)) / max(total_now - total_before, 1e-9)

    @staticmethod
    def read():
        with open("/proc/stat") as stat:
            user, nice, system, idle, iowait, irq, softirq, steal, *_ = map(int, stat.readline().split()[1:])
        busy = user + nice + system + irq + softirq + steal
        usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        own = sum(usage.ru_utime + usage.ru_stime for usage in usages)
        hertz = os.sysconf("SC_CLK_TCK")
        return busy / hertz, own, (busy + idle + iowait) / hertz
