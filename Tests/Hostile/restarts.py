#!/usr/bin/env python3
"""Restarts a server again and again under load, and looks for a request that was lost.

By socket activation, as systemd does it: this driver owns the listening socket; each next server gets it and is ready
before the one before is told to end. wrk keeps connections open and opens one a request, and a client that counts does
both, and also thinks for a while between two requests. Then with a gap: the server owns its socket, and clients who
can't connect try again.

What is no loss by HTTP (RFC 9112 §9.3.1, §9.6) is told apart: a request on a connection that had been idle for longer
than the server promises to wait for one, and, with a gap only, a connection that was reset before its first answer,
because it was in the queue of a socket that closed.
"""
import collections
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

from support import Child, Closed, Connection, Options, Server, latencies, run, start

WORK = ("--work-min=0s", "--work-max=5ms")
# A server that drains waits for half a second for a request on an idle connection; less what a busy machine may need.
LINGER = 0.35
THOUGHT = 0.3

# MARK: The client that counts


def visit(port, keeps_connection, thinks, is_over, tally, times):
    """Sends request after request until it is over, and tells in the tally what became of each."""
    connection, answered_at = None, None
    while not is_over.is_set():
        if thinks and connection:
            time.sleep(random.uniform(0, THOUGHT))
        begin = time.monotonic()
        if not connection:
            try:
                connection = Connection(port)
            except ConnectionRefusedError:
                tally["no connection: refused"] += 1
                time.sleep(0.005)
                continue
            except OSError as error:
                tally[f"no connection: {error}"] += 1
                continue
            answered_at = None
        tally["sent"] += 1
        gap = answered_at and time.monotonic() - answered_at
        try:
            response = connection.get("/", "" if keeps_connection else "Connection: close\r\n")
        except Closed as closed:
            tally[what_was_lost(closed, gap)] += 1
            connection = connection.close()
            continue
        except OSError as error:
            # Sending fails when the server has closed, and so does an answer that doesn't come in time.
            is_closed = isinstance(error, ConnectionError)
            tally[what_was_lost(Closed(b"", error.strerror), gap) if is_closed else f"LOST: {error}"] += 1
            connection = connection.close()
            continue
        answered_at = time.monotonic()
        times.append(answered_at - begin)
        is_right = response.status == 200 and response.body == b"Hello Monitoring!"
        tally["answered" if is_right else f"LOST: status {response.status}"] += 1
        if not keeps_connection or response.headers.get("connection") == "close":
            connection = connection.close()
    if connection:
        connection.close()


def what_was_lost(closed, gap):
    if closed.received:
        return "LOST: half an answer"
    if gap is None:
        return "new connection ended before its first answer"
    return "idle for too long" if gap > LINGER else "LOST: kept connection ended though it wasn't idle for long"


def count(pipe, port, thinkers):
    """Clients that count, until told to stop; returns their tally and the seconds that answers took."""
    tally, times, is_over = collections.Counter(), [], threading.Event()
    kinds = [(True, False)] * 4 + [(False, False)] * 4 + [(True, True)] * thinkers
    # A tally each, because adding isn't atomic.
    parts = [(collections.Counter(), []) for _ in kinds]
    threads = [threading.Thread(target=visit, args=(port, *kind, is_over, *part), daemon=True)
               for kind, part in zip(kinds, parts)]
    for thread in threads:
        thread.start()
    pipe.recv()
    is_over.set()
    for thread in threads:
        thread.join()
    for part, taken in parts:
        tally += part
        times += taken
    return dict(tally), times


def check_tally(report, client, may_be_reset, what):
    client.stop()
    tally, times = client.result()
    lost = {kind: number for kind, number in tally.items() if kind.startswith("LOST")}
    sent, answered = tally.get("sent", 0), tally.get("answered", 0)
    unaccepted = tally.get("new connection ended before its first answer", 0)
    harmless = unaccepted * may_be_reset + tally.get("idle for too long", 0)
    report.say(f"{what}: answers took {latencies(times)}")
    report.check(answered > 0 and not lost and sent == answered + harmless, f"{what}: every request is answered",
                 f"{sent} sent, {answered} answered; {tally}")
    return unaccepted, tally


