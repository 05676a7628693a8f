"""What an operator types, with real servers: a backup is made, everything goes wrong that can, and it is put back."""

import re
from contextlib import contextmanager

import pytest

from carecollective.backups.tests.conftest import Installation, small_disk
from carecollective.ground.embedded_postgresql.tests.conftest import a_place
from carecollective.ground.named_postgresql.tests.conftest import begin
from carecollective.tests.waiting import line_with

pytestmark = pytest.mark.thorough

LEAVES = """
from carecollective.accounts.models import Member
from carecollective.own_data.leaving import services
services.erase(Member.objects.get(email="helper@example.org").pk)
print("left")
"""
WHO_IS_THERE = """
from carecollective.accounts.models import Member
print(Member.objects.filter(email="helper@example.org").count(), Member.objects.filter(name="A former member").count())
"""

WHAT_FAILED = """
from carecollective.backups.models import MADE, newest
print(newest(MADE).failed)
"""
STAYS = """
import signal
from django.db import connection
connection.ensure_connection()
print("here", flush=True)
signal.pause()
"""


@pytest.fixture(scope="module")
def home():
    """One with the embedded database, demo data in it, and a backup."""
    with a_place() as place:
        home = Installation(place)
        home.does("migrate", "--verbosity", "0")
        home.does("demo_data")
        home.made = home.does("backup", "now")
        yield home


def shell(installation, text):
    return installation.does("shell", "--no-imports", "-c", text).strip().splitlines()[-1]


def databases(installation):
    names = "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database"
    ask = f"from django.db import connection; c = connection.cursor(); c.execute({names!r}); print(c.fetchone()[0])"
    return shell(installation, ask)


def test_a_backup_says_what_is_in_it_and_is_for_our_eyes_only(home):
    said = home.said()

    assert "read back and whole." in home.made
    assert said["rows"]["public.members"] >= 5
    assert {"public.wake_outbox", "public.rate_limits"} & said["rows"].keys() == set()  # unlogged, so of the moment
    assert {"carecollective", "carecollective_web", "care_system"} <= set(said["roles"])
    assert home.newest().stat().st_mode & 0o777 == 0o600
    assert b"helper@example.org" not in home.newest().read_bytes()
    assert home.newest().name in home.does("backup", "list")


def test_a_drill_passes_leaves_nothing_and_does_not_touch_the_database(home):
    before = databases(home)

    said = home.does("backup", "drill")

    assert "verify_schema and verify_data find no fault." in said
    assert re.search(r"[\d,]+ rows in \d+ tables, as many as when it was made\.", said)
    assert not (home.folder / "drill").exists()
    assert databases(home) == before
    assert "Last drill that was well: 20" in home.does("backup", "schedule")


def test_whoever_left_after_it_is_not_back(home):
    shell(home, LEAVES)

    said = home.does("backup", "restore", "--replace")

    assert "1 members had come back, and were erased again." in said
    assert shell(home, WHO_IS_THERE) == "0 1"
    assert "ok: ledger" in home.manage("doctor").stdout


@contextmanager
def nothing_is_half_done(home):
    """Neither in the database's server nor among the backups."""
    before = (databases(home), sorted(home.backups.iterdir()))
    yield
    assert (databases(home), sorted(home.backups.iterdir())) == before


def as_of_another_release(data):
    return data.replace(b'"migrations": [', b'"migrations": ["accounts.9999_of_tomorrow", ', 1)


