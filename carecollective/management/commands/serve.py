"""manage.py serve: everything that a start needs, and then the server."""

import contextlib
import hashlib
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from carecollective.leaving import services
from carecollective.management.commands.demo_data import DEMO_ACCOUNTS, DEMO_PASSWORD

PREPARING = 20261120  # names the lock under which one process at a time prepares the database
SECONDS_FOR_OPEN_REQUESTS = 3
SECONDS_TO_END = 4


class Command(BaseCommand):
    help = "Migrates, loads the demo data in development, and serves pages and API."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--port", type=int, default=settings.PORT, help="the port (environment: PORT)")
        parser.add_argument("--production", action="store_true", help="no demo data, and no demo account that works")

    def handle(self, *args: Any, host: str, port: int, production: bool, **options: Any) -> None:
        if production and settings.DEBUG:
            raise CommandError("--production needs DEBUG to be off: take DEBUG out of the environment and of .env.")
        end_on_signals()
        listener = listen(host, port)
        with one_at_a_time():
            self.migrate()
            self.erase_again()
            if settings.DEBUG:
                self.load_demo_data()
            else:
                refuse_demo_accounts()
                collect_static_files()
        limit_waiting()
        try:
            Server(self.announcement(host, listener.getsockname()[1])).run(sockets=[listener])
        finally:
            # A request that hangs must not keep the process alive: then the signal ends it.
            signal.alarm(SECONDS_TO_END)

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        # Asked first: also a migrate without work takes its time, at every start.
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
            self.stdout.write("The database is up to date.")

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

    def load_demo_data(self) -> None:
        try:
            call_command("demo_data", stdout=self.stdout)
        except CommandError as reason:
            self.stderr.write(str(reason))  # somebody has tried things out with it: no reason not to start

    def announcement(self, host: str, port: int) -> str:
        name = f"[{host}]" if ":" in host else host
        lines = [f"{settings.COMMUNITY_NAME} is at http://{name}:{port}/ (Ctrl-C ends it)"]
        if settings.DEBUG:
            lines += [
                f"Demo accounts, all with the password {DEMO_PASSWORD}:",
                *(f"  {mail}" for mail in DEMO_ACCOUNTS),
            ]
        return "\n".join(lines)


class Server(uvicorn.Server):
    """uvicorn, which says where it is once it takes requests."""

    def __init__(self, announcement: str) -> None:
        super().__init__(
            uvicorn.Config(
                "carecollective.asgi:application",
                lifespan="on",  # starts and ends the worker of the jobs
                log_config=None,  # Django's settings hold
                log_level="warning",
                access_log=False,  # addresses of pages hold what people search for
                # Who the caller is decides NUM_PROXIES, never a header that anybody on this machine can send.
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=SECONDS_FOR_OPEN_REQUESTS,
                ws="carecollective.live.protocol:Protocol",
            )
        )
        self.announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self.announcement, flush=True)  # noqa: T201 (the one thing that a start has to say)


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else is done. Raises CommandError when it is not to be had."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # two starts at once: only one of them can listen
    except OSError as error:
        listener.close()
        raise CommandError(
            f"Cannot listen on {host}, port {port}: {error.strerror}. Another one: script/server --port {port + 1}"
        ) from None
    return listener


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Others that start at the same moment wait here.

    A transaction of its own on a second connection holds the lock: so it also works through a transaction pooler,
    and it is free again when this process dies.
    """
    waiting = connection.copy()
    try:
        waiting.set_autocommit(False)
        with waiting.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PREPARING])
        yield
    finally:
        waiting.rollback()
        waiting.close()


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
    described = hashlib.sha256()
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
