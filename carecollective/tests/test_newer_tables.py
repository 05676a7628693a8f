"""This release on the tables of a newer one: it works on the next one's, changes nothing, and refuses a later one's."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from carecollective.ground import behind, logins, release
from carecollective.ground.doctor import usual
from carecollective.management import migrating
from carecollective.management.commands.serve import refuse_what_is_unsafe
from carecollective.tests.databases import copied_database
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import column, one

pytestmark = takes_long


NEWER = "INSERT INTO django_migrations (app, name, applied) VALUES ('messaging', '9999_of_tomorrow', now())"
MORE_RIGHTS = "GRANT DELETE ON django_content_type TO {login}"


@pytest.fixture(autouse=True)
def _own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("newer"):
        yield
        connection.close()


def of(newer, since):
    note = json.dumps({"release": newer, "since": since})
    run_as_owner(f"{NEWER}; COMMENT ON TABLE django_migrations IS '{note}'")


def migrate():
    said = io.StringIO()
    call_command("migrate", verbosity=0, stdout=said)
    return said.getvalue()


def test_migrate_notes_its_release_where_everybody_reads_it(settings, monkeypatch):
    settings.VERSION = "0.3.0"
    monkeypatch.setattr(release, "SERVED_SINCE", "0.2.0")
    migrate()

    assert release.noted() == ("0.3.0", "0.2.0")
    assert (behind.missing(), usual.works_on_these_tables(), usual.newest()) == ("", None, None)


def test_a_comment_of_somebody_else_is_no_note():
    run_as_owner("COMMENT ON TABLE django_migrations IS 'made by hand'")

    assert (release.noted(), usual.works_on_these_tables()) == (("", ""), None)


def test_on_the_tables_of_the_next_release_it_serves_and_says_so(settings, monkeypatch):
    of("0.2.0", settings.VERSION)

    monkeypatch.setattr(migrating.owner, "forget", lambda: None)  # this process goes on with other tests
    refuse_what_is_unsafe()
    migrating.migrate(print)

    assert "of a newer release (1 migrations that 0.1.0 does not have)" in str(usual.newest())


def test_what_the_newer_release_may_stays_its_own(settings):
    """It may still be serving: an older one that starts beside it takes no right from it, and leaves its note."""
    of("0.2.0", settings.VERSION)
    login = connection.ops.quote_name(logins.web_login())
    run_as_owner(MORE_RIGHTS.format(login=login))
    assert any("has too much: django_content_type" in fault for fault in logins.faults())

    assert behind.missing() == ""
    assert "of a newer release than 0.1.0, and stays as it is" in migrate()

    assert one("SELECT has_table_privilege(session_user, 'django_content_type', 'DELETE')")
    assert release.noted() == ("0.2.0", settings.VERSION)


@pytest.mark.parametrize("door", [refuse_what_is_unsafe, migrate])
def test_on_the_tables_of_a_later_one_it_refuses_in_one_sentence_and_changes_nothing(door):
    of("0.4.0", "0.3.0")
    before = column("SELECT name FROM django_migrations ORDER BY id")

    with pytest.raises(CommandError, match=r"^The database is of release 0\.4\.0, and this is 0\.1\.0.*start 0\.3\.0"):
        door()

    assert column("SELECT name FROM django_migrations ORDER BY id") == before
    assert release.noted() == ("0.4.0", "0.3.0")
