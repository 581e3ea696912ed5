"""What servers do for a request, counted rather than timed: allocations, system calls, instructions.

One request is in flight at a time, on one of a few kept connections: each has a turn of the loop of its own, and counts
don't depend on time. What a server does by the clock is counted while it is idle, and subtracted.
"""

import collections
import dataclasses
import json
import mmap
import re
import socket
import struct
import time

import peers
from common.commands import Failure, run
from common.runs import progress
from common.table import markdown
from measure import HERE, Cores

THRESHOLDS = HERE / "thresholds.json"
REQUESTS = 2000
# Compilers and libraries differ a little, and so do runs; whatever else is counted is the same in each.
ROOM = {"instructions": 0.05}
KINDS = ("libevent's allocations", "other allocations", "system calls", "instructions")


def section(options):
    cores = Cores(1)
    servers, missing = options.workshop.prepared([peer for peer in peers.PEERS if peer.is_counted])
    counters = {"allocations": Allocations(options), "system calls": SystemCalls(options),
                "instructions": Instructions(options)}
    for what, counter in counters.items():
        try:
            counter.prepare()
        except Failure as failure:
            counters[what] = None
            missing[what] = str(failure)
            progress("counted", f"{what} are left out: {failure}")
    values, calls = {server.peer.name: {} for server in servers}, {}
    for server in servers:
        name = server.peer.name
        for what, counter in counters.items():
            if counter:
                progress("counted", f"{what} of {name}")
                try:
                    counts = counter.count(server, cores)
                except (Failure, OSError) as failure:
                    missing[f"{what} of {name}"] = str(failure)
                    continue
                values[name] |= {kind: counts[kind] for kind in KINDS if kind in counts}
                calls[name] = counts.get("calls", calls.get(name))
    rows = [[name, *(told(kind, counts.get(kind)) for kind in KINDS), calls.get(name) or "–"]
            for name, counts in values.items()]
    notes = ["\n".join(f"- left out: {what}: {reason}" for what, reason in missing.items())] if missing else []
    table = markdown(["a request, of", *KINDS, "which system calls"], rows)
    return {"table": "\n\n".join([table, NOTE, *notes]), "values": values, "missing": missing}


NOTE = f"""\
Means of {REQUESTS:,} requests, one in flight at a time. Allocations are counted by who asks for memory: libevent's code,
or any other. System calls are counted by strace, instructions by cachegrind, in user space alone."""


def told(kind, count):
    return "–" if count is None else f"{count:,.0f}" if kind in ROOM else f"{count:.2f}"


class Requests:
    """A few connections that take turns."""

    def __init__(self, port):
        self.sockets = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(4)]
        for each in self.sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self.sockets:
            each.close()

    def send(self, count):
        for number in range(count):
            connection = self.sockets[number % len(self.sockets)]
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            answer = b""
            while not answer.endswith(b"Hello Monitoring!"):
                if not (piece := connection.recv(4096)):
                    raise ConnectionResetError
                answer += piece


def by_request(read, server):
    """What ``read`` counts for a request: during many, less what it counts during as much time without any."""
    server.first_answer()
    with Requests(server.port) as requests:
        requests.send(200)
        time.sleep(0.1)
        before, begin = read(), time.monotonic()
        requests.send(REQUESTS)
        # A server may still tidy up after its last answer.
        time.sleep(0.1)
        middle, end = read(), time.monotonic()
        time.sleep(end - begin)
        after = read()
    kinds = before | middle | after
    return {kind: round((2 * middle[kind] - before[kind] - after[kind]) / REQUESTS, 2) + 0.0 for kind in kinds}


class Allocations:
    """By a library that is preloaded, which counts in a file."""

    def __init__(self, options):
        self.options = options
        self.file = options.folder / "allocations.counts"

    def prepare(self):
        self.library = self.options.workshop.c(HERE / "allocations.c", "-shared", "-fPIC")

    def count(self, server, cores):
        self.file.unlink(missing_ok=True)
        preload = {"LD_PRELOAD": str(self.library), "ALLOCATIONS": str(self.file)}
        with server.started(cores, self.options.folder, preload) as program:
            return by_request(self.read, program)

    def read(self):
        with open(self.file, "rb") as file, mmap.mmap(file.fileno(), 16, prot=mmap.PROT_READ) as counts:
            return dict(zip(("libevent's allocations", "other allocations"), struct.unpack("QQ", counts)))


class SystemCalls:
    """By strace, which writes a line for each into a file."""

    def __init__(self, options):
        self.options = options
        self.file = options.folder / "strace"

    def prepare(self):
        run("strace", "-o", self.file, "true")

    def count(self, server, cores):
        strace = ["strace", "-f", "-qq", "-e", "signal=none", "-o", self.file]
        with server.started(cores, self.options.folder, within=strace) as program:
            counts = by_request(self.read, program)
        names = sorted((name for name in counts if counts[name] > 0), key=lambda name: (-counts[name], name))
        return {"system calls": round(sum(counts.values()), 2),
                "calls": ", ".join(f"{counts[name]:g} {name}" for name in names)}

    def read(self):
        # A call that another thread's interrupts has a second line, without its name in front.
        return collections.Counter(re.findall(r"^\d+ +(\w+)\(", self.file.read_text(errors="replace"), re.MULTILINE))


class Instructions:
    """By valgrind, of two runs that differ in their number of requests."""

    def __init__(self, options):
        self.options = options
        self.file = options.folder / "valgrind"

    def prepare(self):
        run("valgrind", "--tool=none", "-q", "true")
        self.library = self.options.workshop.c(HERE / "sigsuspend.c", "-shared", "-fPIC")

    def count(self, server, cores):
        # It reads no debug information that is newer than itself.
        stripped = self.options.folder / "stripped"
        run("strip", "-o", stripped, server.command[0])
        server = dataclasses.replace(server, command=[stripped, *server.command[1:]])
        once, twice = (self.run(server, cores, times * REQUESTS) for times in (1, 2))
        return {"instructions": round((twice - once) / REQUESTS)}

    def run(self, server, cores, count):
        valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
                    f"--log-file={self.file}"]
        # Swift's hashes are seeded at random.
        environment = {"SWIFT_DETERMINISTIC_HASHING": "1", "LD_PRELOAD": str(self.library)}
        with server.started(cores, self.options.folder, environment, within=valgrind) as program:
            program.first_answer(pause=0.05)
            with Requests(program.port) as requests:
                requests.send(count)
        log = self.file.read_text()
        if not (total := re.search(r"I +refs: +([\d,]+)", log)):
            raise Failure(f"valgrind says {log.splitlines()[-1]}")
        return int(total[1].replace(",", ""))


def keep(values):
    """What was counted of ours becomes the limit."""
    ours = {peer.name for peer in peers.PEERS if peer.is_ours}
    values = {name: counts for name, counts in values.items() if name in ours}
    THRESHOLDS.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def compare(values):
    """What has grown past its kept limit, and what has shrunk well below it."""
    grown, shrunk = [], []
    if not THRESHOLDS.exists():
        raise Failure(f"no {THRESHOLDS.name}: make one by --keep-counts")
    for name, limits in json.loads(THRESHOLDS.read_text()).items():
        for kind, limit in limits.items():
            if (count := values.get(name, {}).get(kind)) is None:
                print(f"not compared: {kind} of {name}")
                continue
            told_of = f"{name}: {told(kind, count)} {kind} a request; {told(kind, limit)} are kept"
            room = max(0.025, ROOM.get(kind, 0) * limit)
            if count > limit + room:
                grown.append(told_of)
            elif count < limit - room:
                shrunk.append(told_of)
    return grown, shrunk
