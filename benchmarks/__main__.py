"""script/bench [--small] [--only NAME…] [--plans] [--fresh] [--json FILE] [--document]"""

import os

os.environ |= {"DJANGO_SETTINGS_MODULE": "carecollective.settings", "DEBUG": "1", "RATE_LIMITS": "off"}

import argparse
import platform
import resource
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ["SECRET_KEY"] = secrets.token_urlsafe(48)  # sessions that are made here are read by the servers

import django
from django.conf import settings
from django.db.backends.signals import connection_created

from benchmarks.sizes import A_TWENTIETH_OF, SIZES

# Before anything can connect: only the server is the application's, never its database.
own = settings.DATABASES["default"]
names = {alias: f"carecollective_bench_{alias}" for alias in SIZES}
settings.DATABASES = {
    **{alias: {**own, "NAME": name} for alias, name in names.items()},
    "default": {**own, "NAME": names["small"]},
}
django.setup()
settings.DEBUG = False  # it was needed to turn the limits off; a kept list of all queries would slow everything down
connection_created.disconnect(dispatch_uid="scope_guard")  # as in production: it looks into every statement

from benchmarks import databases, loading, plans, report  # noqa: E402 (these need the settings)
from benchmarks.bench import Bench, measured  # noqa: E402
from benchmarks.figures import exit_code, missed  # noqa: E402
from benchmarks.rows import ROWS  # noqa: E402

SECONDS = {"large": 30.0, "small": 4.0}
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def main() -> int:
    """The exit status: 1 where a goal was missed."""
    options = _options()
    which = "small" if options.small else "large"
    rows = [ROWS[name] for name in options.only or ROWS]
    for name in {which} | {A_TWENTIETH_OF[which] for row in rows if row.needs_twentieth}:
        with databases.on_database(name):
            loading.prepare(SIZES[name], fresh=options.fresh)
    with databases.on_database(which):
        if options.plans:
            print(plans.plans())
            return 0
        words = f"{SIZES[which]}; {_machine()}"
        print(f"{words}\n", flush=True)
        with Bench(which, SECONDS[which]) as bench:
            figures = [figure for row in rows for figure in measured(bench, row)]
        words += f", until {datetime.now(UTC):%H:%M}; load {os.getloadavg()[2]:.1f}"
    print(f"\n{report.table(figures)}\n\nMissed: {', '.join(missed(figures)) or 'nothing'}.")
    if options.json:
        report.write_json(options.json, {"set": which, "machine": words}, figures)
    if options.document:
        report.write_document(DOCUMENT, which, words, figures)
    return exit_code(figures)


def _options() -> Any:
    parser = argparse.ArgumentParser(
        prog="script/bench", description="Measures, and exits with 1 where a goal is missed."
    )
    parser.add_argument("--small", action="store_true", help="with a twentieth of the data")
    parser.add_argument("--only", nargs="+", choices=ROWS, metavar="NAME", help=f"only these: {', '.join(ROWS)}")
    parser.add_argument("--plans", action="store_true", help="print the plans of a thread and of inboxes instead")
    parser.add_argument("--fresh", action="store_true", help="make the databases anew, though they are complete")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--document", action="store_true", help="put the table into docs/benchmarks.md")
    return parser.parse_args()


def _machine() -> str:
    ((version, buffers),) = databases.ask("SELECT current_setting('server_version'), current_setting('shared_buffers')")
    return (
        f"PostgreSQL {version} (shared_buffers {buffers}), Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    sys.exit(main())
