"""What is compared: how each server is had, started, and which version it is."""

import dataclasses
import functools
import shutil
import subprocess
import sys
from collections.abc import Callable

from common.commands import ROOT, Failure, run
from measure import HERE, Program

TOOLS = ROOT / ".build-tools"
PYTHON = TOOLS / "bench-python/bin/python3"
OURS = "EventHTTP, sync"
LIMIT = "bare epoll loop in C"


@dataclasses.dataclass(eq=False)
class Peer:
    name: str
    # Returns the command, and the version; PORT and LOOPS in the command stand for the port and the number of loops.
    prepare: Callable[["Workshop"], tuple[list, str]]
    environment: dict = dataclasses.field(default_factory=dict)
    # Nothing is measured without it.
    is_ours: bool = False
    # What it does is told by counts as well.
    is_counted: bool = False


@dataclasses.dataclass
class Prepared:
    """A peer that is here."""

    peer: Peer
    command: list
    version: str

    def started(self, cores, folder, environment=None, within=()):
        environment = self.peer.environment | (environment or {})
        return Program(self.command, cores, folder, environment, within)

    def fail(self, failure, missing):
        """Goes without it, if that can be."""
        if self.peer.is_ours:
            raise Failure(f"{self.peer.name} {failure}")
        missing[self.peer.name] = str(failure)


class Workshop:
    """Where peers are made, once each. Offline, it fetches nothing, and builds no other than ours and those in C."""

    def __init__(self, folder, offline):
        self.folder = folder
        self.offline = offline
        self.reasons = {}

    def fetch(self, *command):
        """Runs what fetches a peer."""
        if self.offline:
            raise Failure("nothing is fetched for a check")
        run(*command)

    @functools.cache
    def c(self, source, *options):
        program = self.folder / source.stem
        run("gcc", "-O2", "-o", program, source, *options)
        return program

    def prepared(self, peers):
        """Those of the peers that are to be had; and why the others aren't, by their names."""
        here = [prepared for peer in peers if (prepared := self._prepared(peer))]
        return here, {peer.name: self.reasons[peer] for peer in peers if peer in self.reasons}

    @functools.cache
    def _prepared(self, peer):
        print(f"prepares {peer.name}", file=sys.stderr)
        try:
            return Prepared(peer, *peer.prepare(self))
        except Failure as failure:
            if peer.is_ours:
                raise
            self.reasons[peer] = str(failure)
            print(f"{peer.name} is left out: {failure}", file=sys.stderr)


def ours(product, *arguments):
    return lambda _: ([swift_program(product), "PORT", "LOOPS", *arguments], commit())


@functools.cache
def swift_program(product):
    """Of this package."""
    package = HERE.parent
    run("swift", "build", "--configuration", "release", "--package-path", package, "--product", product)
    return package / ".build/release" / product


def server(*arguments):
    def prepare(_):
        program = ROOT / ".build/release/Server"
        if not program.exists():
            raise Failure("no Server: run make build first")
        return [program, "--listen", "127.0.0.1:PORT", "--workers", "LOOPS", *arguments], commit()
    return prepare


def commit():
    return "commit " + run("git", "describe", "--always", "--dirty").strip()


def epoll(workshop):
    return [workshop.c(HERE / "epoll.c"), "PORT", "LOOPS"], gcc_version()


def gcc_version():
    return "gcc " + run("gcc", "-dumpfullversion").strip()


def evhttp(*arguments):
    def prepare(workshop):
        program = workshop.c(HERE / "evhttp.c", "-levent_core", "-levent_extra")
        version = run("pkg-config", "--modversion", "libevent").strip()
        return [program, "PORT", "LOOPS", *arguments], f"libevent {version}, {gcc_version()}"
    return prepare


def go(workshop):
    folder = HERE.parent / ".build-go"
    program = folder / "http"
    workshop.fetch(HERE.parent / "metrics/go/build", HERE / "go/main.go", program.name)
    toolchain = run(shutil.which("go") or TOOLS / "go/bin/go", "version").split()[2]
    version = (folder / "version").read_text().strip()
    return [program, "PORT"], f"{toolchain}, client_golang {version}, GOMAXPROCS as there are loops"


