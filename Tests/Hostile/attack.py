#!/usr/bin/env python3
"""Attacks a server by clients that hold on to what it gives them, all at once, and watches how others fare meanwhile.

Senders of one header byte a second, senders of one body byte a second, clients that never read what they asked for and
clients that connect to a TLS port and stay silent: each has to be gone after its deadline. GET /healthz, 50 times a
second by a new connection and as often by a kept one, has to be answered as fast as ever.
"""
import collections
import contextlib
import os
import random
import select
import tempfile
import time

from support import (Authority, Child, Closed, Connection, Failure, Options, Server, cpu_seconds_of_others,
                     eventually, latencies, percentile, run)

KINDS = {
    "header": "one header byte a second",
    "body": "one body byte a second",
    "reply": "reads no reply",
    "handshake": "silent in a TLS handshake",
}
SLOW_HEAD = b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 1000
# Three of them are more than the server's kernel takes for a client that reads nothing, whose segments are small.
SCRAPES = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40
SEGMENT = 536
# The beginning of a ClientHello that would have 512 bytes.
HALF_A_CLIENT_HELLO = bytes.fromhex("1603010200010001fc0303") + bytes(100)


class Attacker:
    """One connection of the attack."""

    def __init__(self, kind, port, index):
        self.kind = kind
        self.sent = 0
        is_reader = kind != "reply"
        self.connection = Connection(
            port, segment=None if is_reader else SEGMENT, receive_buffer=None if is_reader else 1024)
        self.socket = self.connection.socket
        self.start = time.monotonic()
        self.end = None
        self.received = b""
        self.socket.setblocking(False)
        self.address = "%08X:%04X" % (0x0100007F, self.socket.getsockname()[1])
        first = {
            "header": SLOW_HEAD[:1],
            "body": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
            "reply": SCRAPES,
            "handshake": HALF_A_CLIENT_HELLO[: 110 * (index % 2)],
        }
        self.send(first[kind])

    def send(self, data):
        try:
            self.socket.send(data)
        except BlockingIOError:
            pass
        except OSError:
            self.gone()

    def send_next(self):
        """What it has to say this second."""
        if self.kind == "header":
            self.sent += 1
            self.send(SLOW_HEAD[self.sent :][:1])
        elif self.kind == "body":
            self.send(b"x")

    def readable(self):
        try:
            data = self.socket.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.received += data
        if not data:
            self.gone()

    def gone(self):
        self.end = self.end or time.monotonic()
        self.socket.close()

    @property
    def outcome(self):
        """Its kind, the seconds until it was gone (None if it wasn't) and the status line that it got."""
        return self.kind, self.end and self.end - self.start, self.received.partition(b"\r\n")[0].decode("latin-1")


def open_on_the_server(port):
    """The addresses of those clients of a port whose connection is open at the server's end, whether they can tell or
    not: the end of a connection doesn't get through to a client that doesn't read."""
    ours = "%08X:%04X" % (0x0100007F, port)
    with open("/proc/net/tcp") as file:
        lines = (line.split() for line in file)
        return {fields[2] for fields in lines if fields[1] == ours and fields[3] == "01"}


def attack(pipe, port, tls_port, counts, arrival, seconds):
    """All attackers, until they are gone or the time is over; returns their outcomes."""
    plan = [(kind, tls_port if kind == "handshake" else port) for kind in KINDS for _ in range(counts[kind])]
    random.shuffle(plan)
    attackers, by_descriptor = [], {}
    poller = select.epoll()
    begin = time.monotonic()
    turn, next_turn, next_look = 0, begin + 1, begin + 1
    while time.monotonic() < begin + seconds and (plan or any(not attacker.end for attacker in attackers)):
        while plan and len(attackers) <= (time.monotonic() - begin) / arrival * (len(attackers) + len(plan)):
            attacker = Attacker(*plan.pop(), len(attackers))
            attackers.append(attacker)
            if not attacker.end:
                by_descriptor[attacker.socket.fileno()] = attacker
                poller.register(attacker.socket, 0 if attacker.kind == "reply" else select.EPOLLIN)
        for descriptor, _ in poller.poll(0.001 if plan else 0.02):
            attacker = by_descriptor[descriptor]
            attacker.gone() if attacker.kind == "reply" else attacker.readable()
        # A tenth of the senders each tenth of a second; a turn that was missed is lost.
        if time.monotonic() >= next_turn:
            next_turn = time.monotonic() + 0.1
            turn += 1
            for attacker in attackers[turn % 10 :: 10]:
                if not attacker.end:
                    attacker.send_next()
        if time.monotonic() >= next_look:
            still_open = open_on_the_server(port)
            for attacker in attackers:
                if attacker.kind == "reply" and not attacker.end and attacker.address not in still_open:
                    attacker.gone()
            # It takes a while where many connections have come and gone.
            next_look = time.monotonic() + 0.5
    return [attacker.outcome for attacker in attackers]


