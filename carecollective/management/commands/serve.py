"""manage.py serve: everything that a start needs, and then the server."""

import hashlib
import signal
import sys
from pathlib import Path
from socket import socket
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from psycopg.conninfo import conninfo_to_dict

from carecollective.ground.doctor.examination import examine
from carecollective.ground.named_postgresql.reaching import wait_for
from carecollective.ground.one_at_a_time import one_at_a_time
from carecollective.management.commands.demo_data import DEMO_ACCOUNTS, DEMO_PASSWORD
from carecollective.management.migrating import migrate
from carecollective.management.serving import PARTS, listen, serve
from carecollective.own_data.leaving import services
from carecollective.rollout.services import begin_a_new_community
from carecollective.web import static_files

SECONDS_TO_END = 4


class Command(BaseCommand):
    help = "Migrates, loads the demo data in development, and serves: all in one process, or one part of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("part", nargs="?", choices=PARTS, default="all", help="what this process serves")
        parser.add_argument("--workers", type=int, default=1, help="how many processes serve this part")
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--port", type=int, default=settings.PORT, help="the port (environment: PORT)")
        parser.add_argument("--production", action="store_true", help="no demo data, and no demo account that works")

    def handle(
        self, *args: Any, part: str, workers: int, host: str, port: int, production: bool, **options: Any
    ) -> None:
        if production and settings.DEBUG:
            raise CommandError("--production needs DEBUG to be off: take DEBUG out of the environment and of .env.")
        refuse_workers_that_cannot_be(part, workers)
        end_on_signals()
        listener = None if part == "jobs" else listen(host, port)
        refuse_what_is_unsafe()
        migrate(self.stdout.write)  # not under the lock, which its process takes
        with one_at_a_time():
            self.erase_again()
            if settings.DEBUG:
                self.load_demo_data()
            else:
                refuse_demo_accounts()
                self.begin()
                if listener:
                    collect_static_files()
        if settings.LISTEN_DATABASE_URL:
            wait_for("LISTEN_DATABASE_URL", conninfo_to_dict(settings.LISTEN_DATABASE_URL))
        self.say_what_is_not_well()
        limit_waiting()
        try:
            serve(part, listener, workers, self.announcement(part, host, listener))
        finally:
            # A request that hangs must not keep the process alive: then the signal ends it.
            signal.alarm(SECONDS_TO_END)

    def erase_again(self) -> None:
        """Before anybody can look: whoever left or was deleted after this database was backed up is not to come back.

        Raises CommandError where that cannot be done.
        """
        try:
            count = services.apply_ledger()
        except (ImproperlyConfigured, DatabaseError) as reason:
            raise CommandError(f"Members who were erased may be back, so this does not open: {reason}") from None
        if count:
            self.stdout.write(f"The database was older than the erasure ledger: {count} members were erased again.")

    def begin(self) -> None:
        if begin_a_new_community(by="first start"):
            self.stdout.write(
                "This is a new community, with nothing to move: everybody starts in the new messaging. "
                "`manage.py rollout` shows and changes that."
            )

    def say_what_is_not_well(self) -> None:
        for found in examine(only=lambda check: check.at_start):
            if not found.is_well:
                self.stderr.write(f"Attention: {found.fault}")

    def load_demo_data(self) -> None:
        try:
            call_command("demo_data", stdout=self.stdout)
        except CommandError as reason:
            self.stderr.write(str(reason))  # somebody has tried things out with it: no reason not to start

    def announcement(self, part: str, host: str, listener: socket | None) -> str:
        if listener is None:
            return f"The jobs of {settings.COMMUNITY_NAME} are worked off (Ctrl-C ends it)"
        name = f"[{host}]" if ":" in host else host
        what = "is" if part == "all" else f"has its {part}"
        lines = [f"{settings.COMMUNITY_NAME} {what} at http://{name}:{listener.getsockname()[1]}/ (Ctrl-C ends it)"]
        if settings.DEBUG:
            lines += [
                f"Demo accounts, all with the password {DEMO_PASSWORD}:",
                *(f"  {mail}" for mail in DEMO_ACCOUNTS),
            ]
        return "\n".join(lines)


def refuse_workers_that_cannot_be(part: str, workers: int) -> None:
    """Raises CommandError for less than one process, and for several of all in one: they would share no jobs."""
    if workers < 1:
        raise CommandError(f"--workers {workers}: at least 1 process serves.")
    if workers > 1 and part == "all":
        raise CommandError(
            f"--workers {workers} is for one part: `manage.py serve pages --workers {workers}`, and beside it "
            "`manage.py serve sockets` and `manage.py serve jobs`."
        )


def refuse_what_is_unsafe() -> None:
    """Raises CommandError with the first thing that would not be safe. A look around may do without walls."""
    connection.ensure_connection()  # waits for one that is still starting, and says why one will never be there
    for found in examine(only=lambda check: check.stops):
        if not found.is_well and not (settings.DEBUG and found.check.code == "walls"):
            raise CommandError(found.fault)


def refuse_demo_accounts() -> None:
    """Raises CommandError while an account whose password everybody knows can sign in."""
    for email in DEMO_ACCOUNTS:
        for member in get_user_model()._default_manager.filter(email__iexact=email):
            if member.is_active and member.check_password(DEMO_PASSWORD):
                raise CommandError(
                    f"The demo account {email} can sign in: `manage.py demo_data --remove --force` takes "
                    "the demo accounts away."
                )


def collect_static_files() -> None:
    """Only after a change: hashing and compressing them all takes longer than the rest of the start."""
    described = hashlib.sha256(static_files.COMPRESSED_BY.encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            described.update(f"{path} {storage.size(path)} {storage.get_modified_time(path)}\n".encode())
    stamp = Path(settings.STATIC_ROOT).with_suffix(".stamp")
    if not (stamp.exists() and stamp.read_text() == described.hexdigest()):
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(described.hexdigest())


def limit_waiting() -> None:
    """From here on a statement must not wait for ever; the migrations before had to be able to."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["OPTIONS"] |= getattr(settings, "SERVING_OPTIONS", {})


def end_on_signals() -> None:
    """Whatever ends this process ends it in order, so that the embedded database is left too."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    # A closed terminal. Passed on, because uvicorn puts a handler of its own on SIGTERM.
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
