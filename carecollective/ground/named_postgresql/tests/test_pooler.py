"""Through a transaction pooler, the real PgBouncer: every limit on waiting holds there too."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from procrastinate.contrib.django.utils import connector_params

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import patience, wake
from carecollective.ground.identity import acting_as
from carecollective.ground.named_postgresql.pooler import limited
from carecollective.ground.patience import LIMITS
from carecollective.rollout.tests.servers import surroundings
from carecollective.tests.waiting import PATIENCE, eventually
from helprequests.tests.factories import HelpRequestFactory
from messaging.models import Conversation

from .conftest import a_folder, as_account

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
ON_CI = os.environ.get("CI") == "true"
pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not PGBOUNCER and not ON_CI, reason="no PgBouncer on this machine: apt-get install pgbouncer"),
]
SHOW = "SELECT " + ", ".join(f"current_setting('{name}')" for name in LIMITS)


@pytest.fixture
def pooler(db):
    with pgbouncer() as where:
        yield where


@contextmanager
def pgbouncer(*options):
    """In front of the test's database, each transaction on whichever connection is free."""
    connection.ensure_connection()
    known = connection.get_connection_params()
    where = {name: known[name] for name in ("host", "port", "user", "password", "dbname") if known.get(name)}
    with a_folder() as folder:
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\ntest = {' '.join(f'{name}={value}' for name, value in where.items())}\n"
            f"[pgbouncer]\npool_mode = transaction\nauth_type = any\nlisten_addr =\nlisten_port = 6432\n"
            f"unix_socket_dir = {folder}\nignore_startup_parameters = options\nlogfile =\npidfile =\n"
            + "\n".join(options)
        )
        process = as_account(PGBOUNCER, "-q", f"{folder}/pgbouncer.ini", stderr=subprocess.DEVNULL)
        try:
            eventually((folder / ".s.PGSQL.6432").exists)
            yield {"HOST": str(folder), "PORT": "6432", "NAME": "test", "USER": where["user"]}
        finally:
            process.terminate()
            process.wait(PATIENCE)


def asked(through, statement=SHOW):
    with through.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def test_the_pooler_lets_limits_fall_without_a_word(pooler):
    """Else the tests below prove nothing."""
    where = {"host": pooler["HOST"], "port": 6432, "dbname": "test", "user": pooler["USER"]}
    with psycopg.connect(**where, options=patience.AS_AN_OPTION, autocommit=True) as there:
        assert there.execute("SHOW statement_timeout").fetchone() == ("0",)


def test_every_limit_holds_in_a_transaction_and_for_a_statement_by_itself(pooler, wrapper):
    through = wrapper(**pooler)

    alone = asked(through)
    with transaction.atomic(using=through.alias):
        first = asked(through)
        with transaction.atomic(using=through.alias):
            nested = asked(through)

    assert alone == first == nested == tuple(LIMITS.values())


def test_they_end_with_their_transaction_and_nobody_else_gets_them(pooler, wrapper):
    asked(wrapper(**pooler))

    where = {"host": pooler["HOST"], "port": 6432, "dbname": "test", "user": pooler["USER"]}
    with psycopg.connect(**where, autocommit=True) as command:  # of a command: it may take hours
        assert command.execute("SHOW statement_timeout").fetchone() == ("0",)


@pytest.mark.parametrize("alone", [True, False])
def test_a_statement_that_takes_too_long_is_ended_by_the_database(pooler, wrapper, monkeypatch, alone):
    monkeypatch.setattr(patience, "IN_A_TRANSACTION", b"; SET LOCAL statement_timeout = '50ms'")
    through = wrapper(**pooler)

    around = nullcontext() if alone else transaction.atomic(using=through.alias)
    with pytest.raises(OperationalError) as ended, around:
        asked(through, "SELECT pg_sleep(600)")

    assert ended.value.__cause__.sqlstate == "57014"
    assert asked(through, "SELECT 7") == (7,)


def test_a_statement_by_itself_is_done_or_undone(pooler, wrapper):
    through = wrapper(**pooler)

    with through.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', 'kept', false)")
        with pytest.raises(Exception, match="division by zero"):
            cursor.execute("SELECT 1/0")
        assert through.get_autocommit()
        cursor.execute("SELECT 8")
        assert cursor.fetchone() == (8,)


def test_no_statement_has_a_name_that_the_next_connection_does_not_know(db, wrapper):
    with pgbouncer("server_reset_query = DISCARD ALL", "server_reset_query_always = 1") as forgets_at_once:
        through = wrapper(**forgets_at_once)
        assert [asked(through, "SELECT 9") for _ in range(10)] == [(9,)] * 10
        through.close_pool()


def test_a_direct_connection_pays_nothing_for_this(db, wrapper):
    connection.ensure_connection()
    known = connection.settings_dict
    direct = wrapper(**{name: known[name] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")})

    assert asked(direct) == tuple(LIMITS.values())
    assert not direct.connection.limits_are_lost
    assert direct.connection.prepare_threshold == 5
    assert limited not in direct.execute_wrappers


def test_no_statement_of_a_page_is_divided_among_processes(db, wrapper):
    known = connection.settings_dict
    direct = wrapper(**{name: known[name] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")})

    assert asked(direct, "SHOW max_parallel_workers_per_gather") == ("0",)


WAKE = """
import uuid, django; django.setup()
from django.db import connection, transaction
from carecollective.ground import wake
with transaction.atomic():
    wake.notifications_changed(uuid.UUID(int=7))
assert connection.connection.limits_are_lost
"""


def test_what_is_said_after_a_commit_is_heard_although_the_pooler_may_give_another_connection(pooler):
    through = f"postgres://{pooler['USER']}@/{pooler['NAME']}?host={quote(pooler['HOST'], safe='')}&port=6432"
    with psycopg.connect(**connector_params(), autocommit=True) as listening:
        listening.execute(f"LISTEN {wake.CHANNEL}")
        program = [sys.executable, "-c", WAKE]
        around = surroundings() | {"DATABASE_URL": through, "SERVING": "1"}
        subprocess.run(program, cwd=settings.BASE_DIR, env=around, check=True)

        (heard,) = listening.notifies(timeout=PATIENCE, stop_after=1)

    assert json.loads(heard.payload) == {"type": "notification", "members": ["00000000-0000-0000-0000-000000000007"]}


OFFER_AND_WRITE = """
import sys, uuid, django; django.setup()
from carecollective.accounts.models import Member
from messaging import services
helper = Member.objects.get(pk=sys.argv[1])
begun = services.offer_help(uuid.UUID(sys.argv[2]), by=helper, text="I can help you with that").conversation
for number in range(8):
    services.send_message(begun.pk, by=helper, text=f"Number {number}")
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", [{"SERVING": "1"}, {"PREPARED_STATEMENTS": "off"}], ids=["a server", "a command"])
def test_what_goes_together_goes_through_the_pooler_too(pooler, how):
    wanted, helper = HelpRequestFactory(), MemberFactory()
    through = f"postgres://{pooler['USER']}@/{pooler['NAME']}?host={quote(pooler['HOST'], safe='')}&port=6432"
    program = [sys.executable, "-c", OFFER_AND_WRITE, str(helper.pk), str(wanted.pk)]

    subprocess.run(program, cwd=settings.BASE_DIR, env=surroundings() | {"DATABASE_URL": through} | how, check=True)

    with acting_as(wanted.user):
        (begun,) = Conversation.objects.filter(help_request=wanted, helper=helper)
        assert begun.messages.count() == 8
