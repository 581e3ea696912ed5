"""Service: rate, errors and duration of requests, and which route, status or instance they come from."""
from parts import (BLUE, GREEN, ORANGE, RED, UP_OR_DOWN, heatmap, instance, job, lines, page, query, rate,
                   series, stat, table, timeline)

REQUESTS = rate("app_request_count_total")
ERRORS = rate("app_error_count_total")
COUNT, SUM = rate("app_request_latency_seconds_count"), rate("app_request_latency_seconds_sum")
BUCKETS, NATIVE = rate("app_request_latency_seconds_bucket"), rate("app_request_latency_seconds")
BY_ROUTE = "http_server_request_duration_seconds"
REQUESTED = f"(sum({COUNT}) > 0)"
QUIET = "Nothing was requested"

ERROR_LIMITS = [(0.01, ORANGE), (0.05, RED)]
AVERAGE_LIMITS = [(0.5, ORANGE), (1.2, RED)]
TAIL_LIMITS = [(0.75, ORANGE), (1.2, RED)]
APDEX_LIMITS = [(None, RED), (0.5, ORANGE), (0.7, GREEN)]
AVERAGE_NOTE = ("Orange from 0.5 s, the longest simulated work; red from 1.2 s, where Apdex with a target of 0.3 s "
                "calls a user frustrated.")
TAIL_NOTE = "Orange from 0.75 s, the bucket above the longest simulated work; red from 1.2 s."


def error_share(by=""):
    return f"sum{by}({ERRORS}) / (sum{by}({REQUESTS}) > 0) or 0 * sum{by}({REQUESTS})"


def quantile(q):
    return f"histogram_quantile({q}, sum by (le) ({BUCKETS})) and {REQUESTED}"


def apdex(by=""):
    satisfied, tolerating = (
        rate("app_request_latency_seconds_bucket", f'le="{bound}"') for bound in (0.3, 1.2))
    return f"(sum{by}({satisfied}) + sum{by}({tolerating})) / 2 / (sum{by}({COUNT}) > 0)"


def native_or_classic(native, classic):
    """From the native histogram where Prometheus keeps one, else from the classic buckets; a label says which."""
    return (f'(label_replace({native}, "buckets", "native", "", "")'
            f' or on () label_replace({classic}, "buckets", "classic", "", "")) and on () {REQUESTED}')


def native_quantile(q):
    return native_or_classic(f"histogram_quantile({q}, sum({NATIVE}))",
                             f"histogram_quantile({q}, sum by (le) ({BUCKETS}))")


def native_fraction(bound):
    bucket = rate("app_request_latency_seconds_bucket", f'le="{bound}"')
    return native_or_classic(f"histogram_fraction(0, {bound}, sum({NATIVE}))", f"sum({bucket}) / sum({COUNT})")


