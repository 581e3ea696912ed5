"""Draws time an operation by line and library, and the cost of a scrape by the number of series: see plot."""

import json
import pathlib
import statistics
import sys

import matplotlib

matplotlib.use("svg")
# Text stays text, and the same figures give the same file.
matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "metrics", "font.family": "sans-serif"}

from matplotlib import pyplot  # noqa: E402

COLORS = ("#000000", "#0072b2", "#e69f00", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#999999")
MARKERS = "osD^vPX*"


def main():
    file = pathlib.Path(sys.argv[1])
    measured = json.loads(file.read_text())
    lines = {}
    for line in measured["lines"]:
        medians = {unit: statistics.median(run[unit] for run in line["runs"]) for unit in line["runs"][0]}
        lines.setdefault((line["line"], line["threads"]), {})[line["peer"]] = medians
    # In the order of the tables, which may have peers of the command line's at their end.
    peers = list(dict.fromkeys(peer for medians in lines.values() for peer in medians))
    styles = {peer: {"color": COLORS[n % 8], "marker": MARKERS[n % 8], "label": peer} for n, peer in enumerate(peers)}
    for name, figure in {"updates": updates(lines, styles), "growth": growth(lines, styles)}.items():
        figure.savefig(file.with_name(f"metrics-{name}.svg"), bbox_inches="tight", metadata={"Date": None})
        print(name)


def updates(lines, styles):
    lines = {
        line: medians for line, medians in lines.items() if all("bytes" not in median for median in medians.values())}
    figure, axes = pyplot.subplots(figsize=(9, 0.3 * len(lines) + 1))
    rows = list(reversed(lines))
    for peer, style in styles.items():
        points = [(lines[line][peer]["ns"], row) for row, line in enumerate(rows) if peer in lines[line]]
        axes.plot(*zip(*points), linestyle="none", alpha=0.85, **style)
    threads = {1: "1 thread", 2: "2 threads"}
    axes.set_yticks(range(len(rows)), [f"{name}, {threads[count]}" for name, count in rows])
    finish(axes, "Nanoseconds an operation; less is better")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False)
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.grid(axis="y", color="#eeeeee")
    return figure


def growth(lines, styles):
    formats = {"text": "text", "openmetrics": "OpenMetrics", "protobuf": "protobuf"}
    figure, columns = pyplot.subplots(2, 3, figsize=(11, 7), sharex=True, sharey="row")
    figure.subplots_adjust(wspace=0.08, hspace=0.12)
    for (name, title), (upper, lower) in zip(formats.items(), columns.transpose()):
        counts = {
            int(line.rpartition("-")[2]): medians for (line, _), medians in lines.items()
            if line.startswith(f"{name}-counters-")}
        for peer, style in styles.items():
            points = sorted((count, medians[peer]) for count, medians in counts.items() if peer in medians)
            if points:
                upper.plot([count for count, _ in points], [m["ns"] / count for count, m in points], **style)
                lower.plot([count for count, _ in points], [m["peak"] / 1e6 for _, m in points], **style)
        upper.set_title(title)
        for axes, label in (upper, None), (lower, "Series"):
            axes.set_yscale("log")
            finish(axes, label)
            axes.yaxis.set_major_formatter("{x:,.0f}")
    columns[0][0].set_ylabel("Nanoseconds a series")
    columns[1][0].set_ylabel("Peak memory, MB")
    figure.legend(*columns[0][0].get_legend_handles_labels(), loc="lower center", ncols=3, frameon=False)
    figure.subplots_adjust(bottom=0.17)
    return figure


def finish(axes, label=None):
    axes.set_xscale("log")
    if label:
        axes.set_xlabel(label)
    axes.grid(color="#dddddd")
    axes.set_axisbelow(True)
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