def hummingbird(workshop):
    package = HERE / "hummingbird-peer"
    program = package / ".build/release/HummingbirdPeer"
    workshop.fetch("swift", "build", "--configuration", "release", "--package-path", package, "--product", program.name)
    tag = run("git", "-C", package / ".build/checkouts/hummingbird", "describe", "--tags", "--always").strip()
    return [program, "PORT", "LOOPS"], f"Hummingbird {tag}"


def nginx(workshop):
    workshop.fetch("scripts/install", "nginx")
    program = shutil.which("nginx") or TOOLS / "usr/sbin/nginx"
    # nginx takes no port from its command line.
    start = ('sed "s/8080/$1/; s/processes 1/processes $2/" "$4" >nginx.conf && '
             'exec "$3" -p "$PWD" -c nginx.conf -e stderr')
    version = subprocess.run([program, "-v"], capture_output=True, text=True).stderr.split("/")[-1].strip()
    command = ["sh", "-c", start, "sh", "PORT", "LOOPS", program, HERE / "nginx.conf"]
    return command, f"nginx {version}, as many workers as there are loops"


def flask(workshop):
    return [*python(workshop), HERE / "flask_peer.py", "PORT"], "Flask " + python_versions("flask")


def gunicorn(*arguments):
    def prepare(workshop):
        command = [*python(workshop), "-m", "gunicorn", "-w", "2", "-b", "127.0.0.1:PORT", *arguments, "flask_peer:app"]
        return command, "gunicorn " + python_versions("gunicorn", "flask") + ", 2 workers"
    return prepare


def python(workshop):
    workshop.fetch("scripts/install", "flask")
    return [PYTHON]


def python_versions(*packages):
    packages = [*packages, "prometheus_client"]
    script = "import importlib.metadata as m, sys; print(*(m.version(name) for name in sys.argv[1:]))"
    first, *rest = run(PYTHON, "-c", script, *packages).split()
    others = [f"{name} {version}" for name, version in zip(packages[1:], rest)]
    return ", ".join([first, *others, f"Python {run(PYTHON, '--version').split()[1]}"])


GUNICORN = {"PROMETHEUS_MULTIPROC_DIR": ".", "PYTHONPATH": str(HERE)}

PEERS = [
    Peer(OURS, ours("HTTPPeer", "sync"), is_ours=True, is_counted=True),
    Peer("EventHTTP, sync, not instrumented", ours("HTTPPeer", "sync", "bare"), is_ours=True, is_counted=True),
    Peer("EventHTTP, async", ours("HTTPPeer", "async"), is_ours=True, is_counted=True),
    Peer("EventHTTP, async, not instrumented", ours("HTTPPeer", "async", "bare"), is_ours=True, is_counted=True),
    Peer("Server, no simulated work", server("--work-min", "0s", "--work-max", "0s"), is_ours=True, is_counted=True),
    Peer(LIMIT, epoll, is_counted=True),
    Peer("evhttp in C, changelist", evhttp(), is_counted=True),
    Peer("evhttp in C", evhttp("no-changelist"), is_counted=True),
    Peer("nginx, constant", nginx),
    Peer("Go net/http, client_golang", go, {"GOMAXPROCS": "LOOPS"}),
    Peer("Hummingbird, swift-metrics", hummingbird, is_counted=True),
    Peer("gunicorn, Flask, prometheus_client", gunicorn(), GUNICORN),
    Peer("Flask's server, prometheus_client", flask),
]

# Those that simulate work.
WORKING = [
    Peer("Server", server("--max-connections", "30000"), is_ours=True),
    Peer(LIMIT, epoll),
    Peer("gunicorn, 2 workers of 500 threads", gunicorn("--threads", "500"), GUNICORN),
    Peer("Flask's server", flask),
]

SCRAPED = Peer("a server of 100,000 series", ours("ScrapePeer"), is_ours=True)
