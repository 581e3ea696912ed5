"""The section concurrency: many connections, on each of which a request waits for the work that a server simulates."""

import peers
from common.commands import Failure
from common.runs import median, progress, spread, there_and_back, total
from common.table import markdown, number
from measure import HERE, Cores, Crowd

MEAN = 0.3
# As Server reads it, and the peers in Python and C.
WORK = {"SERVER_WORK_MIN": "100ms", "SERVER_WORK_MAX": "500ms", "WORK": "0.1 0.5"}

NOTE = """\
The ideal is a request in 0.3 s on each connection. Each has one in flight all the time; they are opened one after the
other, and the first two seconds after that aren't counted. The work is drawn from 100 to 500 ms, the 99th percentile of
which is 496 ms. The bare loop keeps a list for each ms and nothing of a request: what it doesn't achieve is the machine's
and the clients' limit in those minutes. What is added is the latency without the work that the answer says it took
(Server-Timing): the time that requests wait for their turn, at the client as well. Errors are connections that were
refused or ended, and requests unanswered for two seconds; a server that had some isn't asked to serve more. There are
19,000 connections at most because a process may often have 20,000 descriptors and no more."""


def section(options):
    crowd = options.workshop.c(HERE / "crowd.c")
    servers, missing = options.workshop.prepared(peers.WORKING)
    tables, values = [], {}
    for loops in options.loops:
        cores = Cores(loops)
        values[loops] = measured(servers, missing, crowd, cores, options)
        tables.append(f"### {cores.title}\n\n{table(values[loops])}")
    notes = [f"- {server.peer.name}: {server.version}" for server in servers if not server.peer.is_ours]
    notes += [f"- {name} is left out: {reason}" for name, reason in missing.items()]
    return {"table": "\n\n".join([*tables, NOTE, "\n".join(notes)]).strip(), "values": values, "missing": missing}


def measured(servers, missing, crowd, cores, options):
    values = {server.peer.name: {} for server in servers}
    broken = set()
    for round_number in range(options.rounds):
        for connections in sorted(options.connections):
            for server in there_and_back(servers, round_number):
                name = server.peer.name
                if name in broken and not values[name].get(connections):
                    continue
                progress("concurrency", f"{cores.title}, round {round_number + 1} of {options.rounds}: "
                         f"{connections} connections to {name}")
                try:
                    run = wait_on_many(server, connections, crowd, cores, options)
                except Failure as failure:
                    server.fail(failure, missing)
                    broken.add(name)
                    continue
                values[name].setdefault(connections, []).append(run)
                if run["errors"]:
                    broken.add(name)
    return values


def wait_on_many(server, connections, crowd, cores, options):
    settings = {"opening": max(0.5, connections / 10_000), "warm_up": 0 if options.check else 2,
                "seconds": options.seconds}
    with server.started(cores, options.folder, WORK) as program:
        program.first_answer()
        idle = program.memory("VmRSS")
        with Crowd(crowd, program, connections, cores, **settings) as clients:
            before = program.cpu_seconds()
            result = clients.result()
            cpu = program.cpu_seconds() - before
            memory = program.memory("VmRSS") - idle
    if not result["answers"]:
        raise Failure(f"answers none of {connections} connections")
    if result["told"] < result["answers"]:
        raise Failure("doesn't say in every answer how long its work took")
    rate = result["answers"] / result["seconds"]
    return {
        "rate": rate, "achieved": rate * MEAN / connections,
        **{key: result[key] for key in ("p50", "p99", "added p50", "added p99")},
        "cpu": 1e6 * cpu / result["answers"], "memory": memory / connections / 1000,
        "errors": result["errors"] + result["unanswered"],
    }


def table(values):
    columns = ["server", "connections", "ideal requests/s", "achieved ÷ ideal", "p99 ms", "added p50 ms",
               "added p99 ms", "CPU µs/request", "KB/connection", "errors"]
    return markdown(columns, [
        [name, f"{connections:,}", number(connections / MEAN), f"{median(runs, 'achieved'):.3f}",
         *(spread(runs, key) for key in ("p99", "added p50", "added p99", "cpu", "memory")), total(runs, "errors")]
        for name, counts in values.items() for connections, runs in counts.items()
    ])
