"""Objectives: how much of the error budgets is left, and how fast it goes."""
from parts import FIRING, GREEN, ORANGE, RED, bars, job, lines, page, query, recorded, stat, timeline

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
# Factor, long and short window of each burn-rate alert.
ALERTS = ((14.4, "1h", "5m"), (6, "6h", "30m"), (3, "1d", "2h"), (1, "3d", "6h"))
RATES = [(1, ORANGE), (3, ORANGE), (6, RED), (14.4, RED)]
REMAINING = [(None, RED), (0, ORANGE), (0.25, GREEN)]
BUDGET_NOTE = "recorded every minute"
# No requests burn nothing.
NOTHING = f"0 * {recorded('job:app_requests:rate5m')}"


class Objective:
    def __init__(self, name, target, ratio, missed):
        self.name, self.ratio, self.missed = name, ratio, missed
        self.target, self.budget = target, round(1 - target, 6)

    def missing(self, window):
        return recorded(f"job:{self.ratio}:ratio_rate{window}")

    def remaining(self):
        return recorded(f"job:app_{self.name}_budget:remaining30d")

    def burn(self, window):
        return f"({self.missing(window)} or {NOTHING}) / {self.budget}"

    def nearness(self, factor, long, short):
        """The slower of the two windows' burn rates, as a share of the alert's: it fires at 1."""
        return (f"({self.missing(long)} < {self.missing(short)} or {self.missing(short)} or {NOTHING})"
                f" / ({factor} * {self.budget})")

    def stats(self):
        title = self.name.capitalize()
        return (
            stat(f"{title}: 30 days", f"Share of requests that were {self.missed[0]}, over 30 days or as long as "
                 f"there is data. The objective is {self.target:.1%}.",
                 f"1 - {self.budget} * (1 - {self.remaining()})", "percentunit", decimals=3, width=4,
                 limits=[(None, RED), (self.target, GREEN)], no_value=BUDGET_NOTE),
            stat(f"{title}: budget left", f"The error budget of 30 days lets {self.budget:.1%} of requests be "
                 f"{self.missed[1]}. 100 % is untouched, 0 % spent: then changes wait until it recovers.",
                 self.remaining(), "percentunit", limits=REMAINING, decimals=1, width=4, no_value=BUDGET_NOTE),
            stat(f"{title}: burn rate", "How many times faster than the objective allows the budget goes, over the "
                 "last hour. At 1 it lasts 30 days, at 14.4 two.", self.burn("1h"), "none", decimals=1, limits=RATES,
                 width=4, see=["service"]),
        )

    def panels(self):
        return (
            lines("Burn rate by window", f"Share of requests that were {self.missed[1]} in each window, by what the "
                  "objective allows. An alert fires when its two windows are both above its line: 14.4 and 6 page, "
                  "3 and 1 are tickets.",
                  [query(self.burn(window), window) for window in WINDOWS], "none", width=10, height=9, limits=RATES,
                  see=["service"]),
            bars("Nearness of alerts", "The slower of the two windows that an alert looks at, by the alert's line: at "
                 "100 % it fires.",
                 [query(self.nearness(*alert), f"{alert[0]}× over {alert[1]} and {alert[2]}").instant()
                  for alert in ALERTS], "percentunit", height=9, width=6, limits=[(0.5, ORANGE), (1, RED)], maximum=1),
            lines("Budget left", "What is left of the error budget of 30 days. A cliff is an incident; a slope that "
                  "never ends needs work, not a page.", [query(self.remaining(), "{{job}}")], "percentunit",
                  height=9, limits=REMAINING, least=None, most=1, no_value=f"The budget is {BUDGET_NOTE}"),
        )


AVAILABILITY = Objective("availability", 0.999, "app_errors", ("answered without an error", "answered with an error"))
LATENCY = Objective("latency", 0.99, "app_slow_requests", ("answered within 0.5 s", "slower than 0.5 s"))


def build():
    return page(
        "slo", "Two objectives over 30 days: 99.9 % of requests without an error, 99 % answered within 0.5 s.",
        [job("app_request_count_total", "Scrape jobs of the application.", default="app")],
        (None, *AVAILABILITY.stats(), *LATENCY.stats()),
        ("Availability: 99.9 % of requests are answered without an error", *AVAILABILITY.panels()),
        ("Latency: 99 % of requests are answered within 0.5 s", *LATENCY.panels()),
        ("Demo: the same objectives with windows of a minute and 20 seconds, to see a page within minutes",
         *(lines(f"Demo {each.name}", f"The burn rate of {each.name} over the demo's windows. Its page fires when both "
                 "are above the line.", [query(each.burn(window), window) for window in ("20s", "1m")], "none",
                 limits=[(14.4, RED)]) for each in (AVAILABILITY, LATENCY)),
         timeline("Alerts on objectives", "Burn-rate alerts that are firing, those of the demo among them.",
                  [query('max by (alertname, severity, window) (ALERTS{alertstate="firing",slo!=""})',
                         "{{alertname}} {{window}} ({{severity}})")], width=8, mappings=FIRING,
                  no_value="No alert is firing")),
        since="now-1h")
