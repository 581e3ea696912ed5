"""The section scrape: what a scrape of 100,000 series does to the latency of other requests."""

import os
import socket
import threading
import time

import peers
from common.commands import Failure
from common.runs import median, progress, ratio, spread, there_and_back, total
from common.table import markdown
from measure import HERE, Cores, Crowd

CONNECTIONS, PAUSE = 64, 0.005
SCRAPES = {"none": None, "plain": "identity", "gzip": "gzip"}

# As Prometheus 3 asks, but that the connection ends with it.
REQUEST = """\
GET /metrics HTTP/1.1\r
Host: 127.0.0.1\r
Accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4\r
Accept-Encoding: {}\r
Connection: close\r
\r
"""

NOTE = f"""\
{CONNECTIONS} connections ask for `/`, each {1000 * PAUSE:g} ms after its last answer, so that the server isn't saturated.
Meanwhile all series are scraped once a second, as OpenMetrics; Prometheus asks for gzip."""


def section(options):
    crowd = options.workshop.c(HERE / "crowd.c")
    [server], _ = options.workshop.prepared([peers.SCRAPED])
    tables, values = [], {}
    for loops in options.loops:
        cores = Cores(loops)
        values[loops] = measured(server, crowd, cores, options)
        tables.append(f"### {cores.title}\n\n{table(values[loops])}")
    return {"table": "\n\n".join([*tables, NOTE]), "values": values}


def measured(server, crowd, cores, options):
    values = {scrapes: [] for scrapes in SCRAPES}
    with server.started(cores, options.folder) as program:
        program.first_answer()
        for number in range(options.rounds):
            for scrapes, coding in there_and_back(SCRAPES.items(), number):
                progress("scrape", f"{cores.title}, round {number + 1} of {options.rounds}: {scrapes}")
                settings = {"opening": 0.1, "warm_up": 0.4, "seconds": options.seconds, "pause": PAUSE}
                with Crowd(crowd, program, CONNECTIONS, cores, **settings) as clients, \
                        Scraper(program.port, coding, cores) as scraper:
                    result = clients.result()
                values[scrapes].append(told(result, scraper))
    return values


def told(result, scraper):
    if scraper.failure:
        raise Failure(f"a scrape failed: {scraper.failure}")
    if not result["answers"]:
        raise Failure("no answer while it is scraped")
    run = {key: result[key] for key in ("p50", "p99", "p99.9")}
    run |= {"rate": result["answers"] / result["seconds"], "errors": result["errors"] + result["unanswered"]}
    if scraper.times:
        run |= {"scrape": 1000 * sum(scraper.times) / len(scraper.times), "bytes": scraper.bytes}
    return run


class Scraper(threading.Thread):
    """Scrapes every second until it is left, beginning at once; never, without a coding."""

    def __init__(self, port, coding, cores):
        super().__init__(daemon=True)
        self.port, self.coding, self.cores = port, coding, cores
        self.times, self.bytes, self.failure = [], 0, None
        self.buffer = bytearray(1 << 20)
        self.ended = threading.Event()

    def __enter__(self):
        if self.coding:
            self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        if self.coding:
            self.join()

    def run(self):
        # This thread alone.
        os.sched_setaffinity(0, map(int, self.cores.client.split(",")))
        due = time.monotonic()
        while not self.failure and not self.ended.wait(max(0, due - time.monotonic())):
            due += 1
            begin = time.perf_counter()
            try:
                self.scrape()
            except OSError as error:
                self.failure = error
            self.times.append(time.perf_counter() - begin)

    def scrape(self):
        """With as little work as there can be: it is done on the cores of the other clients."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(REQUEST.format(self.coding).encode())
            size = connection.recv_into(self.buffer)
            head = bytes(self.buffer[:size]).partition(b"\r\n\r\n")[0]
            if b" 200 " not in head.partition(b"\r\n")[0]:
                raise ConnectionError(f"answered by {head!r}")
            size -= len(head) + 4
            while more := connection.recv_into(self.buffer):
                size += more
            self.bytes = size


def table(values):
    without = values["none"]
    columns = ["scrapes", "p50 ms", "p99 ms", "p99 ÷ without", "p99.9 ms", "requests/s", "a scrape, ms", "a scrape, MB",
               "errors"]
    return markdown(columns, [
        [scrapes, spread(runs, "p50"), spread(runs, "p99"), f"{ratio(runs, without, 'p99'):.2f}",
         spread(runs, "p99.9"), spread(runs, "rate"), *scrape(runs), total(runs, "errors")]
        for scrapes, runs in values.items()
    ])


def scrape(runs):
    return [spread(runs, "scrape"), f"{median(runs, 'bytes') / 1e6:.2f}"] if "scrape" in runs[0] else ["–", "–"]
