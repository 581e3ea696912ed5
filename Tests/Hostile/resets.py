#!/usr/bin/env python3
"""Resets connections at bad moments, thousands of times each: while a handler waits, in the middle of a large reply, in
the middle of a chunked request, in the middle of a TLS handshake. Nothing may be left behind."""
import contextlib
import ssl
import tempfile
import time

from support import Authority, Connection, Failure, Options, Server, eventually, run

ACTIVE = "http_server_active_requests"
# What has to be as it was; the scrape that tells is a request and a connection itself.
RESTING = ACTIVE, "process_open_fds", "event_loop_connections", "event_loop_unsent_bytes", "event_loop_timers"
COUNT = "http_server_request_duration_seconds_count"
GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = (b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
           b"5\r\nhello\r\n4000\r\n" + b"x" * 1000)


def reset_waiting(server, watch, count):
    clients = [Connection(server.port) for _ in range(count)]
    for client in clients:
        client.send(GET % b"/")
    if not eventually(lambda: watch.metrics().total(ACTIVE) == count + 1):
        raise Failure(f"{watch.metrics().total(ACTIVE) - 1:.0f} of {count} requests are being handled")
    for client in clients:
        client.reset()


def reset_replies(server, _, count):
    """With more requests waiting behind."""
    # So small are the segments and the buffer that the server's kernel can't take more than one reply or two.
    clients = [Connection(server.port, segment=536, receive_buffer=1024) for _ in range(count)]
    for client in clients:
        client.send(GET % b"/metrics" * 20)
    for client in clients:
        if client.socket.recv(12) != b"HTTP/1.1 200":
            raise Failure("a scrape wasn't answered with 200")
        client.reset()


def reset_chunks(server, _, count):
    """Some of them before the server can have read what came before."""
    clients = [Connection(server.port) for _ in range(count)]
    for index, client in enumerate(clients):
        client.send(CHUNKED[: len(CHUNKED) - index % (len(CHUNKED) // 2)])
    for index, client in enumerate(clients):
        if index % 100 == 50:
            time.sleep(0.01)
        client.reset()


def reset_handshakes(server, _, count):
    """In the middle of a ClientHello, right behind it, or right behind the server's answer."""
    for index in range(count):
        client = Connection(server.port)
        outgoing = ssl.MemoryBIO()
        session = server.tls.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        with contextlib.suppress(ssl.SSLWantReadError):
            session.do_handshake()
        hello = outgoing.read()
        client.send(hello[: len(hello) // 2] if index % 3 == 0 else hello)
        if index % 3 == 2 and client.socket.recv(1) != b"\x16":
            raise Failure("a ClientHello wasn't answered with a handshake record")
        client.reset()


def check(report, server, reset, what, options):
    """Resets in batches; afterwards everything has to be as it was. Returns the metrics from before and after."""
    with Connection(server.port, tls=server.tls) as watch:

        def resting(metrics):
            return {name: int(metrics.total(name)) for name in RESTING}

        watch.metrics()
        before = watch.metrics()
        begin = time.monotonic()
        for done in range(0, options.count, options.batch):
            reset(server, watch, min(options.count - done, options.batch))
        report.say(f"{options.count} resets {what} in {time.monotonic() - begin:.1f} s; "
                   f"{server.rss_kib / 1024:.1f} MiB resident")
        eventually(lambda: resting(watch.metrics()) == resting(before))
        after = watch.metrics()
        report.equal(resting(after), resting(before), f"after resets {what}, all is as it was")
        report.equal(after.total(ACTIVE), 1, f"after resets {what}, active requests (the scrape)")
        report.equal(watch.get("/healthz").status, 200, f"after resets {what}, status of a request")
        return before, after


def body(report, options):
    # Nobody gets through with a request for / unless its client leaves; no scrape is told to come again.
    arguments = ["--max-scrapes=1024", "--work-min=600s", "--work-max=600s", "--grace=1s"]
    server = Server(options.server, *arguments)
    before, after = check(report, server, reset_waiting, "while a handler waits", options)
    left = {"http_route": "/", "http_response_status_code": "499"}
    report.equal(after.total(COUNT, **left) - before.total(COUNT, **left), options.count, "those counted as 499")
    check(report, server, reset_replies, "in the middle of a reply", options)
    check(report, server, reset_chunks, "in the middle of a chunked request", options)
    report.equal(server.end(), 0, "exit status")
    if options.without_tls:
        return
    with tempfile.TemporaryDirectory() as folder:
        server = Server.with_tls(options.server, Authority(folder), *arguments)
        check(report, server, reset_handshakes, "in the middle of a TLS handshake", options)
        report.equal(server.end(), 0, "exit status of the TLS server")


def main():
    options = Options(__doc__)
    options.add_argument("--count", type=int, default=4000, metavar="N", help="resets of each kind (%(default)s)")
    options.add_argument("--batch", type=int, default=500, metavar="N", help="so many at once (%(default)s)")
    options.add_argument("--without-tls", action="store_true", help="leave handshakes out")
    options = options.parse_args()
    run(body, options, 60 + options.count / 20)


if __name__ == "__main__":
    main()