def test_what_cannot_be_restored_is_refused_in_one_sentence_and_nothing_is_half_done(home):
    half = home.copied("half.backup", lambda data: data[: len(data) // 2])
    beginning = home.copied("beginning.backup", lambda data: data[:100])
    newer = home.copied("newer.backup", as_of_another_release)
    restore, replaced = ("backup", "restore"), ("backup", "restore", "--replace")

    with nothing_is_half_done(home):
        assert "is not whole, or was changed: take another backup" in home.refusal(*replaced, half)
        assert "is no backup of ours, or only the beginning of one: take an" in home.refusal(*replaced, beginning)
        assert "was made by a newer release, 0.1.0 (accounts.9999_of_tomorrow" in home.refusal(*replaced, newer)
        assert "put that one there" in home.refusal(*replaced, BACKUP_KEY="another" * 9)
        assert "There is no backup nothing.backup, here or in" in home.refusal(*replaced, "nothing.backup")
        assert "--replace puts the backup in their place" in home.refusal(*restore)
        assert "bring the ledger from where it is kept" in home.refusal(*replaced, "--ledger", "/nowhere.log")
        assert "There is no erasure ledger at" in home.refusal("backup", "drill", ERASURE_LEDGER="/nowhere.log")


def test_a_ledger_that_is_older_than_the_backup_is_refused(home):
    home.does("backup", "now")  # knows of the one who left
    stale = home.folder / "stale.log"
    stale.write_text("")

    said = home.refusal("backup", "restore", "--replace", "--ledger", stale)

    assert "which knows 1 more who were erased: bring the newest one (--ledger FILE)" in said


def test_nothing_is_restored_while_somebody_works(home):
    working = begin("shell", "--no-imports", "-c", STAYS, **home.variables)
    try:
        line_with("here", working)
        assert "stop the server first" in home.refusal("backup", "restore", "--replace")
    finally:
        working.kill()
        working.communicate()


def test_where_there_is_no_room_nothing_is_left(home):
    with small_disk(home.folder / "small", "128k") as disk:
        said = home.refusal("backup", "now", BACKUPS=str(disk))

        assert list(disk.iterdir()) == []
    assert said.endswith("No space left on device. Make room there, or set BACKUPS to another folder.")
    assert said in home.does(
        "shell",
        "--no-imports",
        "-c",
        "from carecollective.backups.models import newest; print(newest('backup').failed)",
    )


def test_what_somebody_changed_in_a_restored_database_does_not_pass_a_drill(home, monkeypatch):
    """A planted fault: a row that breaks a promise is in the backup, and the drill says which."""
    plant = (
        "from carecollective.ground.owner import as_the_owner; from django.db import connection as c\n"
        "with as_the_owner():\n"
        "  c.cursor().execute('ALTER TABLE {0} DISABLE ROW LEVEL SECURITY')\nprint('planted')"
    )
    shell(home, plant.format("messages_v2"))
    try:
        home.does("backup", "now")
        said = home.refusal("backup", "drill")
    finally:
        shell(home, plant.format("messages_v2").replace("DISABLE", "ENABLE"))

    assert said.startswith("verify_schema finds ")
    assert "restored in a drill: verify_schema finds" in home.manage("doctor", DEBUG="0", SECRET_KEY="s" * 50).stdout
    home.does("backup", "now")
    home.does("backup", "drill")


# --- A server of one's own -------------------------------------------------------------------------------------------


def test_a_server_of_ones_own_by_logins_that_may_no_more_than_they_need(named):
    reader = {"BACKUP_DATABASE_URL": named.server.url(login="care_backup", database="care")}
    web_alone = {"OWNER_DATABASE_URL": ""}

    assert "Nobody who could read everything is known" in named.refusal("backup", "now", **web_alone)
    assert "The login care sees no private row" in named.refusal("backup", "now")
    named.does("backup", "now", **reader, **web_alone)
    named.does("backup", "drill", **reader, **web_alone)
    shell(named, LEAVES)
    assert "set OWNER_DATABASE_URL" in named.refusal("backup", "restore", "--replace", **web_alone)
    assert 'type ALTER ROLE "care" CREATEDB;' in named.refusal("backup", "restore", "--replace")
    named.server.run("ALTER ROLE care CREATEDB")
    try:
        said = named.does("backup", "restore", "--replace")
    finally:
        named.server.run("ALTER ROLE care NOCREATEDB")

    assert "1 members had come back, and were erased again." in said
    assert shell(named, WHO_IS_THERE) == "0 1"
    held = "SELECT FROM pg_database WHERE datname = 'care' AND has_database_privilege('public', oid, 'CONNECT')"
    assert named.server.run(held) == 0
    assert named.server.run("SELECT FROM pg_database WHERE datname LIKE 'care\\_%'") == 0
    assert named.manage("verify_schema").returncode == 0


def test_a_server_that_is_away_is_one_sentence(named):
    named.server.stop()

    said = named.refusal("backup", "now", BACKUP_DATABASE_URL=named.server.url(login="care_backup", database="care"))

    assert said.startswith("DATABASE_URL leads to a place where no database listens")
