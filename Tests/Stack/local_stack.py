"""What tests of the stack share: stacks of their own, as scripts/stack-local runs them, and questions to them."""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "Tests/Hostile"))

from prometheus import Prometheus  # noqa: E402
from support import Failure, Metrics, eventually, run, start, started  # noqa: E402, F401

# Below the ports that the system gives to clients.
PORTS = range(19300, 19500)


def get(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


def is_free(port):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def lives(pid):
    """Whether a process runs; one that is only waited for doesn't."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Stack:
    """A stack with ports and a folder of its own, which doesn't outlive the test."""

    taken = set()

    def __init__(self, name, replicas=1, **environment):
        self.name = name
        self.folder = tempfile.TemporaryDirectory(prefix=f"stack-{name}-")
        self.log = os.path.join(self.folder.name, "stack-local.log")
        self.ports = self.take_ports(4 + replicas)
        with open(self.log, "w") as log:
            self.process = start(
                [os.path.join(ROOT, "scripts/stack-local"), "--folder", self.path("stack"),
                 "--ports", str(self.ports[0]), "--replicas", str(replicas)],
                stdout=log, stderr=log, env=os.environ | environment)

    @classmethod
    def take_ports(cls, count):
        for first in PORTS[::count]:
            ports = range(first, first + count)
            if cls.taken.isdisjoint(ports) and ports[-1] in PORTS and all(map(is_free, ports)):
                cls.taken.update(ports)
                return ports
        raise Failure(f"no {count} ports in a row are free within {PORTS[0]}–{PORTS[-1]}")

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    @property
    def printed(self):
        with open(self.log) as file:
            return file.read()

    def wait_until_up(self, seconds=60):
        state = self.path("stack/stack.json")
        eventually(lambda: os.path.exists(state) or self.process.poll() is not None, seconds, 0.1)
        if self.process.poll() is not None or "Ctrl-C" not in eventually(lambda: self.printed):
            raise Failure(f"the stack '{self.name}' isn't up: {self.printed}")
        with open(state) as file:
            known = json.load(file)
        self.urls, self.pids = known["urls"], known["pids"]

    def instance(self, name):
        """The label `instance` of a program's target."""
        return self.urls[name].removeprefix("http://")

    # MARK: Questions

    @property
    def prometheus(self):
        return Prometheus(self.urls["prometheus"])

    def delivered(self, alertname, status="firing"):
        """The labels of what the sink has got of an alert."""
        notifications = get(f"{self.urls['alert-sink']}/alerts")["notifications"]
        return [alert["labels"] for notification in notifications for alert in notification["alerts"]
                if alert["labels"]["alertname"] == alertname and alert["status"] == status]

    # MARK: The end

    def end(self, number=signal.SIGINT, seconds=30):
        """Sends a signal; returns the exit status."""
        self.process.send_signal(number)
        return self.wait(seconds)

    def wait(self, seconds=30):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"the stack '{self.name}' runs on: {self.printed}") from None
        started.remove(self.process)
        return status

    def survivors(self):
        """Which of its programs still run, and which of its ports are still taken; a moment is left to them."""

        def found():
            return ([name for name, pid in self.pids.items() if lives(pid)]
                    + [port for port in self.ports if not is_free(port)])

        eventually(lambda: not found(), 10, 0.1)
        return found()
