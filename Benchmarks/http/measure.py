"""Programs under measurement: their start, the cores that they have, what the kernel says of them, and their load."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

from common.commands import Failure

HERE = pathlib.Path(__file__).resolve().parent
HERTZ = os.sysconf("SC_CLK_TCK")
ANSWER = (200, b"Hello Monitoring!")


class Cores:
    """Which cores a server with so many loops has, and which its clients: the same ones, where there are too few."""

    def __init__(self, loops):
        usable = [str(core) for core in sorted(os.sched_getaffinity(0))]
        self.loops = loops
        self.are_shared = len(usable) < 2 * loops
        servers, clients = (usable[:loops],) * 2 if self.are_shared else (usable[:loops], usable[loops:2 * loops])
        self.server, self.client = ",".join(servers), ",".join(clients)

    @property
    def title(self):
        server, client = (f"core{'s' if ',' in cores else ''} {cores.replace(',', ' and ')}"
                          for cores in (self.server, self.client))
        place = f"server and clients share {server}" if self.are_shared else f"server on {server}, clients on {client}"
        return f"{self.loops} loop{'s' * (self.loops > 1)}: {place}"

    def pinned(self, command):
        """For a client."""
        return ["taskset", "-c", self.client, *map(str, command)]


class Program:
    """A server on its cores, with all of its processes: those of its session. PORT and LOOPS in its command and its
    environment stand for the port and the number of loops."""

    def __init__(self, command, cores, folder, environment=None, within=()):
        self.port = free_port()
        self.log = folder / f"{self.port}.log"
        self.started = time.perf_counter()

        def filled(text):
            return str(text).replace("PORT", str(self.port)).replace("LOOPS", str(cores.loops))

        environment = {name: filled(value) for name, value in (environment or {}).items()}
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", cores.server, *map(str, within), *map(filled, command)], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=folder, env=os.environ | environment, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Kindly at first: a parent that waits for its children lets the kernel tell their time."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=10)

    def get(self, path="/"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def first_answer(self, pause=0.001):
        """The seconds from the start until the right answer was there."""
        while True:
            try:
                answer = self.get()
                break
            except OSError:
                ended = self.process.poll() is not None
                if ended or time.perf_counter() - self.started > 30:
                    last = self.log.read_text(errors="replace").splitlines()[-1:] or ["it says nothing"]
                    raise Failure(f"{'ended' if ended else 'gives no answer'}: {last[0]}") from None
                time.sleep(pause)
        seconds = time.perf_counter() - self.started
        if answer != ANSWER:
            raise Failure(f"answers {answer} instead of {ANSWER}")
        return seconds

    def cpu_seconds(self):
        """User and system time so far, that of children that have ended as well."""
        return sum(sum(map(int, fields[11:15])) for _, fields in self.processes()) / HERTZ

    def memory(self, field):
        """VmRSS, VmHWM, RssAnon or RssFile of all processes, in bytes; what they share counts for each of them."""
        total = 0
        for process, _ in self.processes():
            with contextlib.suppress(OSError):
                for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
                    if line.startswith(field + ":"):
                        total += 1024 * int(line.split()[1])
        return total

    def processes(self):
        for process in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                # From the state on: a name may have spaces.
                fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.process.pid:
                    yield process, fields


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wrk(server, connections, seconds, cores):
    """What report.lua tells of a run."""
    command = ["wrk", f"-t{cores.loops}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
               "-s", HERE / "report.lua", f"http://127.0.0.1:{server.port}/"]
    done = subprocess.run(cores.pinned(command), stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failure("wrk failed")
    return json.loads(done.stdout.splitlines()[-1])


LATENCIES = ("p50", "p99", "p99.9", "added p50", "added p99")


class Crowd:
    """What crowd.c tells of a server; it holds its connections until it is left."""

    def __init__(self, program, server, connections, cores, *, opening, warm_up, seconds, pause=0):
        times = [round(1000 * opening), round(1000 * warm_up), round(1000 * seconds), round(1e6 * pause)]
        self.process = subprocess.Popen(
            cores.pinned([program, server.port, connections, *times]), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)

    def __enter__(self):
        self._line()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def result(self):
        """When it is through; latencies in ms."""
        result = json.loads(self._line())
        return result | {key: result[key] / 1000 for key in LATENCIES}

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure("crowd failed: are there descriptors enough (ulimit -n)?")
        return line
