"""Saturation: what the process runs out of: time on its loops, connections, memory, descriptors, processor."""
from parts import ORANGE, RED, heatmap, instance, job, lines, page, query, rate, series, stat

LAG = rate("event_loop_lag_seconds_bucket")
LAG_LIMITS = [(0.05, ORANGE), (0.1, RED)]
FULL = [(0.7, ORANGE), (0.9, RED)]
DESCRIPTORS = f"{series('process_open_fds')} / {series('process_max_fds')}"
ANY = [(0.001, RED)]


def by_loop(metric):
    return f"sum by (instance, loop) ({series(metric)})"


def build():
    return page(
        "saturation", "What the process runs out of first. Loops that lag: something blocks them, or the processor is "
        "full. Unsent bytes: clients don't read. Descriptors: connections aren't closed.",
        [job("event_loop_connections", "Scrape jobs of programs on EventHTTP: the application, the alert sink.",
             default="app"),
         instance("event_loop_connections")],
        (None,
         stat("Loop lag p99", "How late timers fire: above 100 ms for 5 minutes, an alert fires.",
              f"histogram_quantile(0.99, sum by (le) ({LAG}))", "s", limits=LAG_LIMITS, see=["service"]),
         stat("Connections", "Open connections on all loops.", f"sum({series('event_loop_connections')})", "short"),
         stat("Unsent replies", "Bytes of replies that clients haven't taken yet.",
              f"sum({series('event_loop_unsent_bytes')})", "bytes", limits=[(1e7, ORANGE), (1e8, RED)]),
         stat("Failed accepts", "Connections per second that couldn't be accepted, mostly for want of a descriptor.",
              f"sum({rate('event_loop_accept_failures_total')})", "cps", limits=ANY),
         stat("Rejected", "Requests per second that were refused before any handler saw them.",
              f"sum({rate('http_server_rejected_requests_total')})", "reqps", limits=[(1, ORANGE)], see=["service"]),
         stat("Descriptors", "Open file descriptors of the fullest instance, as a share of its limit.",
              f"max({DESCRIPTORS})", "percentunit", limits=FULL, decimals=1),
         stat("Processor", "Cores that the busiest instance keeps busy.",
              f"max({rate('process_cpu_seconds_total')})", "none", decimals=2),
         stat("Memory", "Resident memory of the largest instance. Compose gives it 256 MiB.",
              f"max({series('process_resident_memory_bytes')})", "bytes",
              limits=[(0.7 * 2**28, ORANGE), (0.9 * 2**28, RED)])),
        ("Event loops",
         lines("Lag", "How late timers fire, all chosen instances together. A loop that lags serves nobody meanwhile.",
               [query(f"histogram_quantile({q}, sum by (le) ({LAG}))", f"p{q * 100:.0f}") for q in (0.5, 0.95, 0.99)],
               "s", width=12, limits=LAG_LIMITS, logarithmic=True, least=None),
         heatmap("Lag heatmap", "How often timers were how late.",
                 f"sum by (le) (increase({series('event_loop_lag_seconds_bucket')}[$__rate_interval]))", "s", height=8),
         lines("Lag p99 by instance", "Which instance lags.",
               [query(f"histogram_quantile(0.99, sum by (instance, le) ({LAG}))", "{{instance}}")], "s", width=6,
               limits=LAG_LIMITS),
         lines("Connections by loop", "Open connections. The kernel spreads them; one loop with most of them is the "
               "first to be late.", [query(by_loop("event_loop_connections"), "{{instance}} loop {{loop}}")], "short",
               width=6),
         lines("Timers by loop", "Timers that are set: deadlines of connections, and handlers that wait.",
               [query(by_loop("event_loop_timers"), "{{instance}} loop {{loop}}")], "short", width=6),
         lines("Unsent replies by loop", "Bytes that clients haven't taken. Growing: they read slower than they ask.",
               [query(by_loop("event_loop_unsent_bytes"), "{{instance}} loop {{loop}}")], "bytes", width=6)),
        ("Connections",
         lines("Accepted and closed", "Connections per second. Accepted above closed for long: they pile up.",
               [query(f"sum({rate('event_loop_connections_accepted_total')})", "accepted"),
                query(f"sum({rate('event_loop_connections_closed_total')})", "closed")], "cps", width=6),
         lines("Closed by reason", "What ended connections: an idle or a header deadline, the client, an error.",
               [query(f"sum by (reason) ({rate('event_loop_connections_closed_total')})", "{{reason}}")], "cps",
               width=6, stacked=True),
         lines("Failed accepts", "Connections per second that couldn't be accepted, by instance.",
               [query(f"sum by (instance) ({rate('event_loop_accept_failures_total')})", "{{instance}}")], "cps",
               width=6, limits=ANY),
         lines("Bytes", "What the loops read from clients and sent to them.",
               [query(f"sum({rate('event_loop_received_bytes_total')})", "received"),
                query(f"sum({rate('event_loop_sent_bytes_total')})", "sent")], "Bps", width=6)),
        ("Process",
         lines("Processor", "Cores kept busy, by instance. As many as there are loops: the processor is the limit.",
               [query(f"sum by (instance) ({rate('process_cpu_seconds_total')})", "{{instance}}")], "none"),
         lines("Memory", "Resident memory by instance. Growing without more connections is a leak.",
               [query(series("process_resident_memory_bytes"), "{{instance}}")], "bytes"),
         lines("File descriptors", "Open ones, one a connection, and how many the process may have; the scale is "
               "logarithmic. At the limit no further connection is accepted.",
               [query(series("process_open_fds"), "{{instance}} open"),
                query(series("process_max_fds"), "{{instance}} limit")], "short", logarithmic=True, least=None),
         lines("Threads", "One a loop, and a few for the rest. Rising: something blocks, and others are started.",
               [query(series("process_threads"), "{{instance}}")], "short"),
         lines("Uptime", "Time since the process was started: a saw has restarts.",
               [query(f"time() - {series('process_start_time_seconds')}", "{{instance}}")], "s"),
         lines("Network", "Bytes per second of the whole network namespace: in a container, the container's.",
               [query(f"sum by (instance) ({rate('process_network_receive_bytes_total')})", "{{instance}} received"),
                query(f"sum by (instance) ({rate('process_network_transmit_bytes_total')})", "{{instance}} sent")],
               "Bps")))
