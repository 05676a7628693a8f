"""Whoever asks a private table without a scope is told, in place of an empty answer."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection
from django.test import RequestFactory, override_settings

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.scope_guard import OutsideEveryScope, private_table, unguarded
from carecollective.ground.walls import walls
from carecollective.tests.every_day import takes_long
from carecollective.tests.sql import refused
from carecollective.tests.waiting import PATIENCE
from carecollective.web.scope_guard import ScopeGuardMiddleware
from messaging.models import Message

pytestmark = pytest.mark.django_db


def test_it_names_the_table_what_to_write_and_the_page_to_read():
    with pytest.raises(OutsideEveryScope) as raised:
        Message.objects.count()

    assert str(raised.value) == (
        "messages_v2 is private, and nobody said who asks: it shows no row and takes none. Write "
        "`with acting_as(member):` around this, or one of the other two scopes (docs/ten-things.md, 1)."
    )


def test_inside_a_scope_it_says_nothing():
    with acting_as(MemberFactory()):
        assert Message.objects.count() == 0
    with acting_as_system("look"):
        assert Message.objects.count() == 0


@pytest.mark.parametrize("table", [*(table for table, wall in walls().items() if wall.is_forced), "threads", "offers"])
@pytest.mark.parametrize(
    "statement",
    ["SELECT 1 FROM {}", 'DELETE FROM "{}"', "INSERT INTO {} (id) VALUES (1)", "UPDATE {} SET id = 1",
     "WITH x AS (SELECT * FROM {}) SELECT 1", "SELECT 1 FROM members JOIN {} ON true"],
)  # fmt: skip
def test_it_knows_every_private_table_in_every_kind_of_statement(table, statement):
    assert private_table(statement.format(table)) == table


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1 FROM members", "SELECT relname FROM pg_class WHERE relname = 'messages_v2'", "SET LOCAL role none",
     "ALTER TABLE messages_v2 ENABLE ROW LEVEL SECURITY", "SELECT 1 FROM help_requests"],
)  # fmt: skip
def test_what_is_not_private_is_left_alone(statement):
    assert private_table(statement) is None


def test_what_a_wall_does_can_still_be_seen():
    with unguarded(), refused():
        Message.objects.count()


ELSEWHERE = """
import warnings
import django
django.setup()
from django.db import connection
from carecollective.ground import scope_guard

def ask():
    scope_guard._look(lambda *_: None, "SELECT 1 FROM messages_v2", None, False, {"connection": connection})

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    for _ in range(3):
        ask()
    ask()
print([type(each.message).__name__ for each in told])
"""


@takes_long
def test_in_commands_and_in_the_shell_it_warns_once_for_each_place_and_stops_nothing():
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "carecollective.settings"}
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], env=environment, capture_output=True, text=True, timeout=PATIENCE
    )

    assert (done.stdout.strip(), done.stderr) == ("['OutsideEveryScopeWarning', 'OutsideEveryScopeWarning']", "")


def test_with_debug_a_request_is_stopped_and_without_it_nothing_stands_in_its_way():
    with override_settings(DEBUG=True), pytest.raises(OutsideEveryScope):
        ScopeGuardMiddleware(lambda request: Message.objects.count())(RequestFactory().get("/"))
    with override_settings(DEBUG=False), pytest.raises(MiddlewareNotUsed):
        ScopeGuardMiddleware(lambda request: None)


def test_others_who_listen_to_statements_hear_them_as_before():
    heard = []

    def listen(execute, sql, params, many, context):
        heard.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen), acting_as(MemberFactory()):
        Message.objects.count()

    assert any("messages_v2" in sql for sql in heard)