def build():
    return page(
        "service", "Rate, errors and duration of the service's requests. Slow or failing, and it isn't the code? Its "
        "saturation says why.",
        [job("app_request_count_total", "Scrape jobs of the application.", default="app"),
         instance("app_request_count_total")],
        (None,
         stat("Requests", "Requests per second to the application's routes, all chosen instances together.",
              f"sum({REQUESTS})", "reqps"),
         stat("Errors", "Share of requests that were answered with a 5xx status; 0 when there were none, or no "
              "requests.", error_share(), "percentunit", limits=ERROR_LIMITS, decimals=1, see=["slo"]),
         stat("Average latency", f"Mean time from a request to its reply. {AVERAGE_NOTE}",
              f"sum({SUM}) / {REQUESTED}", "s", limits=AVERAGE_LIMITS, no_value="idle"),
         stat("Latency p99", f"99 of 100 requests were answered within this time. {TAIL_NOTE}", quantile(0.99), "s",
              limits=TAIL_LIMITS, no_value="idle", see=["saturation"]),
         stat("Apdex", "1 when everybody got an answer within 0.3 s; those who waited for up to 1.2 s count half. "
              "Simulated work alone, evenly between 0.1 and 0.5 s, gives 0.75.", apdex(), "none",
              limits=APDEX_LIMITS, decimals=2, no_value="idle"),
         stat("In flight", "Requests that are being answered now, on all routes. The scrape that reads the number is "
              "one of them, so an idle instance shows 1.", f"sum({series('http_server_active_requests')})", "short",
              see=["saturation"]),
         stat("Up", "Down as soon as one of the chosen instances can't be scraped, or when there is none.",
              f"min({series('up')}) or vector(0)", "none", limits=[(None, RED), (1, GREEN)], mappings=UP_OR_DOWN,
              see=["probes"]),
         stat("Firing alerts", "Pages and tickets that are firing, of the whole stack.",
              'count(ALERTS{alertstate="firing",severity=~"page|ticket"}) or vector(0)', "short",
              limits=[(1, RED)], see=["stack"])),
        ("Rate and errors",
         lines("Traffic", "Requests per second to the application's routes, by instance.",
               [query(f"sum by (instance) ({REQUESTS})", "{{instance}}", exemplars=True)], "reqps", stacked=True),
         lines("Errors", "Share of requests that were answered with a 5xx status, by instance; 0 when there were none. "
               "The objective allows 0.1 %.", [query(error_share(" by (instance) "), "{{instance}}")], "percentunit",
               limits=ERROR_LIMITS, see=["slo"]),
         lines("Status codes", "Replies per second on all routes, by status; 499 is a client that left before its "
               "reply.", [query(f"sum by (http_response_status_code) ({rate(f'{BY_ROUTE}_count')})",
                                "{{http_response_status_code}}")], "reqps", stacked=True,
               colours={"^2": GREEN, "^3": BLUE, "^4": ORANGE, "^5": RED})),
        ("Duration",
         lines("Latency percentiles", "How long the median request, 95 of 100 and 99 of 100 took at most, estimated "
               f"from the classic buckets, all chosen instances together. {TAIL_NOTE}",
               [query(quantile(q), f"p{q * 100:.0f}", exemplars=True) for q in (0.5, 0.95, 0.99)], "s", width=12,
               height=9, limits=TAIL_LIMITS, no_value=QUIET, see=["saturation"]),
         heatmap("Latency heatmap", "How many requests fell into each classic bucket; the darker, the more. Two bands "
                 "show two populations that an average hides.",
                 f"sum by (le) (increase({series('app_request_latency_seconds_bucket')}[$__rate_interval]))", "s"),
         lines("Average latency", "Mean time from a request to its reply, by instance. One instance above the others "
               "is overloaded or unwell. A gap means that nothing was requested.",
               [query(f"sum by (instance) ({SUM}) / (sum by (instance) ({COUNT}) > 0)", "{{instance}}")], "s",
               limits=AVERAGE_LIMITS, no_value=QUIET),
         lines("p99 by instance", f"What 99 of 100 requests took at most, by instance. {TAIL_NOTE}",
               [query(f"histogram_quantile(0.99, sum by (instance, le) ({BUCKETS}))"
                      f" and (sum by (instance) ({COUNT}) > 0)", "{{instance}}")], "s", limits=TAIL_LIMITS,
               no_value=QUIET),
         lines("Apdex", "How satisfied users are with a target of 0.3 s, by instance: 0.75 is what the "
               "simulated work alone gives.", [query(apdex(" by (instance) "), "{{instance}}")], "none",
               limits=APDEX_LIMITS, most=1, no_value=QUIET)),
        ("Native histogram: where Prometheus keeps it (version 3 with scrape_native_histograms), else the classic "
         "buckets; the legends say which",
         lines("Percentiles", "The same percentiles from the native histogram, whose buckets are at most 9 % wide: "
               "beside the classic ones they show what those buckets' width costs.",
               [query(native_quantile(q), f"p{q * 100:.0f} ({{{{buckets}}}})", exemplars=True)
                for q in (0.5, 0.95, 0.99)], "s", limits=TAIL_LIMITS, no_value=QUIET),
         lines("Answered within", "Share of requests that were answered in time. A native histogram takes any bound; "
               "these three are classic buckets as well, so that both say the same.",
               [query(native_fraction(bound), f"{bound} s ({{{{buckets}}}})") for bound in (0.3, 0.5, 1.2)],
               "percentunit", most=1, no_value=QUIET, see=["slo"]),
         lines("Average", "Sum by count, read from the histogram itself.",
               [query(native_or_classic(f"histogram_sum(sum({NATIVE})) / histogram_count(sum({NATIVE}))",
                                        f"sum({SUM}) / sum({COUNT})"), "average ({{buckets}})")], "s",
               limits=AVERAGE_LIMITS, no_value=QUIET)),
        ("Routes: every one, the scrapes and health checks among them",
         lines("Rate", "Requests per second by route template. Paths that no route matches share one entry.",
               [query(f"sum by (http_route) ({rate(f'{BY_ROUTE}_count')})", "{{http_route}}")], "reqps"),
         lines("Errors", "Share of replies with a 5xx status, by route. /error always fails; 503 on /readyz is a "
               "server that drains, on /metrics one scrape too many.",
               [query("(sum by (http_route) (" + rate(f"{BY_ROUTE}_count", 'http_response_status_code=~"5.."') +
                      f") or 0 * sum by (http_route) ({rate(f'{BY_ROUTE}_count')}))"
                      f" / (sum by (http_route) ({rate(f'{BY_ROUTE}_count')}) > 0)", "{{http_route}}")], "percentunit",
               most=1),
         lines("p95", "What 95 of 100 requests took at most, by route; routes that nobody asks for are left out.",
               [query(f"histogram_quantile(0.95, sum by (http_route, le) ({rate(f'{BY_ROUTE}_bucket')}))"
                      f" and (sum by (http_route) ({rate(f'{BY_ROUTE}_count')}) > 0)", "{{http_route}}",
                      exemplars=True)], "s")),
        ("Instances",
         lines("In flight", "Requests that are being answered, by instance, on all routes. Rising without more "
               "traffic, they wait for something.",
               [query(f"sum by (instance) ({series('http_server_active_requests')})", "{{instance}}")], "short",
               see=["saturation"]),
         lines("Rejected", "Requests per second that were refused before any handler saw them: malformed, too large, "
               "too slow, or too many. The five most frequent reasons.",
               [query(f"topk(5, sum by (reason) ({rate('http_server_rejected_requests_total')}))", "{{reason}}")],
               "reqps"),
         timeline("Up", "Whether Prometheus could scrape each instance.", [query(series("up"), "{{instance}}")],
                  width=8),
         table("Versions", "What each instance runs.", series("app_build_info"),
               {"instance": "Instance", "version": "Version", "swift": "Swift", "configuration": "Build"}, width=24,
               height=5)))
