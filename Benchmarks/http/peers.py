"""What is compared: how each server is had, started, and which version it is."""

import dataclasses
import functools
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable

from measure import HERE, Failure

ROOT = HERE.parents[1]
TOOLS = ROOT / ".build-tools"
PYTHON = TOOLS / "bench-python/bin/python3"
SERVER = ROOT / ".build/release/Server"
OURS = "EventHTTP, sync"


@dataclasses.dataclass
class Peer:
    name: str
    # Returns the command, and the version; PORT in the command stands for the port.
    prepare: Callable[["Workshop"], tuple[list, str]]
    environment: dict = dataclasses.field(default_factory=dict)
    # Nothing is measured without it.
    is_ours: bool = False


class Workshop:
    """Where peers are made. Offline, it fetches nothing, and builds no other than ours and those in C."""

    def __init__(self, folder, offline):
        self.folder = folder
        self.offline = offline

    def fetch(self, command, *made):
        """Runs what fetches a peer and makes these paths; offline, they have to be here."""
        if not self.offline:
            run(*command)
        elif not all(path.exists() for path in made):
            raise Failure("not here yet, and nothing is fetched for a check")

    def c(self, source, *arguments):
        program = self.folder / source.stem
        run("gcc", "-O2", "-o", program, source, "-levent")
        return [program, "PORT", *arguments], f"gcc {run('gcc', '-dumpfullversion')}"


def run(*command):
    try:
        done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        raise Failure(f"no {command[0]} here") from None
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines()
        errors = [line for line in lines if "error" in line.lower()]
        raise Failure((errors[:1] or lines[-1:] or [f"{command[0]} failed"])[0])
    return done.stdout.strip()


def event_http(*arguments):
    return lambda _: ([http_peer(), *arguments], commit())


@functools.cache
def http_peer():
    package = HERE.parent
    run("swift", "build", "--configuration", "release", "--package-path", package, "--product", "HTTPPeer")
    return package / ".build/release/HTTPPeer"


def server(_):
    if not SERVER.exists():
        raise Failure("run make build first")
    return [SERVER, "--listen", "127.0.0.1:PORT", "--workers", "1", "--work-min", "0s", "--work-max", "0s"], commit()


def commit():
    return "commit " + run("git", "describe", "--always", "--dirty")


def evhttp(*arguments):
    def prepare(workshop):
        command, compiler = workshop.c(HERE / "evhttp.c", *arguments)
        return command, f"libevent {run('pkg-config', '--modversion', 'libevent')}, {compiler}"
    return prepare


def go(workshop):
    folder = HERE.parent / ".build-go"
    program = folder / "http"
    workshop.fetch([HERE.parent / "metrics/go/build", HERE / "go/main.go", program.name], program)
    toolchain = run(shutil.which("go") or TOOLS / "go/bin/go", "version").split()[2]
    version = (folder / "version").read_text().strip()
    return [program, "PORT"], f"{toolchain}, client_golang {version}, GOMAXPROCS=1"


def hummingbird(workshop):
    package = HERE / "hummingbird-peer"
    program = package / ".build/release/HummingbirdPeer"
    build = ["swift", "build", "--configuration", "release", "--package-path", package, "--product", program.name]
    workshop.fetch(build, program)
    tag = run("git", "-C", package / ".build/checkouts/hummingbird", "describe", "--tags", "--always")
    return [program, "PORT"], f"Hummingbird {tag}, one loop"


def nginx(workshop):
    program = shutil.which("nginx") or TOOLS / "usr/sbin/nginx"
    workshop.fetch(["scripts/install", "nginx"], pathlib.Path(program))
    # nginx takes no port from its command line.
    start = 'sed "s/8080/$1/" "$3" >nginx.conf && exec "$2" -p "$PWD" -c nginx.conf -e stderr'
    version = subprocess.run([program, "-v"], capture_output=True, text=True).stderr.split("/")[-1].strip()
    return ["sh", "-c", start, "sh", "PORT", program, HERE / "nginx.conf"], f"nginx {version}, 1 worker"


def flask(workshop):
    return [*python(workshop), HERE / "flask_peer.py", "PORT"], "Flask " + python_versions("flask")


def gunicorn(workshop):
    command = [*python(workshop), "-m", "gunicorn", "-w", "2", "-b", "127.0.0.1:PORT", "flask_peer:app"]
    return command, "gunicorn " + python_versions("gunicorn", "flask") + ", 2 workers"


def python(workshop):
    workshop.fetch(["scripts/install", "flask"], PYTHON)
    return [PYTHON]


def python_versions(*packages):
    packages = [*packages, "prometheus_client"]
    script = "import importlib.metadata as m, sys; print(*(m.version(name) for name in sys.argv[1:]))"
    first, *rest = run(PYTHON, "-c", script, *packages).split()
    others = [f"{name} {version}" for name, version in zip(packages[1:], rest)]
    return ", ".join([first, *others, f"Python {run(PYTHON, '--version').split()[1]}"])


PEERS = [
    Peer(OURS, event_http("sync", "PORT"), is_ours=True),
    Peer("EventHTTP, sync, not instrumented", event_http("sync", "PORT", "bare"), is_ours=True),
    Peer("EventHTTP, async", event_http("async", "PORT"), is_ours=True),
    Peer("EventHTTP, async, not instrumented", event_http("async", "PORT", "bare"), is_ours=True),
    Peer("Server, no simulated work", server, is_ours=True),
    Peer("bare epoll loop in C", lambda workshop: workshop.c(HERE / "epoll.c")),
    Peer("evhttp in C, changelist", evhttp()),
    Peer("evhttp in C", evhttp("no-changelist")),
    Peer("nginx, constant", nginx),
    Peer("Go net/http, client_golang", go, {"GOMAXPROCS": "1"}),
    Peer("Hummingbird, swift-metrics", hummingbird),
    Peer("gunicorn, Flask, prometheus_client", gunicorn,
         {"PROMETHEUS_MULTIPROC_DIR": ".", "PYTHONPATH": str(HERE)}),
    Peer("Flask's server, prometheus_client", flask),
]


def prepared(workshop):
    """The peers that are to be had, each with its command and version; and why the others aren't."""
    here, missing = [], {}
    for peer in PEERS:
        print(f"prepares {peer.name}", file=sys.stderr)
        try:
            here.append((peer, *peer.prepare(workshop)))
        except Failure as failure:
            if peer.is_ours:
                raise
            missing[peer.name] = str(failure)
            print(f"{peer.name} is left out: {failure}", file=sys.stderr)
    return here, missing
