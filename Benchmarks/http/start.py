"""The section start: how soon servers answer, what they hold while they are idle, how large they are."""

import json
import shutil

import peers
from common.commands import ROOT, Failure, run
from common.runs import progress, spread, there_and_back
from common.table import markdown
from measure import Cores

KINDS = {"memory": "VmRSS", "private": "RssAnon", "mapped": "RssFile"}

NOTE = """\
From the start of the process to the end of the first answer, which is asked for every millisecond; memory of all
processes right after it. A program is its file alone: Swift's, except Server, need Swift's libraries as well."""


def section(options):
    servers, missing = options.workshop.prepared(peers.PEERS)
    cores = Cores(1)
    values = {}
    for number in range(options.rounds):
        for server in there_and_back(servers, number):
            name = server.peer.name
            progress("start", f"round {number + 1} of {options.rounds}: {name}")
            with server.started(cores, options.folder) as program:
                try:
                    seconds = program.first_answer()
                except Failure as failure:
                    server.fail(failure, missing)
                    continue
                memory = {kind: program.memory(field) / 1e6 for kind, field in KINDS.items()}
                values.setdefault(name, []).append({"ms": 1000 * seconds} | memory)
    sizes = {server.peer.name: program_sizes(server, options) for server in servers if server.peer.name in values}
    columns = ["server", "first answer after ms", "idle memory, MB", "its own, MB", "of files, MB", "program, MB",
               "stripped, MB"]
    rows = [[name, *(spread(runs, key) for key in ("ms", *KINDS)),
             *(f"{size / 1e6:.2f}" for size in sizes[name]), *["–"] * (2 - len(sizes[name]))]
            for name, runs in values.items()]
    image, told = image_size(options)
    notes = [told, *(f"{name} is left out: {reason}" for name, reason in missing.items())]
    return {"table": "\n\n".join([markdown(columns, rows), NOTE, "\n".join(f"- {note}" for note in notes)]),
            "values": values, "programs": sizes, "image": image}


def program_sizes(server, options):
    """As it is, and stripped; nothing for what is interpreted, or comes from the distribution."""
    program = server.command[0]
    if program in ("sh", peers.PYTHON):
        return []
    stripped = options.folder / "stripped"
    run("strip", "-o", stripped, program)
    return [program.stat().st_size, stripped.stat().st_size]


def image_size(options):
    """In bytes, if there is one; and a sentence about it."""
    if options.check:
        return None, "No image is built for a check."
    if not shutil.which("docker"):
        return None, "The size of the image is left out: no docker here."
    try:
        run("docker", "version", "--format", "{{.Server.Version}}")
        image = run("docker", "build", "--quiet", ROOT).split()[-1]
        size = json.loads(run("docker", "image", "inspect", image))[0]["Size"]
    except Failure as failure:
        return None, f"The size of the image is left out: {failure}"
    return size, f"The image has {size / 1e6:.0f} MB."
