"""script/bench [--small] [--rows NAME…] [--plans] [--fresh] [--json FILE]"""

import os

os.environ |= {"DJANGO_SETTINGS_MODULE": "carecollective.settings", "DEBUG": "1", "RATE_LIMITS": "off"}

import argparse
import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from django.conf import settings

NAMES = {"large": "carecollective_bench_large", "small": "carecollective_bench_small"}

# Before anything can connect: only the server is the application's, never its database.
own = settings.DATABASES["default"]
settings.DATABASES = {
    **{alias: {**own, "NAME": name} for alias, name in NAMES.items()},
    "default": {**own, "NAME": NAMES["small"]},
}
django.setup()
settings.DEBUG = False  # it was needed to turn the limits off; a kept list of all queries would slow everything down

from django.db import connection  # noqa: E402 (these need the settings)

from benchmarks import data, measure, plans  # noqa: E402
from benchmarks.rows import ROWS  # noqa: E402

SIZES = {"large": data.LARGE, "small": data.SMALL}


def main() -> None:
    options = _options()
    which = "small" if options.small else "large"
    rows = [ROWS[name] for name in options.rows or ROWS]
    needed = {which} | ({"small"} if any(row.needs_both for row in rows) else set())
    for alias in sorted(needed):
        with data.on_database(alias):
            data.prepare(SIZES[alias], fresh=options.fresh)

    figures = []
    with data.on_database(which):
        if options.plans:
            print(plans.plans())
            return
        machine = _machine()
        print(f"{SIZES[which]}\n{machine}\n")
        for row in rows:
            if row.needs_both and options.small:
                figures.append(measure.Figure(row.name, "-", None, "-", None, note="needs the large set"))
            else:
                figures += row.measure()
    print(measure.table(figures))
    if options.json:
        report = {"set": which, "machine": machine, "figures": [figure.as_json() for figure in figures]}
        options.json.write_text(json.dumps(report, indent=2) + "\n")


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures against the earlier design.")
    parser.add_argument("--small", action="store_true", help="with a twentieth of the data")
    parser.add_argument("--rows", nargs="+", choices=ROWS, metavar="NAME", help=f"only these: {', '.join(ROWS)}")
    parser.add_argument("--plans", action="store_true", help="print the plans of a thread and of inboxes instead")
    parser.add_argument("--fresh", action="store_true", help="make the databases anew, though they are complete")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args()


def _machine() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('shared_buffers')")
        version, buffers = cursor.fetchone()
    return (
        f"PostgreSQL {version} (shared_buffers {buffers}), Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


if __name__ == "__main__":
    main()
