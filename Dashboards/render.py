"""Draws the dashboards into docs/dashboards: each panel in its place, from a real Prometheus' answers to its queries.

Not screenshots: nothing of Grafana is needed, and nothing of it is seen. The pictures show what the data look like.
"""
import argparse
import datetime
import io
import math
import pathlib
import re
import sys
import time

import PIL.Image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "Tests/Stack"))
from prometheus import Prometheus  # noqa: E402
from questions import Failure, dashboards, interpolate, values  # noqa: E402

FOLDER = ROOT / "docs/dashboards"
WIDTH, DPI, CELL, GAP = 1600, 100, 30, 8
LARGEST = 300_000

PAGE, CARD, EDGE, TEXT, FAINT, GRID = "#111217", "#181b1f", "#2a2d33", "#d5d7de", "#8e9099", "#2c2f36"
NAMED = {"green": "#73bf69", "orange": "#ff9830", "red": "#f2495c", "blue": "#5794f2"}
PALETTE = ["#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#b877d9", "#4fd1d9", "#ff8fc7", "#b58a5a", "#d5d7de", "#f2495c"]
HEAT = LinearSegmentedColormap.from_list("heat", [CARD, "#5c2f0c", "#c8640c", "#ffb357", "#fff3dc"])

# MARK: Values as text


