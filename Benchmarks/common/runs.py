"""Figures of several runs of one thing: each run is a dictionary."""

import statistics
import sys

from common import table


def there_and_back(items, round_number):
    """In their order, then in the opposite one: who runs before whom weighs on neither, nor does a machine that slows down
    in the course of a round."""
    return list(items)[::-1 if round_number % 2 else 1]


def spread(runs, key):
    values = [run[key] for run in runs]
    return table.spread(values) if len(values) > 1 else table.number(*values)


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def ratio(runs, others, key):
    """The median of each round's: a machine that is slow for minutes is so for both."""
    return statistics.median(run[key] / other[key] for run, other in zip(runs, others, strict=True))


def total(runs, key):
    return f"{sum(run[key] for run in runs):,}"


def progress(section, text):
    print(f"{section}: {text}", file=sys.stderr)
