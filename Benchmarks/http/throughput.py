"""The section http: servers without simulated work, as fast as they go."""

import contextlib
import pathlib
import tempfile

import peers
from common.commands import Failure
from common.runs import progress, ratio, spread, there_and_back, total
from common.table import markdown
from measure import Cores, wrk

CONNECTIONS = 64


def section(options):
    here, missing = options.workshop.prepared(peers.PEERS)
    tables, values = [], {}
    for loops in options.loops:
        cores = Cores(loops)
        values[loops] = measured(here, missing, cores, options)
        tables.append(f"### {cores.title}\n\n{table(values[loops])}")
    notes = [f"Ours is {peers.OURS}. Memory is the sum of all processes; what they share counts for each."]
    notes.append("\n".join(
        [f"- {server.peer.name}: {server.version}" for server in here]
        + [f"- {name} is left out: {reason}" for name, reason in missing.items()]))
    versions = {server.peer.name: server.version for server in here}
    return {"table": "\n\n".join(tables + notes), "values": values, "versions": versions,
            "missing": missing}


def measured(here, missing, cores, options):
    values = {}
    with contextlib.ExitStack() as stack:
        running = {}
        for server in here:
            name = server.peer.name
            program = stack.enter_context(
                server.started(cores, pathlib.Path(tempfile.mkdtemp(dir=options.folder))))
            try:
                program.first_answer()
            except Failure as failure:
                server.fail(failure, missing)
                continue
            running[name], values[name] = program, []
        if not options.check:
            for name, program in running.items():
                progress("http", f"warms up {name}")
                load(program, 1, cores)
        for number in range(options.rounds):
            for name, program in there_and_back(running.items(), number):
                progress("http", f"{cores.title}, round {number + 1} of {options.rounds}: {name}")
                values[name].append(load(program, options.seconds, cores))
    return values


def load(program, seconds, cores):
    before = program.cpu_seconds()
    result = wrk(program, CONNECTIONS, seconds, cores)
    cpu = program.cpu_seconds() - before
    if not result["requests"]:
        raise Failure("wrk got no answer")
    return {
        "cpu": 1e6 * cpu / result["requests"],
        "rate": 1e6 * result["requests"] / result["duration"],
        **{key: result[key] / 1000 for key in ("p50", "p99", "p99.9")},
        "peak": program.memory("VmHWM") / 1e6,
        "errors": result["errors"],
    }


def table(values):
    ours = values[peers.OURS]
    columns = ["server", "CPU µs/request", "CPU ÷ ours", "requests/s", "ours ÷ requests/s", "p50 ms", "p99 ms",
               "p99.9 ms", "peak MB", "errors"]
    return markdown(columns, [
        [name, spread(runs, "cpu"), f"{ratio(runs, ours, 'cpu'):.2f}", spread(runs, "rate"),
         f"{ratio(ours, runs, 'rate'):.2f}", *(spread(runs, key) for key in ("p50", "p99", "p99.9", "peak")),
         total(runs, "errors")]
        for name, runs in values.items()
    ])
