"""Stack: what watches the service, watched itself."""
from parts import (FIRING, GREEN, ORANGE, RED, UP_OR_DOWN, instance, job, lines, page, query, rate, series, stat,
                   states, timeline)

WATCHDOG_AGE = f"time() - max({series('alert_sink_last_notification_timestamp_seconds')} > 0)"
RELOADED = states(Failed=(0, RED), OK=(1, GREEN))
ANY = [(0.001, RED)]


def build():
    return page(
        "stack", "Whether Prometheus scrapes, evaluates and notifies, Alertmanager delivers, and the sink receives: a "
        "quiet service is good news only as long as this page is green.",
        [job("up", "Scrape jobs."), instance("up")],
        (None,
         stat("Targets down", "Targets that Prometheus can't scrape.", f"count({series('up')} == 0) or vector(0)",
              "short", limits=[(1, RED)]),
         stat("Firing alerts", "Pages and tickets that are firing.",
              'count(ALERTS{alertstate="firing",severity=~"page|ticket"}) or vector(0)', "short", limits=[(1, RED)],
              see=["service"]),
         stat("Last notification", "Time since the sink received its last notification. The Watchdog always fires and "
              "is repeated: silence means that pages wouldn't arrive either.", WATCHDOG_AGE, "s",
              limits=[(300, ORANGE), (600, RED)], no_value="none yet"),
         stat("Configuration", "Whether Prometheus and Alertmanager could read their configuration when they last "
              "loaded it.", f"min({series('prometheus_config_last_reload_successful')})"
              f" * min({series('alertmanager_config_last_reload_successful')})", "none",
              limits=[(None, RED), (1, GREEN)], mappings=RELOADED),
         stat("Rule failures", "Rule evaluations that failed in the last 5 minutes.",
              f"sum(increase({series('prometheus_rule_evaluation_failures_total')}[5m]))", "short", limits=ANY,
              decimals=0),
         stat("Undelivered", "Notifications that Prometheus dropped or Alertmanager couldn't deliver in the last 5 "
              "minutes.", f"sum(increase({series('prometheus_notifications_dropped_total')}[5m]))"
              f" + sum(increase({series('alertmanager_notifications_failed_total')}[5m]))", "short", limits=ANY,
              decimals=0),
         stat("Series", "Series in Prometheus' head. A jump is a label with too many values.",
              f"sum({series('prometheus_tsdb_head_series')})", "short"),
         stat("Grafana", "Whether Prometheus can scrape Grafana, where there is one.",
              "max(" + series("up", 'job="grafana"') + ")", "none", limits=[(None, RED), (1, GREEN)],
              mappings=UP_OR_DOWN, no_value="not run")),
        ("Targets",
         timeline("Up", "Whether all targets of each job could be scraped.",
                  [query(f"min by (job) ({series('up')})", "{{job}}")], height=10),
         lines("Scrape duration", "How long the slowest scrape of each job took. At 4 s it is given up.",
               [query(f"max by (job) ({series('scrape_duration_seconds')})", "{{job}}")], "s", height=10, width=6,
               limits=[(1, ORANGE), (4, RED)], logarithmic=True, least=None),
         lines("Samples per scrape", "Samples in the scrapes of each job.",
               [query(f"sum by (job) ({series('scrape_samples_scraped')})", "{{job}}")], "short", height=10, width=6)),
        ("Prometheus",
         lines("Head series", "Series in memory, and those that were new in the last scrapes.",
               [query(f"sum({series('prometheus_tsdb_head_series')})", "series"),
                query(f"sum({series('scrape_series_added')})", "added")], "short", width=6),
         lines("Samples appended", "Samples per second, by Prometheus' own count.",
               [query(f"sum({rate('prometheus_tsdb_head_samples_appended_total')})", "samples")], "wps", width=6),
         lines("Rule evaluation", "How long the last evaluation of each group took. Groups are due every 5 s.",
               [query("max by (file) (label_replace(" + series("prometheus_rule_group_last_duration_seconds") +
                      ', "file", "$1", "rule_group", ".*/(.*);.*"))', "{{file}}")], "s", width=6,
               limits=[(1, ORANGE), (5, RED)], logarithmic=True, least=None),
         lines("Failed and missed evaluations", "Rules that failed, and evaluations that were skipped because the one "
               "before wasn't done.",
               [query(f"sum({rate('prometheus_rule_evaluation_failures_total')})", "failed"),
                query(f"sum({rate('prometheus_rule_group_iterations_missed_total')})", "missed")], "ops", width=6,
               limits=ANY),
         lines("Notifications", "Notifications per second from Prometheus to Alertmanager, and those that were lost.",
               [query(f"sum({rate('prometheus_notifications_sent_total')})", "sent"),
                query(f"sum({rate('prometheus_notifications_errors_total')})", "errors"),
                query(f"sum({rate('prometheus_notifications_dropped_total')})", "dropped")], "cps", width=6,
               colours={"errors": ORANGE, "dropped": RED}),
         lines("Alertmanagers", "How many Prometheus knows, and how many notifications wait for them.",
               [query(f"sum({series('prometheus_notifications_alertmanagers_discovered')})", "known"),
                query(f"sum({series('prometheus_notifications_queue_length')})", "waiting")], "short", width=6),
         lines("Query duration", "Mean time of what queries do: preparing, reading, evaluating.",
               [query("sum by (slice) (" + rate("prometheus_engine_query_duration_seconds_sum") + ")"
                      " / (sum by (slice) (" + rate("prometheus_engine_query_duration_seconds_count") + ") > 0)",
                      "{{slice}}")], "s", width=6),
         lines("Memory", "Resident memory of everything that exposes it.",
               [query(f"sum by (job) ({series('process_resident_memory_bytes')})", "{{job}}")], "bytes", width=6)),
        ("Alertmanager and sink",
         lines("Alerts", "Alerts that Alertmanager holds, by state: suppressed ones are inhibited or silenced.",
               [query(f"sum by (state) ({series('alertmanager_alerts')})", "{{state}}")], "short", width=6),
         lines("Delivered", "Notifications per second by Alertmanager's webhook, and those that failed.",
               [query("sum(" + rate("alertmanager_notifications_total", 'integration="webhook"') + ")", "sent"),
                query("sum(" + rate("alertmanager_notifications_failed_total", 'integration="webhook"') + ")",
                      "failed")], "cps", width=6, colours={"failed": RED}),
         lines("Received", "Notifications and alerts per second that reached the sink, and what it refused.",
               [query(f"sum by (status) ({rate('alert_sink_notifications_total')})", "{{status}} notifications"),
                query(f"sum by (status) ({rate('alert_sink_alerts_total')})", "{{status}} alerts"),
                query(f"sum({rate('alert_sink_rejected_total')})", "rejected")], "cps", width=6,
               colours={"rejected": RED}),
         lines("Last notification", "Time since the sink's last notification: a saw no higher than the Watchdog's "
               "repeat interval, unless the way from Prometheus to the sink is broken.",
               [query(WATCHDOG_AGE, "age")], "s", width=6, limits=[(300, ORANGE), (600, RED)],
               no_value="None has arrived yet"),
         timeline("Alerts that are firing", "Pages and tickets.",
                  [query('max by (alertname, severity) (ALERTS{alertstate="firing",severity!="none"})',
                         "{{alertname}} ({{severity}})")],
                  width=24, height=6, mappings=FIRING, no_value="No alert is firing")))
