"""The wall that each model says is the one that the database has, and whoever writes it down again gets the same."""

import io

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from carecollective.ground import privacy, walls
from carecollective.ground.registry import models_that_say
from carecollective.kept_texts.models import KeptText
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import column, undone

PRIVATE = """
SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND relforcerowsecurity ORDER BY relname
"""
POLICIES = "SELECT tablename || ' ' || policyname FROM pg_policies WHERE schemaname = 'public' ORDER BY 1"
GRANTED = """
SELECT relname::text || ' ' || grantee::regrole FROM pg_class CROSS JOIN aclexplode(relacl)
WHERE relname = ANY (%s) AND grantee <> relowner AND grantee <> %s::regrole
UNION SELECT relname || '.' || attname FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid
CROSS JOIN aclexplode(attacl)
WHERE relname = ANY (%s) AND grantee <> relowner AND grantee <> %s::regrole AND NOT attisdropped
"""


def test_each_private_table_has_a_model_that_says_its_wall_and_what_becomes_of_each_column(db):
    private = column(PRIVATE)

    assert sorted({*walls.walls()} - {"help_requests"}) == private
    assert [table for table in private if table not in privacy.declared()] == []


def test_what_models_say_is_what_the_database_has(db):
    assert list(walls.faults()) == []


# Beside a model of a library stands no wall: `accounts` has them in a migration.
OF_A_LIBRARY = [
    "mfa_authenticator that there is a second step is asked before anybody acts",
    "mfa_authenticator the system compares and changes second steps",
]


@takes_long
def test_every_wall_comes_down_and_goes_up_again_from_what_is_said(db):
    models = list(models_that_say("wall"))
    tables = [model._meta.db_table for model in models]
    before, private = column(POLICIES), column(PRIVATE)

    with undone():
        for model in models:
            run_as_owner(walls.reverse_sql(model))
        left = column(POLICIES), column(PRIVATE), column(GRANTED, *[tables, settings.WEB_LOGIN] * 2)
        for model in models:
            run_as_owner(walls.sql(model))
        again = column(POLICIES), column(PRIVATE), list(walls.faults())

    assert left == (OF_A_LIBRARY, [], [])
    assert again == (before, private, [])


def test_the_command_prints_both_for_a_migration():
    output = io.StringIO()

    call_command("wall", "kept_texts", stdout=output)

    assert output.getvalue() == (
        f'WALL = """\n{walls.sql(KeptText)}\n"""\nNO_WALL = """\n{walls.reverse_sql(KeptText)}\n"""\n'
    )


def test_the_command_says_what_to_write_where_there_is_none():
    with pytest.raises(CommandError, match=r"No model says a wall for diary: write wall = Wall\(…\) in its class."):
        call_command("wall", "diary")
