"""What dashboards and rules ask, as Grafana would send it; and what PromQL is made of."""
import collections
import json
import pathlib
import re
import sys

import promql_parser

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "Tests/Hostile"))

from support import Failure  # noqa: E402

DASHBOARDS = ROOT / "compose/grafana/dashboards"

# What Grafana's variables are at a scrape interval of 5 s, for a panel that shows a quarter of an hour.
BUILT_IN = {
    "__rate_interval": "20s", "__interval": "5s", "__interval_ms": "5000", "__range": "900s", "__range_s": "900",
    "__range_ms": "900000",
}
# Metrics of what isn't there in this stack.
ABSENT = {
    "probe_ssl_earliest_cert_expiry": "no probed URL speaks TLS",
    # Tests/Stack/remote-write sees that it exists there.
    "prometheus_remote_storage_queue_highest_sent_timestamp_seconds": "nothing is sent to a distributed store",
}
# Native histograms, which a server may keep beside the classic ones.
NATIVE = {"app_request_latency_seconds"}


# MARK: Dashboards


class Query:
    """A question to Prometheus, and who asks it. ``no_value`` is what a panel shows when there is no answer."""

    def __init__(self, asker, expression, kind="panel", no_value=None):
        self.asker, self.expression, self.kind, self.no_value = asker, expression, kind, no_value

    def __str__(self):
        return f"{self.asker}: {self.expression}"


def dashboards():
    """The dashboards that Grafana is given, by their files' names."""
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DASHBOARDS.glob("*.json"))}


def panels(dashboard):
    """A dashboard's panels, those of collapsed rows among them."""
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panel.get("panels") or []


def values(dashboard):
    """What a dashboard's variables are when it is opened, as in an expression."""
    chosen = dict(BUILT_IN)
    for variable in dashboard["templating"]["list"]:
        value = variable["current"]["value"]
        value = value if isinstance(value, list) else [value]
        if value == ["$__all"]:
            chosen[variable["name"]] = variable["allValue"]
        elif variable["type"] == "query":
            # Escaped twice: for the regular expression, and for PromQL's string.
            chosen[variable["name"]] = "|".join(re.sub(r"[\\^$*+?.()|{}\[\]]", r"\\\\\g<0>", each) for each in value)
        else:
            chosen[variable["name"]] = value[0]
    return chosen


def interpolate(text, chosen):
    """Puts variables' values in, in all of Grafana's notations. ``$1`` is PromQL's."""
    def value(match):
        name = match[1] or match[2] or match[3]
        if name not in chosen:
            raise Failure(f"no variable is called {name}: {text}")
        return chosen[name]
    return re.sub(r"\$([a-zA-Z_]\w*)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)\]\]", value, text)


def label_values(query):
    """The selector of a variable's query, and its label; None where it is another function."""
    match = re.fullmatch(r"\s*label_values\(\s*(?:(.+),)?\s*(\w+)\s*\)\s*", query)
    return match and match.groups()


def queries(name, dashboard):
    """All that a dashboard asks: of panels, annotations and variables."""
    chosen = values(dashboard)
    for panel in panels(dashboard):
        for target in panel.get("targets") or []:
            yield Query(f"{name}: {panel['title']} [{target['refId']}]", interpolate(target["expr"], chosen),
                        no_value=panel["fieldConfig"]["defaults"].get("noValue"))
    for annotation in dashboard["annotations"].get("list") or []:
        if expression := annotation.get("expr"):
            yield Query(f"{name}: annotation {annotation['name']}", interpolate(expression, chosen), "annotation")
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            asked = variable["query"] if isinstance(variable["query"], str) else variable["query"]["query"]
            if not (read := label_values(asked)):
                raise Failure(f"{name}: the variable {variable['name']} asks for {asked}, which isn't known here")
            selector, label = read
            yield Query(f"{name}: variable {variable['name']}",
                        f"count by ({label}) ({interpolate(selector, chosen)})", "variable")


# MARK: PromQL

Node = collections.namedtuple("Node", "expression parents")


def parse(expression):
    try:
        return promql_parser.parse(expression)
    except ValueError as error:
        raise Failure(f"{error}: {expression}") from None


def walk(expression, parents=()):
    """Every part of a parsed expression, with what is around it, the nearest last."""
    yield Node(expression, parents)
    inside = (*parents, expression)
    if isinstance(expression, promql_parser.BinaryExpr):
        parts = [expression.lhs, expression.rhs]
    elif isinstance(expression, promql_parser.Call):
        parts = expression.args
    elif isinstance(expression, promql_parser.AggregateExpr):
        parts = [expression.expr] + ([expression.param] if expression.param else [])
    elif isinstance(expression, promql_parser.MatrixSelector):
        parts = [expression.vector_selector]
    elif isinstance(expression, (promql_parser.ParenExpr, promql_parser.UnaryExpr, promql_parser.SubqueryExpr)):
        parts = [expression.expr]
    else:
        parts = []
    for part in parts:
        yield from walk(part, inside)


def selectors(expression):
    """Every selector of a parsed expression."""
    return [node for node in walk(expression) if isinstance(node.expression, promql_parser.VectorSelector)]


def metrics(expression):
    """The names of all metrics that an expression reads."""
    return {node.expression.name for node in selectors(parse(expression))}


# MARK: All of it


def all_queries(prometheus):
    """All that the dashboards and Prometheus' rules ask."""
    for name, dashboard in dashboards().items():
        yield from queries(name, dashboard)
    for rule in prometheus.rules():
        kind = "alert" if rule["type"] == "alerting" else "record"
        yield Query(f"{kind} {rule['name']}", rule["query"], kind)


def unknown_metrics(prometheus):
    """Who asks for metrics that this Prometheus doesn't have."""
    # Of things that an alert is about when they come, and of a server that keeps no native histograms.
    known = prometheus.metric_names() | {"ALERTS", *ABSENT, *NATIVE}
    return [f"{query.asker} reads {', '.join(sorted(unknown))}, which doesn't exist"
            for query in all_queries(prometheus) if (unknown := metrics(query.expression) - known)]