def probe(pipe, port, keeps_connection, rate):
    """GET /healthz at a rate until told to stop; returns (when, seconds) of each and what went wrong.

    A request's time counts from when it was due: a late one has waited.
    """
    taken, wrong = [], []
    connection = None
    due = time.monotonic()
    while not pipe.poll():
        due += 1 / rate
        time.sleep(max(0, due - time.monotonic()))
        try:
            connection = connection or Connection(port)
            if connection.get("/healthz").status != 200:
                wrong.append("not 200")
            taken.append((due, time.monotonic() - due))
        except (Closed, OSError, Failure) as error:
            wrong.append(str(error))
            connection = connection and connection.close()
        if connection and not keeps_connection:
            connection = connection.close()
    return taken, wrong


def check_attackers(report, outcomes, counts, deadline, slack):
    # A reader's slowness is measured over whole periods, so that it may last for nearly two.
    latest = {kind: deadline * (2 if kind == "reply" else 1) + slack for kind in KINDS}
    for kind, description in KINDS.items():
        mine = [outcome for outcome in outcomes if outcome[0] == kind]
        ends = [end for _, end, _ in mine if end is not None]
        statuses = sorted({status for _, _, status in mine})
        if not mine:
            continue
        report.check(
            len(ends) == counts[kind] and min(ends) >= deadline * 0.95 and max(ends) <= latest[kind],
            f"{counts[kind]} × {description}",
            f"{len(ends)} gone, the first after {min(ends, default=0):.2f} s, the last after "
            f"{max(ends, default=0):.2f} s (deadline {deadline:.2f} s, at most {latest[kind]:.2f} s)")
        told = "HTTP/1.1 408 Request Timeout" if kind in ("header", "body") else ""
        report.equal(statuses, [told], "what they were told")


def check_metrics(report, plain, tls, counts):
    """The server's own account of it."""
    refused = {"header_timeout": counts["header"], "request_timeout": counts["body"]}
    ended = {"rejected": counts["header"] + counts["body"], "write_timeout": counts["reply"]}
    for server, refused, ended in (plain, refused, ended), (tls, {}, {"handshake_timeout": counts["handshake"]}):
        if not server:
            continue
        metrics = server.metrics()
        report.equal(metrics.by("http_server_rejected_requests_total", "reason"), +collections.Counter(refused),
                     "refused requests")
        closed = metrics.by("event_loop_connections_closed_total", "reason")
        # The probes and the scrapes end their connections themselves.
        report.equal(closed - collections.Counter(client=closed["client"]), +collections.Counter(ended),
                     "connections that the server ended")
        accepted = metrics.total("event_loop_connections_accepted_total")
        # The scrape's own connection is open.
        report.check(
            accepted - sum(closed.values()) == metrics.total("event_loop_connections") == 1,
            "accepted connections are closed or open",
            f"{accepted:.0f} accepted, {sum(closed.values())} closed, "
            f"{metrics.total('event_loop_connections'):.0f} open")