# MARK: wrk


class Wrk:
    """wrk, as long as it takes. It counts as an error whatever isn't an answer."""

    def __init__(self, port, connections, *headers):
        self.process = start(
            ["wrk", "-t1", f"-c{connections}", "-d3600s", "--timeout=5s",
             *[part for header in headers for part in ("-H", header)], f"http://127.0.0.1:{port}/"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def check(self, report, what):
        self.process.send_signal(signal.SIGINT)
        printed, _ = self.process.communicate(timeout=20)
        total = re.search(r"(\d+) requests in", printed)
        wrong = re.findall(r"Socket errors.*|Non-2xx.*", printed)
        report.check(total and int(total[1]) > 0 and not wrong, f"wrk, {what}",
                     f"{total[1] if total else printed} requests, {'; '.join(wrong) or 'no errors'}")


# MARK: Restarting


def serve(options, **settings):
    return Server(options.server, *WORK, f"--workers={options.workers}", "--grace=5s", **settings)


def restart(report, options, listener, server, times, what):
    """One server takes over from another, some number of times; returns the last."""
    for _ in range(times):
        following = serve(options, activation=listener)
        if (status := server.end()) != 0:
            report.check(False, f"{what}: exit status", f"{status}: {server.printed[-500:]}")
        server = following
    return server


def by_activation(report, options, listener):
    port = listener.getsockname()[1]
    server = serve(options, activation=listener)
    wrks = [(Wrk(port, 32), "32 kept connections"), (Wrk(port, 8, "Connection: close"), "a connection a request")]
    few = max(3, options.restarts // 20)
    for times, thinkers, what in (options.restarts - few, 0, "busy clients"), (few, 8, "thinking as well"):
        client = Child(count, port, thinkers)
        time.sleep(0.2)
        begin = time.monotonic()
        server = restart(report, options, listener, server, times, what)
        report.say(f"{what}: {times} restarts in {time.monotonic() - begin:.1f} s")
        _, tally = check_tally(report, client, False, what)
        report.check(not any(kind.startswith("no connection") for kind in tally), f"{what}: everybody can connect")
    for wrk, what in wrks:
        wrk.check(report, what)
    report.equal(server.end(), 0, "exit status of the last server")


def with_a_gap(report, options):
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = "127.0.0.1:%d" % free.getsockname()[1]
    server = serve(options, listen=address)
    client = Child(count, server.port, 0)
    begin = time.monotonic()
    statuses = collections.Counter()
    for _ in range(options.gaps):
        time.sleep(0.1)
        statuses[server.end()] += 1
        time.sleep(0.02)
        server = serve(options, listen=address)
    time.sleep(0.1)
    what = "with a gap"
    report.say(f"{what}: {options.gaps} restarts in {time.monotonic() - begin:.1f} s")
    unaccepted, _ = check_tally(report, client, True, what)
    # They are in the queue when it closes, which takes some µs; eight clients that all were would be no accident.
    report.check(unaccepted <= options.gaps, f"{what}: connections that were reset in the queue",
                 f"{unaccepted} (at most one a restart)")
    statuses[server.end()] += 1
    report.equal(set(statuses), {0}, f"{what}: exit statuses")


def body(report, options, listener):
    if options.restarts:
        by_activation(report, options, listener)
    listener.close()
    if options.gaps:
        with_a_gap(report, options)


def main():
    # Before anything else can take descriptor 3, the first that systemd hands over.
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    if listener.fileno() != 3:
        os.dup2(listener.detach(), 3)
        listener = socket.socket(fileno=3)
    options = Options(__doc__)
    options.add_argument("--restarts", type=int, default=1000, metavar="N", help="by socket activation (%(default)s)")
    options.add_argument("--gaps", type=int, default=50, metavar="N", help="with a gap (%(default)s)")
    options.add_argument("--workers", type=int, default=2, metavar="N", help="event loops (%(default)s)")
    options = options.parse_args()
    run(lambda report, options: body(report, options, listener), options, 60 + options.restarts + options.gaps)


if __name__ == "__main__":
    main()
