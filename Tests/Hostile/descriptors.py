#!/usr/bin/env python3
"""Runs a server out of file descriptors, by more clients than it may have files open.

Twice in a row, without a limit on connections that would keep it from happening: the server must not spin, it has to go
on answering those who are in, to say so once, and to take newcomers as soon as there is room. Then with such a limit:
those who are too many are told so and let go.
"""
import collections
import contextlib
import select
import time

from support import Connection, Options, Server, eventually, latencies, run

PAUSE = "accepting pauses"


def connect_all(stack, port, count):
    """Connections that the kernel has taken; the server may not have."""
    return [stack.enter_context(Connection(port)) for _ in range(count)]


def readable(connections):
    by_descriptor = {connection.socket.fileno(): connection for connection in connections}
    poller = select.poll()
    for descriptor in by_descriptor:
        poller.register(descriptor, select.POLLIN)
    return {by_descriptor[descriptor] for descriptor, _ in poller.poll(0)}


def watch(report, server, kept, seconds, bar):
    """The server's CPU time over some seconds, and whether those who are in are answered meanwhile."""
    cpu, begin = server.cpu_seconds, time.monotonic()
    times = []
    while (now := time.monotonic()) < begin + seconds:
        for connection in kept:
            assert connection.get("/healthz").status == 200
        times.append(time.monotonic() - now)
        time.sleep(0.1)
    used = server.cpu_seconds - cpu
    report.check(used < bar, "CPU time while exhausted", f"{used:.2f} s in {seconds:g} s (below {bar:g} s)")
    report.check(max(times) < 0.5, f"{len(kept)} connections that were there before are answered", latencies(times))


def check_recovery(report, server):
    """Called when everybody has just left."""
    begin = time.monotonic()
    with Connection(server.port, timeout=5) as connection:
        status = connection.get("/healthz").status
    took = time.monotonic() - begin
    report.check(status == 200 and took < 1, "a newcomer is answered once there is room", f"{status}, {took:.3f} s")


def run_out(report, options):
    # More than there can be, so that the kernel is what says no.
    server = Server(options.server, f"--workers={options.workers}", "--max-connections=100000", "--grace=1s",
                    descriptors=options.descriptors)
    before, made = server.resting_descriptors(), 1
    report.say(f"{options.descriptors} descriptors, {before} in use, {options.clients} clients, no limit")
    for episode in (1, 2):
        said = server.printed.count(PAUSE)
        with contextlib.ExitStack() as stack:
            kept = connect_all(stack, server.port, 5)
            for connection in kept:
                connection.get("/healthz")
            connect_all(stack, server.port, options.clients)
            report.check(eventually(lambda: server.printed.count(PAUSE) > said, 3), f"episode {episode} is logged")
            watch(report, server, kept, options.seconds, options.cpu_seconds)
            scrape = kept[0].get("/metrics")
            report.check(scrape.status == 200 and b"process_cpu_seconds_total" in scrape.body,
                         "a scrape is answered while exhausted", f"status {scrape.status}")
            lines = server.printed.count(PAUSE) - said
            # Each loop has a listener of its own.
            report.check(1 <= lines <= options.workers, "log lines of this episode",
                         f"{lines} (1 for each of at most {options.workers} loops)")
        check_recovery(report, server)
        # Those that were waiting to be accepted are still to come, and may be too many once more.
        made += 5 + options.clients + 1

        def all_accepted():
            nonlocal made
            made += 1
            return server.metrics().total("event_loop_connections_accepted_total") == made

        report.check(eventually(all_accepted, 5, 0.1), "all who were waiting are accepted")
        report.equal(eventually(lambda: server.descriptors == before, 5) and before or server.descriptors, before,
                     "open descriptors afterwards")
    failures = server.metrics().total("event_loop_accept_failures_total")
    report.check(failures >= 2, "failures to accept are counted", f"{failures:.0f}")
    report.equal(server.end(), 0, "exit status")


def refuse(report, options):
    most = options.clients // 4
    server = Server(options.server, f"--workers={options.workers}", f"--max-connections={most}", "--grace=1s")
    before = server.resting_descriptors()
    report.say(f"at most {most} connections, {options.clients} clients, descriptors enough")
    with contextlib.ExitStack() as stack:
        kept = connect_all(stack, server.port, 5)
        for connection in kept:
            connection.get("/healthz")
        others = connect_all(stack, server.port, options.clients - 5)
        # Those who are refused are told so without having asked; nobody else hears anything yet.
        eventually(lambda: len(readable(others)) >= options.clients - most, 5)
        time.sleep(0.2)
        told = readable(others)
        statuses = collections.Counter(connection.response().status for connection in told)
        for connection in set(others) - told:
            statuses[connection.get("/healthz").status] += 1
        report.equal(statuses, {200: most - 5, 503: options.clients - most}, "newcomers by status")
        counted = kept[0].metrics().total("http_server_rejected_requests_total", reason="too_many_connections")
        report.equal(counted, options.clients - most, "those who are refused are counted")
        # None of the clients has closed anything.
        expected = before + most
        report.equal(eventually(lambda: server.descriptors == expected, 5) and expected or server.descriptors, expected,
                     "descriptors open once the refused ones are let go")
        watch(report, server, kept, options.seconds, options.cpu_seconds)
        report.equal(server.printed.count(PAUSE), 0, "pauses")
    check_recovery(report, server)
    report.equal(server.end(), 0, "exit status")


def body(report, options):
    run_out(report, options)
    refuse(report, options)


def main():
    options = Options(__doc__)
    options.add_argument("--descriptors", type=int, default=64, metavar="N", help="ulimit -n (%(default)s)")
    options.add_argument("--clients", type=int, default=200, metavar="N", help="(%(default)s)")
    options.add_argument("--workers", type=int, default=2, metavar="N", help="event loops (%(default)s)")
    options.add_argument("--seconds", type=float, default=2, help="how long it stays exhausted (%(default)s)")
    options.add_argument("--cpu-seconds", type=float, default=0.2, help="bar for the CPU time (%(default)s)")
    options = options.parse_args()
    run(body, options, 60 + 5 * options.seconds)


if __name__ == "__main__":
    main()
