"""The peer on Python's prometheus_client: see ../compare, and Sources/Measurement for what every peer does alike.

The lines with unrelated work are left out: what takes others 100 ns takes Python a hundred times as long. Threads share
the interpreter's lock.
"""

import functools
import sys
import threading
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

GRANULARITY = 1024
BOUNDS = (.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10)
METHODS = ("GET", "POST", "PUT", "DELETE")
STATUSES = ("200", "201", "400", "404", "500")
FORMATS = {"text": generate_latest, "openmetrics": generate_openmetrics}


def main():
    # The others write no time of creation.
    disable_created_metrics()
    match sys.argv[1:]:
        case []:
            for name in UPDATES:
                print(f"{name} 1\n{name} 2")
            for name in SCRAPES:
                print(name, 1)
        case [name, threads, milliseconds] if name in UPDATES:
            print(nanoseconds_per_update(*UPDATES[name](), int(threads), 1e6 * int(milliseconds)), "ns")
        case [name, _, milliseconds] if name in SCRAPES:
            render, check = SCRAPES[name]()
            repeat(render, 1e6 * int(milliseconds) / 4)
            nanoseconds, scrape = repeat(render, 1e6 * int(milliseconds))
            print(f"{nanoseconds} ns\n{len(scrape)} bytes\n{peak_memory()} peak")
            check(scrape.decode())
        case _:
            sys.exit("usage: peer.py [LINE THREADS MILLISECONDS]")


def nanoseconds_per_update(run, check, threads, measured):
    count, operations = GRANULARITY, 0
    while True:
        elapsed = timed(run, threads, count)
        operations += threads * count
        if elapsed >= measured / 4:
            break
        count *= 2
    count = int(count * measured / elapsed) // GRANULARITY * GRANULARITY + GRANULARITY
    elapsed = timed(run, threads, count)
    check(operations + threads * count)
    return elapsed / (threads * count)


def timed(run, threads, count):
    gate = threading.Barrier(threads)

    def body(thread):
        gate.wait()
        run(thread, count)

    others = [threading.Thread(target=body, args=(thread,)) for thread in range(1, threads)]
    for other in others:
        other.start()
    gate.wait()
    start = time.perf_counter_ns()
    run(0, count)
    for other in others:
        other.join()
    return time.perf_counter_ns() - start


def repeat(render, least):
    start, scrapes = time.perf_counter_ns(), 0
    while scrapes == 0 or time.perf_counter_ns() - start < least:
        scrape = render()
        scrapes += 1
    return (time.perf_counter_ns() - start) / scrapes, scrape


def peak_memory():
    # The kernel's accounting by process counts what the program was started from as well.
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def expect_equal(actual, expected, what):
    if actual != expected:
        sys.exit(f"{what}: {actual} instead of {expected}")


def expect_value(registry, name, expected, labels=None):
    expect_equal(registry.get_sample_value(name, labels), expected, name)


def counter_updates(amount):
    registry = CollectorRegistry()
    counter = Counter("operations", "Operations.", registry=registry)

    def increment(_, count):
        for _ in range(count):
            counter.inc()

    def add(_, count):
        for _ in range(count):
            counter.inc(amount)

    run = increment if amount == 1 else add
    return run, lambda operations: expect_value(registry, "operations_total", amount * operations)


def gauge_set():
    registry = CollectorRegistry()
    gauge = Gauge("level", "Level.", registry=registry)

    def run(_, count):
        for index in range(count):
            gauge.set(index % GRANULARITY)

    return run, lambda _: expect_value(registry, "level", GRANULARITY - 1)


def gauge_add():
    registry = CollectorRegistry()
    gauge = Gauge("level", "Level.", registry=registry)

    def run(_, count):
        for _ in range(count):
            gauge.inc(0.5)

    return run, lambda operations: expect_value(registry, "level", operations / 2)


def new_requests(registry):
    return Counter("http_requests", "Requests.", ["method", "route", "status"], registry=registry)


