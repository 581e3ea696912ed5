"""Programs that are run for what they print, and what they are told."""

import argparse
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failure(Exception):
    """Says in one line why there is nothing to measure."""


def run(*command, environment=None):
    try:
        done = subprocess.run(
            list(map(str, command)), cwd=ROOT, capture_output=True, text=True, env=os.environ | (environment or {}))
    except OSError as error:
        raise Failure(f"{command[0]}: {error.strerror}") from None
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines()
        errors = [line for line in lines if "error" in line.lower()]
        raise Failure((errors[:1] or lines[-1:] or [f"{command[0]} failed"])[0])
    return done.stdout


def positive(text):
    """An argument's type."""
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return int(text)
