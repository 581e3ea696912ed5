"""Tables in Markdown."""

import statistics


def markdown(columns, rows):
    lines = [columns, ["---"] + ["--:"] * (len(columns) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def spread(values):
    least, middle, most = map(number, (min(values), statistics.median(values), max(values)))
    return f"{middle} ({least}–{most})"


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
