"""Draws docs/benchmarks/http-*.svg from what http.json holds."""

import json
import pathlib
import statistics

from matplotlib import rcParams
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs/benchmarks"
OURS, OTHERS = "#1f77b4", "#8a8f98"
QUANTILES = {"p50": "o", "p99": "s", "p99.9": "D"}
SERIES = ["#1f77b4", "#d9822b", "#5a9e4b"]
rcParams.update({
    "svg.hashsalt": "sightline", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.formatter.min_exponent": 5,
})


def main():
    results = json.loads((DOCS / "http.json").read_text())
    cost(results["http"]["values"])
    latencies(results["http"]["values"])
    achieved(results["concurrency"]["values"])


def cost(values):
    """Medians, from the least to the most."""
    figure, panels = row_of_panels(values, 3.8)
    for (loops, servers), axes in zip(values.items(), panels):
        for name, runs in ordered(servers, "cpu"):
            axes.plot([min(runs), max(runs)], [name, name], color=color(name), linewidth=2, alpha=0.5)
            axes.plot([statistics.median(runs)], [name], "o", color=color(name), markersize=5)
            axes.annotate(f"{statistics.median(runs):.3g}", (max(runs), name), xytext=(6, 0),
                          textcoords="offset points", va="center", fontsize=8)
        axes.set(xscale="log", xlabel="CPU µs a request (log)", title=title(loops))
        axes.margins(x=0.15)
        axes.grid(axis="x", color="#e3e5e8")
    save(figure, "http-cpu")


def latencies(values):
    """Medians of each quantile."""
    figure, panels = row_of_panels(values, 3.8)
    for (loops, servers), axes in zip(values.items(), panels):
        for name, _ in ordered(servers, "p99"):
            middles = [statistics.median(run[quantile] for run in servers[name]) for quantile in QUANTILES]
            axes.plot(middles, [name] * len(middles), color=color(name), linewidth=1)
            for middle, marker in zip(middles, QUANTILES.values()):
                axes.plot([middle], [name], marker, color=color(name), markersize=5)
        axes.set(xscale="log", xlabel="latency of 64 connections, ms (log)", title=title(loops))
        axes.grid(axis="x", color="#e3e5e8")
    panels[0].legend(handles=[Line2D([], [], color=OTHERS, linestyle="", marker=marker, label=quantile)
                              for quantile, marker in QUANTILES.items()], loc="upper right")
    save(figure, "http-latency")


def achieved(values):
    figure, panels = row_of_panels(values, 3.4)
    for (loops, servers), axes in zip(values.items(), panels):
        for (name, counts), line in zip(servers.items(), SERIES):
            xs = [int(count) for count in counts]
            runs = [[run["achieved"] for run in counts[count]] for count in counts]
            middles = list(map(statistics.median, runs))
            axes.fill_between(xs, list(map(min, runs)), list(map(max, runs)), color=line, alpha=0.2, linewidth=0)
            axes.plot(xs, middles, marker="o", color=line, label=name)
            if any(run["errors"] for run in counts[str(xs[-1])]):
                axes.annotate("errors", (xs[-1], middles[-1]), xytext=(6, 6), textcoords="offset points", fontsize=8)
        axes.axhline(1, color="#33363c", linewidth=0.8, linestyle=":")
        axes.set(xscale="log", ylim=(0, 1.1), xlabel="connections (log)", title=title(loops))
    panels[0].set_ylabel("achieved ÷ ideal")
    panels[0].legend(loc="lower left", frameon=False)
    save(figure, "http-concurrency")


def row_of_panels(values, height):
    figure = Figure(figsize=(5 * len(values), height), layout="constrained")
    FigureCanvasSVG(figure)
    return figure, figure.subplots(1, len(values), sharey=True, squeeze=False)[0]


def ordered(servers, key):
    """Each server's name and values, those with the least on top."""
    values = {name: [run[key] for run in runs] for name, runs in servers.items()}
    return sorted(values.items(), key=lambda each: -statistics.median(each[1]))


def color(name):
    return OURS if name.startswith(("EventHTTP", "Server")) else OTHERS


def title(loops):
    return f"{loops} loop{'s' * (loops != '1')}"


def save(figure, name):
    figure.savefig(DOCS / f"{name}.svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
