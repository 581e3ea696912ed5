"""The table that the README shows, from the values of a run of all sections."""

import json

import peers
from common.commands import Failure
from common.runs import median, ratio
from common.table import markdown, number

ASYNC, BARE = "EventHTTP, async", "EventHTTP, sync, not instrumented"
EVHTTP = "evhttp in C, changelist"
SERVER = "Server, no simulated work"
CROWD = "Server"


def table(path):
    try:
        results = json.loads(path.read_text())
    except FileNotFoundError:
        raise Failure(f"no {path.name}: make one by --write") from None
    try:
        rows = [row(*line) for line in lines(results)]
    except KeyError as key:
        raise Failure(f"{path.name} has no {key}: write it anew with all sections") from None
    machine = results["machine"]
    settings = f"{machine['processor']}, {machine['date']}, commit {machine['commit']}: `make bench`."
    settings += beside(results["concurrency"]["values"])
    return markdown(["measure", "value", "bar", "aim", "reached"], rows) + f"\n\n{settings}"


def beside(crowds):
    """What others than the server with one loop achieved of 19,000 connections' ideal."""
    told = [("a bare epoll loop", "1", peers.LIMIT), ("two loops of ours, on their clients' cores,", "2", CROWD)]
    parts = [f"{name} {number(median(runs, 'achieved'))}" for name, loops, server in told
             if (runs := crowds.get(loops, {}).get(server, {}).get("19000"))]
    return f" At 19,000 connections, in the same run: {'; '.join(parts)}." if parts else ""


def row(measure, values, bars, aims, is_more_better):
    """Values that there are several of, have bars and aims in the same order; None is one that couldn't be had."""
    def reached(value, bar, aim):
        if value is None:
            return "–"
        return next((name for name, limit in (("aim", aim), ("bar", bar))
                     if (value >= limit if is_more_better else value <= limit)), "no")

    columns = (["–" if value is None else number(value) for value in values], [f"{bar:g}" for bar in bars],
               [f"{aim:g}" for aim in aims], map(reached, values, bars, aims))
    return [measure, *("; ".join(column) for column in columns)]


def lines(results):
    one_loop, *_, most_loops = [results["http"]["values"][loops] for loops in ("1", *results["http"]["values"])]
    crowd = results["concurrency"]["values"]["1"][CROWD]
    scrapes = results["scrape"]["values"]["1"]
    counts = results["counted"]["values"][peers.OURS]
    plain = results["counted"]["values"][EVHTTP]["libevent's allocations"]
    started = results["start"]["values"][SERVER]
    image = results["start"]["image"]

    def cost(name, other):
        runs = one_loop.get(name), one_loop.get(other)
        return ratio(*runs, "cpu") if all(runs) else None

    def rate(name):
        runs = most_loops.get(name)
        return ratio(most_loops[peers.OURS], runs, "rate") if runs else None

    ours = peers.OURS
    yield "CPU per request: C evhttp, same flags ÷ ours", [cost(EVHTTP, ours)], [1.15], [1.25], True
    yield "bare epoll loop ÷ ours", [cost(peers.LIMIT, ours)], [0.65], [0.75], True
    yield "synchronous ÷ async handler", [cost(ours, ASYNC)], [0.93], [0.97], True
    yield "instrumentation off ÷ on", [cost(BARE, ours)], [0.96], [0.99], True
    yield "Go net/http with client_golang ÷ ours", [cost("Go net/http, client_golang", ours)], [1.3], [1.8], True
    yield "Hummingbird with its metrics ÷ ours", [cost("Hummingbird, swift-metrics", ours)], [1.5], [2.5], True
    yield ("requests/s: ours ÷ gunicorn with 2 workers; ÷ Flask's own server",
           [rate("gunicorn, Flask, prometheus_client"), rate("Flask's server, prometheus_client")], [15, 50], [20, 70],
           True)
    yield ("10,000; 19,000 connections of simulated work: achieved ÷ ideal",
           [median(crowd[count], "achieved") for count in ("10000", "19000")], [0.95] * 2, [0.99] * 2, True)
    yield "latency added, p99, at 10,000 connections, ms", [median(crowd["10000"], "added p99")], [10], [2], False
    yield "memory per waiting connection, KB", [median(crowd["10000"], "memory")], [6], [4], False
    yield ("p99 of `/` with 100,000 series scraped each second ÷ without: plain; gzip",
           [ratio(scrapes[each], scrapes["none"], "p99") for each in ("plain", "gzip")], [1.5] * 2, [1.1] * 2, False)
    yield ("allocations per request, synchronous handler: ours; libevent's",
           [counts["other allocations"], counts["libevent's allocations"]], [0, plain], [0, plain - 1], False)
    yield ("time to first answer, ms; idle memory, MB; image, MB",
           [median(started, "ms"), median(started, "memory"), image and image / 1e6], [50, 15, 100], [20, 8, 60], False)