def whole(value):
    """Three digits, or as many as there are before the point."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def scaled(value, base, prefixes):
    for prefix in prefixes:
        if abs(value) < base or prefix == prefixes[-1]:
            return f"{whole(value)} {prefix}"
        value /= base


def duration(seconds):
    if seconds == 0:
        return "0 s"
    for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms")):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds * 1e6:.3g} µs"


def formatted(value, unit, decimals=None):
    if unit in ("percent", "percentunit"):
        percent = value * (100 if unit == "percentunit" else 1)
        digits = f"{percent:,.{decimals}f}" if decimals is not None else whole(percent)
        return f"{digits} %"
    if unit == "s":
        return duration(value)
    if unit in ("bytes", "Bps"):
        return scaled(value, 1024, ["B", "KiB", "MiB", "GiB"]) + ("/s" if unit == "Bps" else "")
    number = f"{value:.{decimals}f}" if decimals is not None else scaled(value, 1000, ["", "K", "M"]).strip()
    return number + {"reqps": " req/s", "cps": " c/s", "ops": " ops/s", "wps": " wr/s"}.get(unit, "")


# MARK: A panel's data


def legend(template, labels):
    return re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), template).strip()


class Panel:
    """A panel, and what Prometheus answered to it."""

    def __init__(self, panel, prometheus, chosen, start, end, step):
        self.type, self.title, self.place = panel["type"], panel["title"], panel["gridPos"]
        self.start, self.end, self.step = start, end, step
        self.series = []
        if self.type == "row":
            return
        self.panel, self.defaults = panel, panel["fieldConfig"]["defaults"]
        self.unit, self.decimals = self.defaults.get("unit"), self.defaults.get("decimals")
        for target in panel["targets"]:
            expression = interpolate(target["expr"], chosen)
            if target["instant"]:
                answer = [(labels, [(end, value)]) for labels, value in prometheus.query(expression, time=end)]
            else:
                answer = prometheus.range(expression, start, end, step)
            for labels, points in answer:
                points = [(at, value) for at, value in points if math.isfinite(value)]
                if points:
                    self.series.append((legend(target["legendFormat"], labels), labels, points))

    def text(self, value):
        for mapping in self.defaults.get("mappings") or []:
            if result := mapping["options"].get(f"{value:g}"):
                return result["text"]
        return formatted(value, self.unit, self.decimals)

    def colour(self, value):
        for mapping in self.defaults.get("mappings") or []:
            if result := mapping["options"].get(f"{value:g}"):
                return NAMED[result["color"]]
        steps = self.defaults["thresholds"]["steps"]
        return NAMED[[step for step in steps if step["value"] is None or value >= step["value"]][-1]["color"]]

    def limits(self):
        return [(step["value"], NAMED[step["color"]]) for step in self.defaults["thresholds"]["steps"]
                if step["value"] is not None]

    def line_colour(self, name, index):
        for override in self.panel["fieldConfig"]["overrides"]:
            if re.search(override["matcher"]["options"], name):
                return NAMED[override["properties"][0]["value"]["fixedColor"]]
        return PALETTE[index % len(PALETTE)]

    @property
    def custom(self):
        return self.defaults.get("custom") or {}


# MARK: Drawing


class Picture:
    """A dashboard's picture. Places are in pixels from the top left."""

    def __init__(self, title, height):
        self.height = height
        self.figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor=PAGE)
        FigureCanvasAgg(self.figure)
        self.write(16, 24, title, size=14, weight="bold")

    def write(self, x, y, text, size=8.0, colour=TEXT, **more):
        self.figure.text(x / WIDTH, 1 - y / self.height, text, fontsize=size, color=colour,
                         **({"va": "center", "ha": "left"} | more))

    def box(self, x, y, width, height, colour, edge=None):
        self.figure.add_artist(Rectangle((x / WIDTH, 1 - (y + height) / self.height), width / WIDTH,
                                         height / self.height, facecolor=colour, edgecolor=edge or "none",
                                         linewidth=0.8, zorder=-1 if edge else 1))

    def axes(self, x, y, width, height):
        axes = self.figure.add_axes((x / WIDTH, 1 - (y + height) / self.height, width / WIDTH, height / self.height),
                                    facecolor=CARD)
        axes.tick_params(colors=FAINT, labelsize=7, length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        return axes

    def save(self, path):
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", facecolor=PAGE)
        PIL.Image.open(buffer).convert("RGB").quantize(
            256, PIL.Image.Quantize.MEDIANCUT, kmeans=3, dither=PIL.Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size > LARGEST:
            raise Failure(f"{path.name} is larger than {LARGEST // 1000} kB")


def fit(text, pixels, size=8.0):
    """A text that is no wider than so many pixels."""
    most = max(int(pixels / (size * 0.78)), 1)
    return text if len(text) <= most else text[:most - 1].rstrip() + "…"


def draw(picture, panel, events):
    column = (WIDTH - 2 * GAP + GAP) / 24
    x, y = GAP + panel.place["x"] * column, 48 + panel.place["y"] * (CELL + GAP)
    width, height = panel.place["w"] * column - GAP, panel.place["h"] * (CELL + GAP) - GAP
    if panel.type == "row":
        picture.write(x + 4, y + height / 2, panel.title, size=10, weight="bold")
        return
    picture.box(x, y, width, height, CARD, EDGE)
    picture.write(x + 10, y + 15, fit(panel.title, width - 20, 9), size=9)
    area = (x + 10, y + 30, width - 20, height - 40)
    if panel.type == "stat":
        stat(picture, panel, x + width / 2, y + height / 2 + 10)
    elif not panel.series:
        picture.write(x + width / 2, y + height / 2, panel.defaults.get("noValue", "No data"), size=10, colour=FAINT,
                      ha="center")
    else:
        {"timeseries": lines, "heatmap": heatmap, "state-timeline": timeline, "bargauge": bars, "table": table}[
            panel.type](picture, panel, area, events)


def stat(picture, panel, x, y):
    if panel.series:
        value = panel.series[0][2][-1][1]
        picture.write(x, y, panel.text(value), size=19, colour=panel.colour(value), ha="center")
    else:
        picture.write(x, y, panel.defaults.get("noValue", "No data"), size=17, colour=FAINT, ha="center")


def time_axis(axes, panel):
    span = panel.end - panel.start
    tick = next(each for each in (60, 120, 300, 600, 900, 1800, 3600) if span / each <= 6 or each == 3600)
    first = math.ceil(panel.start / tick) * tick
    axes.set_xticks(range(first, int(panel.end) + 1, tick))
    axes.xaxis.set_major_formatter(FuncFormatter(
        lambda at, _: datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%H:%M")))
    axes.set_xlim(panel.start, panel.end)


def mark(axes, events):
    """Alerts: a line where each begins to fire, a bar below while it does."""
    # Pages over tickets.
    for colour, start, end in reversed(events):
        axes.axvline(start, color=colour, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.axvspan(start, end, 0, 0.025, color=colour, linewidth=0)


def describe(picture, entries, x, bottom, width, most=2):
    """The legend, in so many lines at most; returns its height."""
    rows, used = [[]], 0
    for index, (name, colour) in enumerate(entries):
        size = 24 + len(name) * 5.9
        if used + size > width and rows[-1]:
            if len(rows) == most:
                rows[-1].append((f"+{len(entries) - index}", None, used))
                break
            rows.append([])
            used = 0
        rows[-1].append((name, colour, used))
        used += size
    height = 15 * len(rows)
    for line, row in enumerate(rows):
        for name, colour, offset in row:
            top = bottom - height + 15 * line + 8
            if colour:
                picture.box(x + offset, top - 1.5, 12, 3, colour)
            picture.write(x + offset + (16 if colour else 4), top, fit(name, width - 16), size=7.5, colour=FAINT)
    return height


def lines(picture, panel, area, events):
    x, y, width, height = area
    named = [(name, panel.line_colour(name, index), dict(points))
             for index, (name, _, points) in enumerate(panel.series)]
    below = describe(picture, [(name, colour) for name, colour, _ in named], x, y + height + 4, width) + 22
    axes = picture.axes(x + 52, y, width - 56, height - below)
    stacked, logarithmic = panel.custom.get("stacking", {}).get("mode") == "normal", False
    if panel.custom.get("scaleDistribution", {}).get("type") == "log":
        axes.set_yscale("log")
        logarithmic = True
    floor = {}
    for name, colour, points in named:
        # A gap stays one.
        moments, drawn, base = [], [], []
        for at in sorted(points):
            if moments and at - moments[-1] > 1.5 * panel.step:
                moments.append(at - panel.step)
                drawn.append(math.nan)
                base.append(math.nan)
            moments.append(at)
            base.append(floor.get(at, 0.0))
            drawn.append(points[at] + (floor.get(at, 0.0) if stacked else 0))
        axes.plot(moments, drawn, color=colour, linewidth=1.1 * panel.custom["lineWidth"])
        if stacked or len(named) <= 3 and not logarithmic:
            axes.fill_between(moments, drawn, base if stacked else 0, color=colour, alpha=0.6 if stacked else 0.07,
                              linewidth=0)
        if stacked:
            floor |= {at: value for at, value in zip(moments, drawn) if not math.isnan(value)}
    low, high = axes.get_ylim()
    if not logarithmic:
        if "min" in panel.defaults:
            low = panel.defaults["min"]
        is_flat = all(value == 0 for _, _, points in named for value in points.values())
        high = panel.defaults.get("max", low + 1 if is_flat else high)
        if panel.unit in ("bytes", "Bps") and high > 4:
            axes.yaxis.set_major_locator(MultipleLocator(2 ** math.ceil(math.log2(high / 6))))
        elif panel.unit == "s" and high > 120:
            axes.yaxis.set_major_locator(MultipleLocator(60 * math.ceil(high / 300)))
        else:
            axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.set_ylim(low, high)
    if panel.custom.get("thresholdsStyle", {}).get("mode", "off") != "off":
        for value, colour in panel.limits():
            if low <= value <= high:
                axes.axhline(value, color=colour, linewidth=0.9, linestyle=(0, (6, 4)), alpha=0.8)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: formatted(value, panel.unit)))
    axes.yaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))
    axes.tick_params(which="minor", length=0)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    time_axis(axes, panel)
    mark(axes, events)


def heatmap(picture, panel, area, events):
    x, y, width, height = area
    buckets = sorted([(float(labels["le"]), dict(points)) for _, labels, points in panel.series],
                     key=lambda each: each[0])
    moments = [panel.start + index * panel.step for index in range(int((panel.end - panel.start) / panel.step) + 1)]
    rows, before = [], {}
    for _, points in buckets:
        rows.append([max(points.get(at, 0) - before.get(at, 0), 0) ** 0.5 for at in moments])
        before = points
    # Rows above the highest that holds anything say nothing.
    used = [index for index, row in enumerate(rows) if any(row)] or [0, len(rows) - 1]
    first, last = max(used[0] - 1, 0), min(used[-1] + 1, len(rows) - 1)
    axes = picture.axes(x + 52, y, width - 56, height - 20)
    axes.pcolormesh([*moments, moments[-1] + panel.step], range(last - first + 2), rows[first:last + 1], cmap=HEAT)
    axes.set_yticks([index + 1 for index in range(last - first + 1)],
                    [duration(bound) if math.isfinite(bound) else "+Inf" for bound, _ in buckets[first:last + 1]])
    time_axis(axes, panel)
    mark(axes, events)


def timeline(picture, panel, area, events):
    x, y, width, height = area
    longest = max(len(name) for name, _, _ in panel.series)
    margin = min(longest * 5.9 + 8, width / 2)
    axes = picture.axes(x + margin, y, width - margin - 4, height - 20)
    for index, (name, _, points) in enumerate(panel.series):
        for at, value in points:
            axes.barh(-index, panel.step, left=at - panel.step / 2, height=0.7, color=panel.colour(value), linewidth=0)
    axes.set_ylim(-len(panel.series) + 0.5, 0.5)
    axes.set_yticks([-index for index in range(len(panel.series))],
                    [fit(name, margin, 7.5) for name, _, _ in panel.series])
    time_axis(axes, panel)


def bars(picture, panel, area, events):
    x, y, width, height = area
    most = panel.defaults.get("max", max(points[-1][1] for _, _, points in panel.series) or 1)
    each = height / len(panel.series)
    for index, (name, _, points) in enumerate(panel.series):
        value = points[-1][1]
        top = y + index * each
        picture.write(x, top + 8, fit(name, width), size=8, colour=FAINT)
        picture.box(x, top + 18, width - 80, each - 26, GRID)
        picture.box(x, top + 18, max(min(value / most, 1), 0.004) * (width - 80), each - 26, panel.colour(value))
        picture.write(x + width, top + 18 + (each - 26) / 2, panel.text(value), size=11, colour=panel.colour(value),
                      ha="right")


def table(picture, panel, area, events):
    x, y, width, _ = area
    order = panel.panel["transformations"][1]["options"]
    column = width / len(order["indexByName"])
    for label, index in order["indexByName"].items():
        picture.write(x + index * column, y + 10, order["renameByName"][label], size=8.5, colour=NAMED["blue"])
        for row, (_, labels, points) in enumerate(panel.series):
            cell = labels.get(label, "") if label != "Value" else f"{points[-1][1]:g}"
            picture.write(x + index * column, y + 34 + 22 * row, fit(cell, column - 10), size=8.5)


# MARK: Dashboards


def annotations(dashboard, prometheus, chosen, start, end, step):
    """When alerts were firing: a colour, a start and an end each."""
    for annotation in dashboard["annotations"].get("list") or []:
        if "expr" in annotation:
            for _, points in prometheus.range(interpolate(annotation["expr"], chosen), start, end, step):
                begun = before = points[0][0]
                for at, _ in points[1:]:
                    if at - before > 1.5 * step:
                        yield NAMED[annotation["iconColor"]], begun, before
                        begun = at
                    before = at
                yield NAMED[annotation["iconColor"]], begun, before


def render(dashboard, prometheus, end, minutes):
    step = 5
    end = end // step * step
    start = end - minutes * 60
    chosen = values(dashboard)
    panels = [Panel(each, prometheus, chosen, start, end, step) for each in dashboard["panels"]]
    events = list(annotations(dashboard, prometheus, chosen, start, end, step))
    rows = max(panel.place["y"] + panel.place["h"] for panel in panels)
    picture = Picture(dashboard["title"], 48 + rows * (CELL + GAP))
    for panel in panels:
        draw(picture, panel, events)
    picture.save(FOLDER / f"{dashboard['uid']}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prometheus", metavar="URL", default="http://127.0.0.1:9090",
                        help="whom to ask (default: %(default)s)")
    parser.add_argument("--minutes", type=int, default=15, help="how much to show (default: %(default)s)")
    options = parser.parse_args()
    end = int(time.time())
    FOLDER.mkdir(exist_ok=True)
    try:
        for dashboard in dashboards().values():
            render(dashboard, Prometheus(options.prometheus), end, options.minutes)
    except Failure as failure:
        sys.exit(f"render: {failure}")


if __name__ == "__main__":
    main()
