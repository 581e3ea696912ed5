"""Writes the dashboards that Grafana is given: one JSON file each, the same bytes every time."""
import importlib
import json
import pathlib
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from parts import TITLES

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "compose/grafana/dashboards"


def files():
    """The content of each file, by its name."""
    return {f"{uid}.json": json.dumps(importlib.import_module(uid).build(), cls=JSONEncoder, sort_keys=True, indent=2,
                                      ensure_ascii=False) + "\n" for uid in TITLES}


def main():
    for name, content in files().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
    for stray in set(FOLDER.glob("*.json")) - {FOLDER / name for name in files()}:
        sys.exit(f"generate: {stray.relative_to(FOLDER.parent.parent.parent)} is nobody's: no module is of that name")


if __name__ == "__main__":
    main()
