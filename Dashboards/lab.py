"""Lab: traffic, latency and errors, asked as the lab asks."""
from parts import ORANGE, RED, lines, page, query


def build():
    return page(
        "lab", "The three questions of the lab: how much, how slow, how often wrong.", [],
        (None,
         lines("Traffic", "Requests per second, by instance, averaged over a minute.",
               [query("rate(app_request_count_total[1m])", "{{instance}}")], "reqps", height=14),
         lines("Average latency", "Mean time from a request to its reply, by instance, averaged over a minute. A gap "
               "means that nothing was requested. The simulated work of / takes 0.1 to 0.5 s.",
               [query("rate(app_request_latency_seconds_sum[1m]) / rate(app_request_latency_seconds_count[1m])",
                      "{{instance}}")], "s", height=14, limits=[(0.5, ORANGE), (1.2, RED)]),
         lines("Error rate", "Share of requests that were answered with a 5xx status, by instance, over a minute; 0 "
               "when there were none, and when nothing was requested.",
               [query("100 * rate(app_error_count_total[1m]) / (rate(app_request_count_total[1m]) > 0)"
                      " or 0 * rate(app_request_count_total[1m])", "{{instance}}")],
               "percent", height=14, limits=[(1, ORANGE), (5, RED)])),
        shows_alerts=False)
