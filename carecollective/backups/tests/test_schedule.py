"""By the clock, without anybody there; and what is told when it did not work."""

import subprocess
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as post

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.backups import health, key, mail, schedule, shelf
from carecollective.backups.models import MADE, TRIED, Run, note
from carecollective.ground import clock
from carecollective.ground.backup_variables import Backups
from carecollective.ground.embedded_postgresql.archive import NotDone
from carecollective.tests.owner import run_as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installed(settings, tmp_path):
    settings.DEBUG = False
    settings.BACKUPS = Backups(tmp_path / "backups", "k" * 40, tmp_path / "backup.key", time(3, 15), 30)


@pytest.fixture
def typed(monkeypatch):
    """What is begun as a process of its own; each fails whose word stands in `fails`."""
    began = []

    def run(command, **_options):
        began.append(command[-1])
        failed = command[-1] in began.fails
        if not failed:
            note({"now": MADE, "drill": TRIED}[command[-1]], "care-x.backup")
        return subprocess.CompletedProcess(command, failed, "", "noise\nCommandError: No room is left.\n")

    class Began(list):
        fails = ()

    began = Began()
    monkeypatch.setattr(schedule.subprocess, "run", run)
    return began


def ran(what, ago, failed=""):
    note(what, "care-x.backup", failed)
    run_as_owner("UPDATE backup_runs SET ended_at = now() - %s WHERE id = (SELECT max(id) FROM backup_runs)", ago)


def failures():
    return list(Run.objects.exclude(failed="").values_list("what", "failed"))


def told():
    return [sent.subject for sent in post.outbox]


@pytest.fixture
def sent(monkeypatch):
    """Jobs about mail, done at once."""
    monkeypatch.setattr(mail.tell_the_administrators, "defer", mail.tell_the_administrators)


def test_it_is_due_once_a_day_at_its_time_where_the_community_is(settings, monkeypatch):
    settings.TIME_ZONE = "America/Chicago"
    night = datetime(2026, 12, 1, 3, 15, tzinfo=ZoneInfo("America/Chicago"))

    for now, due in ((night, night), (night - timedelta(seconds=1), night - timedelta(days=1))):
        monkeypatch.setattr(clock, "now", lambda now=now: now.astimezone(ZoneInfo("UTC")))
        assert schedule.last_due() == due


def test_a_backup_is_made_and_then_tried_and_that_is_it_for_the_day(typed):
    schedule.keep()
    schedule.keep()

    assert typed == ["now", "drill"]


def test_nobody_who_has_not_set_it_up_gets_one(typed, settings):
    settings.BACKUPS = settings.BACKUPS._replace(key="")
    schedule.keep()
    settings.BACKUPS = settings.BACKUPS._replace(key="k" * 40, at=None)
    schedule.keep()

    assert typed == []


def test_one_that_fails_is_told_to_the_administrators_and_is_not_tried(typed, sent):
    boss = on_the_team("administrators", email="boss@example.org", language="es")
    typed.fails = ("now",)

    schedule.keep()

    assert typed == ["now"]
    assert failures() == [(MADE, "No room is left.")]
    assert [(sent.to, "No room is left." in sent.body) for sent in post.outbox] == [([boss.email], True)]


def test_a_drill_that_fails_is_told(typed, sent):
    on_the_team("administrators", language="en")
    typed.fails = ("drill",)

    schedule.keep()

    assert told() == ["Care Collective: the backup did not pass its test"]


def test_it_is_tried_again_after_an_hour_and_told_once_a_day(typed, sent):
    on_the_team("administrators")
    typed.fails = ("now",)
    ran(MADE, timedelta(minutes=50), "No room is left.")
    schedule.keep()
    assert (typed, told()) == ([], [])

    run_as_owner("UPDATE backup_runs SET ended_at = now() - interval '70 minutes'")
    schedule.keep()

    assert (typed, told()) == (["now"], [])


# --- The doctor ------------------------------------------------------------------------------------------------------


@pytest.fixture
def members():
    member = MemberFactory()
    run_as_owner("UPDATE members SET joined_at = now() - interval '9 days' WHERE id = %s", member.pk)
    return Member.objects.get(pk=member.pk)


def test_a_community_of_today_needs_none_yet():
    MemberFactory()

    assert health.backup() is None


def test_there_has_never_been_one(members):
    assert health.backup().startswith("There has never been a backup: type `manage.py backup now`")


def test_the_last_one_is_old(members):
    ran(MADE, timedelta(hours=47))
    assert health.backup() is None

    run_as_owner("UPDATE backup_runs SET ended_at = now() - interval '49 hours'")
    assert "type `manage.py backup schedule`" in health.backup()

    ran(MADE, timedelta(0), "No room is left.")
    assert health.backup().startswith("The last backup failed: No room is left. Put that right, then type ")


def test_a_drill_that_failed_or_that_nobody_made(members):
    ran(MADE, timedelta(0))
    assert health.drill() is None
    ran(TRIED, timedelta(days=9))
    assert health.drill().startswith("No drill has restored a backup since ")

    ran(TRIED, timedelta(0), "It is not whole.")

    assert health.drill().startswith("The newest backup could not be restored in a drill: It is not whole.")


# --- The key, and what is kept ---------------------------------------------------------------------------------------


def test_a_key_is_made_once_for_our_eyes_only(settings, capsys):
    settings.BACKUPS = settings.BACKUPS._replace(key="")
    said = []

    first, second = key.made(said.append), key.made(said.append)

    assert first == second == key.file().read_text().strip()
    assert key.file().stat().st_mode & 0o777 == 0o600
    assert [line[:16] for line in said] == ["A key was made: "]


def test_a_key_beside_the_backups_is_refused(settings):
    settings.BACKUPS = settings.BACKUPS._replace(key="", folder=settings.BACKUPS.key_file.parent)

    with pytest.raises(NotDone, match="would lie among the backups that it opens"):
        key.made(print)


def test_what_is_older_than_it_is_kept_goes_and_never_the_newest(settings):
    shelf.folder().mkdir()
    old = [shelf.folder() / f"care-{day}T031500Z.backup" for day in ("20200101", "20200102")]
    others = shelf.folder() / "care-of-mine.backup"
    for file in (*old, others):
        file.write_bytes(b"")

    assert shelf.forget_old() == [old[0]]
    assert sorted(shelf.folder().iterdir()) == [old[1], others]


def test_two_at_once_are_refused(settings, tmp_path):
    settings.EMBEDDED_POSTGRES_DIR = str(tmp_path / "postgres")

    with shelf.alone(), pytest.raises(NotDone, match="Another backup, drill or restore is at work"), shelf.alone():
        pass
