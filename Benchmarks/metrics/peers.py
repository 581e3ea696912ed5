"""What is compared: how each client is had, and which version it is."""

import dataclasses
import pathlib
import sys

from common.commands import ROOT, Failure, run

HERE = pathlib.Path(__file__).resolve().parent
BENCHMARKS = HERE.parent
OURS = "PrometheusMetrics"


@dataclasses.dataclass
class Peer:
    name: str
    # Prints the version, then the words of the peer's command, each on a line.
    build: list
    # What is there once it has been built.
    made: pathlib.Path
    # Why lines are missing, beyond what the library doesn't have.
    note: str = ""


SWIFT = HERE / "swift-prometheus-peer"
PEERS = [
    Peer("client_golang", [HERE / "go/build"], BENCHMARKS / ".build-go/peer"),
    Peer("swift-prometheus", [SWIFT / "build"], SWIFT / ".build/release/SwiftPrometheusPeer",
         "registers a series in time that grows with their number: none above 10,000"),
    Peer("rust-prometheus", [HERE / "rust/build"], BENCHMARKS / ".build-rust/release/peer",
         "Debian's package is without protobuf"),
    Peer("prometheus-cpp", [HERE / "cpp/build"], BENCHMARKS / ".build-cpp/peer"),
    Peer("client_python", [HERE / "python/build"], ROOT / ".build-tools/client_python",
         "no unrelated work in between, which Python takes a hundred times as long for, and none above 100,000 series"),
]


def prepared(names, offline):
    """The command and the version of each peer that is to be had, ours first; and why the others aren't."""
    swift = ["swift", "build", "-c", "release", "--package-path", BENCHMARKS]
    print(f"prepares {OURS}", file=sys.stderr)
    run(*swift, "--quiet", "--product", "MetricsPeer")
    program = pathlib.Path(run(*swift, "--show-bin-path").strip()) / "MetricsPeer"
    here, missing = {OURS: ([program], "")}, {}
    for peer in PEERS:
        if peer.name not in names:
            continue
        print(f"prepares {peer.name}", file=sys.stderr)
        try:
            # Only what has been built once can be built without fetching.
            if offline and not peer.made.exists():
                raise Failure("not here yet, and nothing is fetched for a check")
            version, *command = run(*peer.build).splitlines()
            here[peer.name] = command, version
        except Failure as failure:
            missing[peer.name] = str(failure)
            print(f"{peer.name} is left out: {failure}", file=sys.stderr)
    return here, missing