def look_up():
    registry = CollectorRegistry()
    requests = new_requests(registry)

    def run(_, count):
        for _ in range(count // 8):
            requests.labels("GET", "/api/orders", "200").inc()
            requests.labels("POST", "/api/orders", "201").inc()
            requests.labels("GET", "/api/items", "200").inc()
            requests.labels("GET", "/api/items", "404").inc()
            requests.labels("PUT", "/api/users", "200").inc()
            requests.labels("GET", "/api/users", "200").inc()
            requests.labels("DELETE", "/api/carts", "204").inc()
            requests.labels("GET", "/api/carts", "500").inc()

    def check(operations):
        for method, route, status in (("GET", "/api/orders", "200"), ("GET", "/api/carts", "500")):
            labels = {"method": method, "route": route, "status": status}
            expect_value(registry, "http_requests_total", operations / 8, labels)

    return run, check


def look_up_long(made_anew):
    registry = CollectorRegistry()
    requests = new_requests(registry)
    routes = [f"/api/v1/customers/{index}" for index in range(8)]
    encoded = [route.encode() for route in routes]

    def known(_, count):
        for index in range(count):
            requests.labels("GET", routes[index % 8], "200").inc()

    def fresh(_, count):
        for index in range(count):
            requests.labels("GET", encoded[index % 8].decode(), "200").inc()

    def check(operations):
        for route in routes:
            labels = {"method": "GET", "route": route, "status": "200"}
            expect_value(registry, "http_requests_total", operations / 8, labels)

    return fresh if made_anew else known, check


def observe():
    registry = CollectorRegistry()
    histogram = Histogram("duration_seconds", "Durations.", buckets=BOUNDS, registry=registry)

    def run(thread, count):
        for index in range(count):
            histogram.observe(OBSERVED[(index + 512 * thread) % GRANULARITY])

    def check(operations):
        rounds = operations // GRANULARITY
        expect_value(registry, "duration_seconds_count", operations)
        total = registry.get_sample_value("duration_seconds_sum")
        if abs(total / (sum(OBSERVED) * rounds) - 1) > 1e-6:
            sys.exit(f"the sum is {total}")
        for bound in BOUNDS:
            below = sum(value <= bound for value in OBSERVED)
            expect_value(registry, "duration_seconds_bucket", below * rounds, {"le": str(float(bound))})

    return run, check


def observed_values():
    """Of every bucket, +Inf's among them."""
    state = 42
    for _ in range(GRANULARITY):
        state ^= state << 13 & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 7
        state ^= state << 17 & 0xFFFFFFFFFFFFFFFF
        lower, upper = (0, *BOUNDS, 20)[state % 12:][:2]
        yield lower + (upper - lower) * ((state >> 32) % 1000 + 0.5) / 1000


def request_counters(generate, count):
    """The i-th series is at 37 i."""
    registry = CollectorRegistry()
    requests = new_requests(registry)
    for index in range(count):
        requests.labels(METHODS[index // 5 % 4], resource(index // 20), STATUSES[index % 5]).inc(37 * index)

    def check(text):
        expect_equal(samples(text, "http_requests_total{"), (count, 37 * (count - 1) * count / 2), "counters")

    return lambda: generate(registry), check


def duration_histograms(generate):
    """1,000 series of 24 observations."""
    registry = CollectorRegistry()
    name = "http_request_duration_seconds"
    durations = Histogram(name, "Durations of requests.", ["method", "route"], buckets=BOUNDS, registry=registry)
    for index in range(1000):
        child = durations.labels(METHODS[index % 4], resource(index // 4))
        for observation in range(24):
            child.observe(OBSERVED[(24 * index + observation) % GRANULARITY])

    def check(text):
        expect_equal(samples(text, name + "_count{"), (1000, 24_000), "histograms")
        expect_equal(samples(text, name + "_bucket{")[0], 12_000, "buckets")

    return lambda: generate(registry), check


def resource(index):
    return f"/api/v1/resource/{index}"


def samples(text, prefix):
    """The number of samples whose lines begin so, and their sum."""
    values = [float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(prefix)]
    return len(values), sum(values)


OBSERVED = list(observed_values())
UPDATES = {
    "counter-increment": functools.partial(counter_updates, 1),
    "counter-add": functools.partial(counter_updates, 0.5),
    "counter-lookup": look_up,
    "counter-lookup-long": functools.partial(look_up_long, False),
    "counter-lookup-fresh": functools.partial(look_up_long, True),
    "gauge-set": gauge_set,
    "gauge-add": gauge_add,
    "histogram-observe": observe,
}
SCRAPES = {
    f"{name}-counters-{count}": functools.partial(request_counters, generate, count)
    for name, generate in FORMATS.items()
    for count in (100, 1000, 10_000, 100_000)
} | {f"{name}-histograms-1000": functools.partial(duration_histograms, generate) for name, generate in FORMATS.items()}

if __name__ == "__main__":
    main()
