"""Programs under measurement: their start, what the kernel says of them, and the load that wrk makes."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
HERTZ = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """Says in one line why there is nothing to measure."""


class Program:
    """A server on one core, with all of its processes: those of its session."""

    def __init__(self, command, core, folder, environment=None, port=None):
        self.port = port or free_port()
        self.log = folder / f"{self.port}.log"
        command = [str(part).replace("PORT", str(self.port)) for part in command]
        self.started = time.perf_counter()
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(core), *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
                env=os.environ | (environment or {}), start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def get(self, path="/"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def first_answer(self, pause=0.001):
        """The status and body of the first answer, and the seconds from the start until it was there."""
        while True:
            try:
                return *self.get(), time.perf_counter() - self.started
            except OSError:
                ended = self.process.poll() is not None
                if ended or time.perf_counter() - self.started > 20:
                    last = self.log.read_text(errors="replace").splitlines()[-1:] or ["it says nothing"]
                    raise Failure(f"{'ended' if ended else 'gives no answer'}: {last[0]}") from None
                time.sleep(pause)

    def cpu_seconds(self):
        """User and system time so far, that of children that have ended as well."""
        return sum(sum(map(int, fields[11:15])) for _, fields in self.processes()) / HERTZ

    def memory(self, field):
        """VmRSS or VmHWM of all processes, in bytes; what they share counts for each of them."""
        total = 0
        for process, _ in self.processes():
            with contextlib.suppress(OSError):
                for line in open(f"/proc/{process}/status"):
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


def start_load(port, connections, seconds, core):
    return subprocess.Popen(
        ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
         "-s", HERE / "report.lua", f"http://127.0.0.1:{port}/"], stdout=subprocess.PIPE, text=True)


def end_load(wrk):
    output = wrk.communicate()[0]
    if wrk.returncode:
        raise Failure("wrk failed")
    return json.loads(output.splitlines()[-1])
