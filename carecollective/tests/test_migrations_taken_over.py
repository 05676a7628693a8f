"""A database of before the migrations were written anew is taken over by `migrate` as it is, or told why not."""

import io
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.loader import MigrationLoader

from carecollective.ground.one_at_a_time import PREPARING, one_at_a_time
from carecollective.management.commands.migrate import BEFORE, INSTEAD, old_names
from carecollective.tests.databases import PROJECT, copied_database, logins_for_another_process
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import column, one, run
from carecollective.tests.test_migrations import catalogue
from carecollective.tests.waiting import eventually

pytestmark = takes_long  # each goes back to that day first; the quick ones stand in test_migrations_of_before.py

TODAY = {key for key in MigrationLoader(None).disk_migrations if key[0] in BEFORE}
# The last one of each app on that day: what came later is not there yet.
THAT_DAY = dict(sorted(INSTEAD))
OLDER = "This database is older than the version of 30 November 2026"


@pytest.fixture(scope="module", autouse=True)
def _own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("taken_over"):
        yield


@pytest.fixture(scope="module")
def todays(_own_database):
    return catalogue()


@pytest.fixture(autouse=True)
def of_before(todays):
    """The schema of that day is the same, so the names make it a database of before."""
    if names() == TODAY:
        for app, name in THAT_DAY.items():
            call_command("migrate", app, name, verbosity=0)
    run_as_owner("DELETE FROM django_migrations WHERE app = ANY(%s)", list(BEFORE))
    for app, (count, last) in BEFORE.items():
        for name in [*(f"{place:04}_of_before" for place in range(1, count)), last]:
            run_as_owner("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", app, name)


def names():
    return set(run("SELECT app::text, name::text FROM django_migrations WHERE app = ANY(%s)", list(BEFORE)))


def migrate(*options):
    output = io.StringIO()
    call_command("migrate", *options, stdout=output, no_color=True)
    return output.getvalue()


def test_it_is_taken_over_as_it_is_and_only_once(todays):
    others = column("SELECT name FROM django_migrations WHERE app <> ALL(%s)", list(BEFORE))

    output, again = migrate(), migrate()

    assert names() == TODAY
    assert catalogue() == todays
    assert column("SELECT name FROM django_migrations WHERE app <> ALL(%s)", list(BEFORE)) == others
    assert ["taken over" in each for each in (output, again)] == [True, False]
    assert ["No migrations to apply." in each for each in (output, again)] == [set(INSTEAD) == TODAY, True]


@pytest.mark.parametrize("app", list(BEFORE))
@pytest.mark.parametrize("missing", ["0001_of_before", "the last"])
def test_one_name_less_is_refused_and_nothing_is_changed(app, missing):
    name = BEFORE[app][1] if missing == "the last" else missing
    assert run_as_owner("DELETE FROM django_migrations WHERE (app, name) = (%s, %s)", app, name) == 1
    before = names()

    with pytest.raises(CommandError, match=f"{OLDER}.* of {app} are missing.* Nothing has been changed"):
        migrate()

    assert names() == before


def test_a_much_older_one_is_refused_with_what_to_do():
    run_as_owner("DELETE FROM django_migrations WHERE app = ANY(%s) AND name > '0003'", list(BEFORE))
    before = names()

    with pytest.raises(CommandError, match=r"Run `manage\.py migrate` of that version, and then"):
        migrate()

    assert names() == before


def test_another_schema_is_refused_and_nothing_is_changed():
    before = names()
    run_as_owner("ALTER TABLE mails NO FORCE ROW LEVEL SECURITY")
    try:
        with pytest.raises(CommandError, match=r"another one: the table mails .* not forced\. Nothing"):
            migrate()
    finally:
        run_as_owner("ALTER TABLE mails FORCE ROW LEVEL SECURITY")

    assert names() == before


@pytest.mark.parametrize("option", ["--plan", "--check"])
def test_whoever_only_looks_is_told_and_nothing_is_changed(option):
    before = names()

    with pytest.raises(CommandError, match=r"`manage\.py migrate` takes it over"):
        migrate(option)

    assert names() == before


def test_one_of_today_is_left_alone():
    migrate()

    assert old_names() == {}
    assert "taken over" not in migrate("--plan")


def test_a_new_one_is_left_alone():
    run_as_owner("DELETE FROM django_migrations WHERE app = ANY(%s)", list(BEFORE))

    assert old_names() == {}


@pytest.mark.thorough
def test_of_two_at_once_one_takes_it_over_and_the_other_waits():
    environment = os.environ | logins_for_another_process()
    command = [sys.executable, "manage.py", "migrate"]

    with one_at_a_time():
        two = [
            subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        eventually(lambda: waiting() == 2)
    output = [process.communicate(timeout=300)[0] for process in two]

    assert [process.returncode for process in two] == [0, 0]
    assert sum("taken over" in each for each in output) == 1
    assert names() == TODAY


def waiting():
    return one("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", PREPARING)
