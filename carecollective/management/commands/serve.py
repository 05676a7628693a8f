"""manage.py serve: everything that a start needs, and then the server."""

import hashlib
import signal
import socket
import sys
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
from psycopg.conninfo import conninfo_to_dict

from carecollective.ground.named_postgresql.reaching import wait_for
from carecollective.ground.one_at_a_time import one_at_a_time
from carecollective.management.commands.demo_data import DEMO_ACCOUNTS, DEMO_PASSWORD
from carecollective.management.migrating import migrate, refuse_the_owners_login
from carecollective.own_data.leaving import services
from carecollective.rollout.services import begin_a_new_community
from carecollective.web import static_files

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
        refuse_https_that_never_comes()
        listener = listen(host, port)
        if not settings.DEBUG:
            refuse_a_login_without_walls()
        refuse_the_owners_login()
        migrate(self.stdout.write)  # not under the lock, which its process takes
        with one_at_a_time():
            self.erase_again()
            if settings.DEBUG:
                self.load_demo_data()
            else:
                refuse_demo_accounts()
                self.begin()
                collect_static_files()
        if settings.LISTEN_DATABASE_URL:
            wait_for("LISTEN_DATABASE_URL", conninfo_to_dict(settings.LISTEN_DATABASE_URL))
        limit_waiting()
        try:
            Server(self.announcement(host, listener.getsockname()[1])).run(sockets=[listener])
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
                ws="carecollective.web.live.protocol:Protocol",
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


def refuse_a_login_without_walls() -> None:
    """Raises CommandError for one that row level security does not hold: every wall below us would be painted on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper FROM pg_roles "
            "WHERE rolname IN (current_user, session_user) AND (rolsuper OR rolbypassrls)"
        )
        found = cursor.fetchone()
    if found:
        name, is_superuser = found
        what = "a superuser of the database" if is_superuser else "one that bypasses row level security"
        login = connection.ops.quote_name(name)
        raise CommandError(
            f"The login {name} (DATABASE_URL) is {what}, so no wall stands between members. As another superuser, type "
            f"ALTER ROLE {login} NOSUPERUSER NOBYPASSRLS CREATEROLE; or use a login of its own, "
            "which docs/operations.md shows how to make."
        )


def refuse_https_that_never_comes() -> None:
    """Raises CommandError where every page would send everybody to itself: this server speaks no TLS."""
    if settings.SECURE_SSL_REDIRECT and not settings.NUM_PROXIES:
        raise CommandError(
            "NUM_PROXIES must be 1 or more where PUBLIC_URL begins with https://: a proxy in front speaks TLS, and "
            "only then is it believed that it did."
        )


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