def body(report, options):
    deadline = options.deadline
    counts = {kind: getattr(options, kind) for kind in KINDS}
    arguments = [f"--{name}-timeout={deadline:g}s" for name in ("handshake", "header", "request", "write")]
    # So many scrapes at once that none is told to come again.
    arguments += ["--max-scrapes=1024", "--grace=1s"]
    with contextlib.ExitStack() as stack:
        server = Server(options.server, *arguments)
        tls = None
        if counts["handshake"]:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            tls = Server.with_tls(options.server, Authority(folder), *arguments)
        servers = [server] + ([tls] if tls else [])
        before = [each.resting_descriptors() for each in servers]
        report.say(f"servers on ports {[each.port for each in servers]}, {before} descriptors open")

        quiet = [Child(probe, server.port, keeps, options.rate) for keeps in (False, True)]
        time.sleep(2)
        for child in quiet:
            child.stop()
        for child, kind in zip(quiet, ("new", "kept")):
            taken, _ = child.result()
            report.say(f"before, {kind} connections: {latencies([seconds for _, seconds in taken])}")

        probes = [Child(probe, server.port, keeps, options.rate) for keeps in (False, True)]
        time.sleep(0.2)
        cpu = [each.cpu_seconds for each in servers]
        others = cpu_seconds_of_others()
        begin = time.monotonic()
        attackers = Child(attack, server.port, tls and tls.port, counts, options.arrival,
                          options.arrival + 2 * deadline + 2 * options.slack)
        outcomes = attackers.result(options.arrival + 4 * deadline + 4 * options.slack + 30)
        end = time.monotonic()
        others = max(0, (cpu_seconds_of_others() - others) / (end - begin) / os.cpu_count())
        used = [f"{each.cpu_seconds - earlier:.2f}" for each, earlier in zip(servers, cpu)]
        report.say(f"{len(outcomes)} attackers came within {options.arrival:g} s; CPU time of the servers "
                   f"in {end - begin:.1f} s: {', '.join(used)} s; other programs had {others:.0%} of the machine"
                   + (": too much for the times to tell of the server" if others > 0.25 else ""))
        for child in probes:
            child.stop()
        for child, kind in zip(probes, ("new", "kept")):
            taken, wrong = child.result()
            during = [seconds for due, seconds in taken if begin <= due <= end]
            report.check(
                not wrong and percentile(during, 0.99) * 1e3 <= options.p99_ms,
                f"answers during the attack, {kind} connections",
                f"{latencies(during)} (p99 at most {options.p99_ms:g} ms); {len(wrong)} failed {sorted(set(wrong))[:3]}")

        check_attackers(report, outcomes, counts, deadline, options.slack)
        after = eventually(lambda: [each.descriptors for each in servers] == before and before, 5)
        report.equal(after or [each.descriptors for each in servers], before, "open descriptors afterwards")
        check_metrics(report, server, tls, counts)
        for each, name in zip(servers, ("plain", "TLS")):
            peak = each.peak_rss_kib / 1024
            report.check(peak <= options.rss_mib,
                         f"peak memory of the {name} server", f"{peak:.1f} MiB (at most {options.rss_mib:g} MiB)")
            report.equal(each.end(), 0, f"exit status of the {name} server")


def main():
    options = Options(__doc__)
    options.add_argument("--header", type=int, default=500, metavar="N", help="slow senders of headers (%(default)s)")
    options.add_argument("--body", type=int, default=500, metavar="N", help="slow senders of bodies (%(default)s)")
    options.add_argument("--reply", type=int, default=500, metavar="N", help="clients that read nothing (%(default)s)")
    options.add_argument("--handshake", type=int, default=200, metavar="N", help="silent TLS clients (%(default)s)")
    options.add_argument("--deadline", type=float, default=3, metavar="SECONDS", help="every deadline (%(default)s)")
    options.add_argument("--slack", type=float, default=1, metavar="SECONDS", help="how late is late (%(default)s)")
    options.add_argument("--arrival", type=float, default=1, metavar="SECONDS",
                         help="in which all of them come (%(default)s)")
    options.add_argument("--rate", type=float, default=50, help="probes a second of each kind (%(default)s)")
    options.add_argument("--p99-ms", type=float, default=50, help="bar for the probes' p99 (%(default)s)")
    options.add_argument("--rss-mib", type=float, default=200, help="bar for each server's memory (%(default)s)")
    options = options.parse_args()
    run(body, options, 60 + 6 * options.deadline + 6 * options.slack)


if __name__ == "__main__":
    main()
