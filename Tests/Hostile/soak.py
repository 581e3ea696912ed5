#!/usr/bin/env python3
"""Mixes good and bad traffic for a while, counts exactly what came of it, and compares with the server's own counters:
they have to agree to the last request. Meanwhile the server's memory must not grow, and no descriptor may be left."""
import asyncio
import collections
import math
import random
import socket
import statistics
import time

from support import (Closed, Failure, Options, Server, eventually, parse_head, reset, run, slope)

COUNT = "http_server_request_duration_seconds_count"
HOST = "Host: localhost\r\n"
# Of a request's head and of its content; resting connections may last longer than any scenario rests.
DEADLINE = 2.0
ARGUMENTS = ("--header-timeout=2s", "--request-timeout=2s", "--idle-timeout=30s", "--write-timeout=30s", "--grace=1s",
             "--work-min=100ms", "--work-max=200ms")

# What is refused, by the reason that the server counts it for: the status, and requests of that kind.
MALFORMED = {
    "malformed_request_line": (400, [f"GET /\r\n{HOST}\r\n", f"GET  / HTTP/1.1\r\n{HOST}\r\n", "\r\n\r\n\r\n",
                                     "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"]),
    "unsupported_version": (505, [f"GET / HTTP/2.0\r\n{HOST}\r\n", f"GET / HTTP/1.9\r\n{HOST}\r\n"]),
    "unknown_method": (501, [f"FROBNICATE / HTTP/1.1\r\n{HOST}\r\n", f"get / HTTP/1.1\r\n{HOST}\r\n"]),
    "target_too_long": (414, [f"GET /{'a' * 9000} HTTP/1.1\r\n{HOST}\r\n"]),
    "malformed_target": (400, [f"GET /%zz HTTP/1.1\r\n{HOST}\r\n", f"GET /%00 HTTP/1.1\r\n{HOST}\r\n",
                               f"GET nowhere HTTP/1.1\r\n{HOST}\r\n"]),
    "header_too_large": (431, [f"GET / HTTP/1.1\r\n{HOST}X: {'a' * 17000}\r\n\r\n"]),
    "too_many_fields": (431, [f"GET / HTTP/1.1\r\n{HOST}" + "X: y\r\n" * 100 + "\r\n"]),
    "malformed_field": (400, [f"GET / HTTP/1.1\r\n{HOST}{field}\r\n\r\n"
                              for field in ("Name : value", ": value", "X: a\r\n b", "X: a\0b")]),
    "malformed_line_end": (400, ["GET / HTTP/1.1\nHost: localhost\n\n", f"GET / HTTP/1.1\r\n{HOST}X: a\rb\r\n\r\n"]),
    "missing_host": (400, ["GET / HTTP/1.1\r\n\r\n"]),
    "repeated_host": (400, [f"GET / HTTP/1.1\r\n{HOST}{HOST}\r\n"]),
    "malformed_host": (400, ["GET / HTTP/1.1\r\nHost: local host\r\n\r\n"]),
    "repeated_content_length": (400, [f"POST / HTTP/1.1\r\n{HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"]),
    "malformed_content_length": (400, [f"POST / HTTP/1.1\r\n{HOST}Content-Length: {value}\r\n\r\nhello"
                                       for value in ("+5", "-0", "5, 5", "0x5", "")]),
    "content_length_with_transfer_encoding": (
        400, [f"POST / HTTP/1.1\r\n{HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]),
    "transfer_encoding_in_http_1_0": (400, ["POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]),
    "malformed_transfer_encoding": (400, [f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked, gzip\r\n\r\n"]),
    "unsupported_transfer_coding": (501, [f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip\r\n\r\n"]),
    "unexpected_content": (400, [f"HEAD / HTTP/1.1\r\n{HOST}Content-Length: 5\r\n\r\nhello"]),
    "unknown_expectation": (417, [f"GET / HTTP/1.1\r\n{HOST}Expect: miracles\r\n\r\n"]),
    "content_too_large": (413, [f"GET /healthz HTTP/1.1\r\n{HOST}Content-Length: 2000000\r\n\r\nhello"]),
    "malformed_chunk": (400, [f"GET /healthz HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n{chunks}"
                              for chunks in ("zz\r\nhello\r\n", "5\r\nhelloXX0\r\n", "0x5\r\nhello\r\n", "-5\r\n")]),
}


class Tally:
    """What came of the traffic so far."""

    def __init__(self):
        self.requests = collections.Counter()
        self.rejections = collections.Counter()
        self.scenarios = collections.Counter()
        self.connections = 0
        self.surprises = collections.Counter()

    def answered(self, method, route, status):
        self.requests[method, route, str(status)] += 1


class Client:
    """A connection, without a thread."""

    def __init__(self, tally, port):
        self.tally = tally
        self.port = port
        self.socket = socket.socket()
        self.buffer = b""

    async def __aenter__(self):
        self.socket.setblocking(False)
        await asyncio.get_running_loop().sock_connect(self.socket, ("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tally.connections += 1
        return self

    async def __aexit__(self, *_):
        self.socket.close()

    async def send(self, text):
        await asyncio.get_running_loop().sock_sendall(self.socket, text.encode("latin-1"))

    async def receive(self):
        """Whether there was more."""
        try:
            data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 65536), 15)
        except ConnectionError as error:
            raise Closed(self.buffer, error.strerror) from None
        except asyncio.TimeoutError:
            raise Closed(self.buffer, "silence") from None
        self.buffer += data
        return data != b""

    async def response(self, is_to_head=False):
        """The status of the next response, and whether the connection stays; None when it ends instead."""
        while b"\r\n\r\n" not in self.buffer:
            if not await self.receive():
                if self.buffer:
                    raise Closed(self.buffer, "closed")
                return None, False
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status, headers = parse_head(head)
        length = 0 if is_to_head or status == 204 else int(headers["content-length"])
        while len(self.buffer) < length:
            if not await self.receive():
                raise Closed(self.buffer, "closed")
        self.buffer = self.buffer[length:]
        return status, headers.get("connection") != "close"

    async def ends(self):
        """Whether nothing more comes but the end."""
        return not self.buffer and not await self.receive()

    def expect(self, is_right, what):
        if not is_right:
            self.tally.surprises[what] += 1

    async def request(self, method, path, expected, headers="", content="", route=None):
        """Sends a request and counts what it is answered with."""
        await self.send(f"{method} {path} HTTP/1.1\r\n{HOST}{headers}\r\n{content}")
        status, stays = await self.response(method == "HEAD")
        self.tally.answered(method, route or path, status)
        self.expect(status in expected, f"{method} {path}: {status}")
        return stays


# MARK: Scenarios


async def keep_asking(client):
    for _ in range(random.randint(1, 20)):
        path, status = random.choice([("/healthz", 200), ("/readyz", 200), ("/error", 500)])
        assert await client.request("GET", path, [status])


async def wait_for_work(client):
    await client.request("GET", "/", [200])
    await client.request("GET", "/", [200], "Connection: close\r\n")
    client.expect(await client.ends(), "kept though close was asked for")


async def ask_for_heads(client):
    await client.request("HEAD", "/healthz", [200])
    await client.request("OPTIONS", "*", [204], route="unmatched")
    await client.request("DELETE", "/healthz", [405])


async def post_nowhere(client):
    size = random.choice([1, 1000, 60_000, 900_000])
    stays = await client.request("POST", f"/nowhere/{random.getrandbits(32)}", [404],
                                 f"Content-Length: {size}\r\n", "x" * size, "unmatched")
    client.expect(not stays, "kept though content is left")


async def send_chunks(client):
    for _ in range(2):
        chunks = "".join(f"{size:X};extension=1\r\n{'x' * size}\r\n" for size in random.choices(range(1, 3000), k=5))
        await client.request("GET", "/healthz", [200], "Transfer-Encoding: chunked\r\n",
                             chunks + "0\r\nTrailer: here\r\n\r\n")
    await client.request("GET", "/error", [500], "Content-Length: 5\r\n", "hello")


async def pipeline(client):
    paths = random.choices([("/healthz", "/healthz", 200), ("/error", "/error", 500), ("/nowhere", "unmatched", 404)],
                           k=random.randint(2, 100))
    await client.send("".join(f"GET {path} HTTP/1.1\r\n{HOST}\r\n" for path, _, _ in paths))
    for path, route, expected in paths:
        status, _ = await client.response()
        client.tally.answered("GET", route, status)
        client.expect(status == expected, f"pipelined {path}: {status}")


async def speak_http_1_0(client):
    await client.send("GET /healthz HTTP/1.0\r\n\r\n")
    status, stays = await client.response()
    client.tally.answered("GET", "/healthz", status)
    client.expect(status == 200 and not stays and await client.ends(), f"HTTP/1.0: {status}")


async def send_nonsense(client):
    reason = random.choice(list(MALFORMED))
    expected, requests = MALFORMED[reason]
    if random.random() < 0.3:
        await client.request("GET", "/healthz", [200])
    request = random.choice(requests)
    await client.send(request)
    status, _ = await client.response(request.startswith("HEAD "))
    client.tally.rejections[reason] += 1
    client.expect(status == expected and await client.ends(), f"{reason}: {status}")


async def send_slowly(client):
    for piece in "GET /hea", "lthz HTTP/1.1\r\nHost: ", "localhost\r\nContent-Length: 2\r\n\r\n", "x", "y":
        await client.send(piece)
        await asyncio.sleep(0.05)
    status, _ = await client.response()
    client.tally.answered("GET", "/healthz", status)
    client.expect(status == 200, f"slow: {status}")


async def send_too_slowly(client):
    reason, begin = random.choice([("header_timeout", f"GET /healthz HTTP/1.1\r\n{HOST}"),
                                   ("request_timeout", f"GET /healthz HTTP/1.1\r\n{HOST}Content-Length: 9\r\n\r\n")])
    if random.random() < 0.5:
        await client.request("GET", "/healthz", [200])
    start = time.monotonic()
    await client.send(begin)
    while time.monotonic() < start + DEADLINE - 0.5:
        await asyncio.sleep(0.3)
        await client.send("x")
    status, _ = await client.response()
    client.tally.rejections[reason] += 1
    client.expect(status == 408 and await client.ends(), f"{reason}: {status}")


async def say_nothing(client):
    client.expect(await client.ends(), "an answer to nothing")


async def leave_early(client):
    """Half a request, nothing at all, or right after an answer."""
    kind = random.randrange(3)
    if kind == 0:
        await client.send("GET / HTTP/1.1\r\nHo")
    elif kind == 1:
        await client.request("GET", "/healthz", [200])
    random.choice([reset, socket.socket.close])(client.socket)


async def reset_waiting(client):
    """The first answer says that the request behind it has been read as well."""
    start = time.monotonic()
    await client.send(f"GET /healthz HTTP/1.1\r\n{HOST}\r\nGET / HTTP/1.1\r\n{HOST}\r\n")
    status, _ = await client.response()
    client.tally.answered("GET", "/healthz", status)
    late = time.monotonic() > start + 0.05
    if late or random.random() < 0.2:
        # No telling any more whether there is an answer, unless it is awaited.
        status, _ = await client.response()
        return client.tally.answered("GET", "/", status)
    random.choice([reset, socket.socket.close])(client.socket)
    client.tally.answered("GET", "/", 499)


async def reset_reply(client):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    await client.send(f"GET /metrics HTTP/1.1\r\n{HOST}\r\n")
    while len(client.buffer) < 12:
        await client.receive()
    reset(client.socket)
    client.tally.answered("GET", "/metrics", int(client.buffer[9:12]))


async def close_one_half(client):
    path = random.choice(["/healthz", "/error", "/"])
    await client.send(f"GET {path} HTTP/1.1\r\n{HOST}\r\n")
    client.socket.shutdown(socket.SHUT_WR)
    status, _ = await client.response()
    # A client that only ends its sending can't be told from one that leaves, unless the answer is there at once.
    client.tally.answered("GET", path, status or 499)
    client.expect(status or path == "/", f"half closed: {path} wasn't answered")
    client.expect(status is None or await client.ends(), "half closed: kept")


async def scrape(client):
    accept = random.choice(["", "Accept-Encoding: gzip\r\n", "Accept: application/openmetrics-text;version=1.0.0\r\n",
                            "Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                            "encoding=delimited\r\n"])
    await client.request("GET", "/metrics", [200, 503], accept)


WEIGHTS = {
    keep_asking: 20, wait_for_work: 5, ask_for_heads: 5, post_nowhere: 5, send_chunks: 8, pipeline: 8,
    speak_http_1_0: 5, send_nonsense: 25, send_slowly: 3, send_too_slowly: 1, say_nothing: 1, leave_early: 8,
    reset_waiting: 8, reset_reply: 3, close_one_half: 5, scrape: 3,
}

# MARK: The run


async def play(tally, port, end):
    """One scenario after another."""
    while time.monotonic() < end:
        scenario, = random.choices(list(WEIGHTS), WEIGHTS.values())
        tally.scenarios[scenario.__name__] += 1
        try:
            async with Client(tally, port) as client:
                await scenario(client)
        except (Closed, Failure, OSError, AssertionError) as error:
            tally.surprises[f"{scenario.__name__}: {type(error).__name__} {error}"] += 1


async def sample_memory(server, begin, end, points):
    while (now := time.monotonic()) < end:
        points.append(((now - begin) / 60, server.rss_kib))
        await asyncio.sleep(1)


async def soak(server, options):
    tally, points = Tally(), []
    # By which the server's descriptors were looked at.
    tally.connections += 1
    tally.answered("GET", "/healthz", 200)
    begin = time.monotonic()
    end = begin + options.seconds
    await asyncio.gather(*(play(tally, server.port, end) for _ in range(options.clients)),
                         sample_memory(server, begin, end, points))
    return tally, points


def difference(found, expected):
    """What differs, by the keys of two counters: (found, expected)."""
    return {key: (found[key], expected[key]) for key in found.keys() | expected.keys() if found[key] != expected[key]}


def medians(points):
    """The course of a value over time, in ten numbers."""
    step = max(1, math.ceil(len(points) / 10))
    return [round(statistics.median(kib for _, kib in points[start : start + step]))
            for start in range(0, len(points), step)]


def body(report, options):
    random.seed(options.seed)
    server = Server(options.server, *ARGUMENTS)
    before = server.resting_descriptors()
    report.say(f"seed {options.seed}, {options.clients} clients, {options.seconds:g} s")
    tally, points = asyncio.run(soak(server, options))
    report.say(f"{sum(tally.scenarios.values())} scenarios on {tally.connections} connections, "
               f"{sum(tally.requests.values())} requests, {sum(tally.rejections.values())} refused ones: "
               f"{dict(tally.scenarios)}")
    report.check(not tally.surprises, "every answer is as expected", f"{dict(tally.surprises.most_common(20)) or ''}")

    after = eventually(lambda: server.descriptors == before and before, 10) or server.descriptors
    report.equal(after, before, "open descriptors afterwards")
    time.sleep(0.2)
    metrics = server.metrics()
    requests = metrics.by(COUNT, "http_request_method", "http_route", "http_response_status_code")
    rejections = metrics.by("http_server_rejected_requests_total", "reason")
    for what, found, expected in (("requests by route and status", requests, tally.requests),
                                  ("refused requests by reason", rejections, tally.rejections)):
        wrong = difference(found, expected)
        report.check(not wrong, f"the server counts {what} as the clients did",
                     f"(server's, clients'): {wrong}" if wrong else
                     f"{len(expected)} series, {sum(expected.values())} in all")
    # The scrape's connection as well.
    report.equal(metrics.total("event_loop_connections_accepted_total"), tally.connections + 1, "accepted connections")
    report.equal(metrics.total("event_loop_connections_closed_total"), tally.connections, "closed connections")
    report.equal(metrics.total("http_server_active_requests"), 1, "active requests (the scrape)")

    warm = [point for point in points if point[0] * 60 >= options.seconds * 0.2]
    growth = slope(warm)
    report.check(growth <= options.kib_per_minute, "memory doesn't grow",
                 f"{growth:+.0f} KiB a minute over {len(warm)} samples (at most {options.kib_per_minute:g}); "
                 f"medians of ten parts in KiB: {medians(points)}")
    report.equal(server.end(), 0, "exit status")


def main():
    options = Options(__doc__)
    options.add_argument("--seconds", type=float, default=600, help="(%(default)s)")
    options.add_argument("--clients", type=int, default=64, metavar="N", help="at once (%(default)s)")
    options.add_argument("--kib-per-minute", type=float, default=64, help="bar for the growth (%(default)s)")
    options.add_argument("--seed", type=int, default=random.getrandbits(32), help="of the traffic (random)")
    options = options.parse_args()
    run(body, options, options.seconds + 90)


if __name__ == "__main__":
    main()
