"""Probes: what a client sees from outside, beside what the service says of itself."""
from parts import (GREEN, ORANGE, RED, UP_OR_DOWN, choice, instance, job, lines, page, query, rate, series, stat,
                   table, timeline)

SUCCESS = series("probe_success")
CERTIFICATE = f"{series('probe_ssl_earliest_cert_expiry')} - time()"
PLAIN = "No probed URL speaks TLS"
DAY = 86400


def inside(function, metric):
    return function(metric, job="$service", instance=".+")


def build():
    return page(
        "probes", "The blackbox exporter asks as a client would. Failing here and well inside: the way to the service "
        "is broken. Well here and failing inside: requests that the probe doesn't send.",
        [job("probe_success", "Scrape jobs that probe."), instance("probe_success", "Probed URLs."),
         choice("service", "Service", "app_request_count_total", "The service's own scrape job, for what it says of "
                "itself.", of="job", default="app")],
        (None,
         stat("Probes", "Down as soon as one of the chosen URLs fails its probe.", f"min({SUCCESS})", "none",
              limits=[(None, RED), (1, GREEN)], mappings=UP_OR_DOWN, width=4),
         stat("Scrapes", "Down as soon as Prometheus can't scrape one of the service's instances.",
              f"min({inside(series, 'up')})", "none", limits=[(None, RED), (1, GREEN)], mappings=UP_OR_DOWN, width=4,
              see=["service"]),
         stat("Succeeded", "Share of probes that succeeded in the time that is shown.",
              f"avg(avg_over_time({SUCCESS}[$__range]))", "percentunit", decimals=2,
              limits=[(None, RED), (0.99, ORANGE), (0.999, GREEN)], width=4),
         stat("Slowest probe", "How long the slowest of the last probes took.",
              f"max({series('probe_duration_seconds')})", "s", limits=[(0.5, ORANGE), (1.2, RED)], width=4),
         stat("Certificate", "Time until the first certificate of the chosen URLs expires.", f"min({CERTIFICATE})",
              "s", limits=[(None, RED), (7 * DAY, ORANGE), (21 * DAY, GREEN)], no_value="no TLS", width=4),
         stat("Disagreements", "Whether outside and inside say different things now: one up, the other down.",
              f"abs(min({SUCCESS}) - min({inside(series, 'up')}))", "short", limits=[(1, RED)], width=4)),
        ("From outside (blackbox) and from inside (whitebox)",
         timeline("Probes", "Whether each URL passed its probe: status and content.",
                  [query(SUCCESS, "{{instance}}")]),
         timeline("Scrapes", "Whether Prometheus could scrape each instance.",
                  [query(inside(series, "up"), "{{instance}}")], see=["service"]),
         lines("Latency", "What a probe of each URL took, and what the service itself measures on average. The "
               "difference is the way there.",
               [query(series("probe_duration_seconds"), "{{instance}} probed"),
                query(f"sum({inside(rate, 'app_request_latency_seconds_sum')})"
                      f" / (sum({inside(rate, 'app_request_latency_seconds_count')}) > 0)", "average inside")], "s",
               width=12, limits=[(0.5, ORANGE), (1.2, RED)], no_value="Neither a probe nor a request"),
         lines("Failures", "Share of probes that failed, and share of requests that the service answered with a 5xx "
               "status.",
               [query(f"1 - avg by (instance) (avg_over_time({SUCCESS}[$__rate_interval]))", "{{instance}} probed"),
                query(f"sum({inside(rate, 'app_error_count_total')})"
                      f" / (sum({inside(rate, 'app_request_count_total')}) > 0)"
                      f" or 0 * sum({inside(rate, 'app_request_count_total')})", "errors inside")], "percentunit",
               width=12, limits=[(0.01, ORANGE), (0.05, RED)], most=1)),
        ("Probes in detail",
         lines("Phases", "Where a probe's time goes: resolving the name, connecting, TLS, the service's work, "
               "transferring.",
               [query(f"avg by (phase) ({series('probe_http_duration_seconds')})", "{{phase}}")], "s", stacked=True),
         lines("Status", "The status that each probe got; 0 when there was no reply at all.",
               [query(series("probe_http_status_code"), "{{instance}}")], "none", limits=[(400, ORANGE), (500, RED)]),
         lines("Content", "Bytes of content in the reply to each probe.",
               [query(series("probe_http_content_length"), "{{instance}}")], "bytes"),
         lines("Certificates", "Time until each URL's certificate expires: an alert fires in time to replace it.",
               [query(CERTIFICATE, "{{instance}}")], "s", width=12, limits=[(7 * DAY, RED)], no_value=PLAIN),
         table("Targets", "What is probed, how, and whether it passes (1) now.", SUCCESS,
               {"instance": "URL", "module": "Module", "Value": "Passes"})))
