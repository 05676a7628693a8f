"""A database goes from every supported PostgreSQL that is here to every other, with its walls, and back."""

import itertools
import os
import subprocess
import sys

import psycopg
import pytest

from carecollective.ground.embedded_postgresql.archive import NotDone
from carecollective.ground.embedded_postgresql.cluster import LOGINS, OWNER, WEB, Cluster
from carecollective.ground.embedded_postgresql.programs import OLDEST_MAJOR, PINNED_MAJOR, find_programs
from carecollective.ground.embedded_postgresql.tests.conftest import a_place
from carecollective.management import moving
from carecollective.tests.databases import PROJECT
from carecollective.tests.unchecked import other_versions

pytestmark = pytest.mark.thorough
MAJORS = sorted([*other_versions(), find_programs().major])
MARK = "What somebody wrote before the move: SET transaction_timeout = 0;"
SECRET = {"SECRET_KEY": "k" * 50, "IDENTITY_KEY": "i" * 50}


class Place:
    """One PostgreSQL, as its administrator comes to it."""

    def __init__(self, folder, major):
        self.major, self.cluster = major, Cluster(folder / str(major), find_programs(major))
        self.cluster.ensure("carecollective")

    def address(self, database, login="postgres"):
        where = self.cluster.joined().address()
        return f"postgres://{login}@/{database}?host={where['host'].replace('/', '%2F')}&port={where['port']}"

    def run(self, database, *statements):
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def empty(self, name):
        """A database of the owner's, with nothing in it; its administrator's address."""
        self.run("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
                 f"CREATE DATABASE {name} OWNER {OWNER} ENCODING 'UTF8' TEMPLATE template0")  # fmt: skip
        return self.address(name)

    def manage(self, database, *arguments):
        urls = {"DATABASE_URL": self.address(database, WEB), "OWNER_DATABASE_URL": self.address(database, OWNER)}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=PROJECT, env=os.environ | {"DEBUG": "1"} | SECRET | urls,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def places():
    with a_place() as folder:
        made = {major: Place(folder, major) for major in MAJORS}
        yield made
        for place in made.values():
            place.cluster.leave()


@pytest.fixture(scope="module")
def full(places):
    """On the newest, with people who talk in it."""
    place = places[PINNED_MAJOR]
    place.manage("carecollective", "-m", "messaging.tests.crashes.people")
    written = f"UPDATE help_requests SET description = '{MARK}'"
    place.run("carecollective", "ALTER TABLE help_requests DISABLE TRIGGER USER", written,
              "ALTER TABLE help_requests ENABLE TRIGGER USER")  # fmt: skip
    return place


def test_the_oldest_and_the_newest_are_here():
    assert {OLDEST_MAJOR, PINNED_MAJOR} <= set(MAJORS) or os.environ.get("CI") != "true"


def test_from_each_to_every_other(places, full):
    """On a way that goes over every pair once, from the newest and back to it."""
    walked, source = set(), full.address("carecollective")
    before = described(full, "carecollective")
    for number, (old, new) in enumerate(way(MAJORS)):
        said, target = [], places[new].empty(f"moved_{number}")
        moving.move(source, target, said.append)

        assert said[0] == f"From PostgreSQL {old} to PostgreSQL {new} ..."
        assert described(places[new], f"moved_{number}") == before
        walked.add((old, new))
        source = target
    assert walked == set(itertools.permutations(MAJORS, 2))
    last = f"moved_{number}"
    for command in ("verify_schema", "verify_data"):  # exit 1 where anything is wrong
        full.manage(last, "manage.py", command)
    assert full.run(last, "SELECT DISTINCT description FROM help_requests") == [(MARK,)]


def way(majors):
    """Every ordered pair once, each beginning where the one before ended, from the newest on (an Euler circuit)."""
    left, here = set(itertools.permutations(majors, 2)), max(majors)
    while left:
        ways = [pair for pair in left if pair[0] == here]
        # A way back that would end the walk too early is taken last.
        pair = max(ways, key=lambda pair: (sum(other[0] == pair[1] for other in left), pair[1]))
        left.remove(pair)
        yield pair
        here = pair[1]


def described(place, database):
    """Walls, grants, owners and rows: the same before and after."""
    rows = place.run(database, "SELECT count(*), md5(string_agg(m::text, '|' ORDER BY id)) FROM messages_v2 AS m")
    walls = """
        SELECT count(*), md5(string_agg(concat_ws(' ', tablename, policyname, permissive, roles, cmd, qual, with_check),
               '|' ORDER BY tablename, policyname)) FROM pg_policies
    """
    forced = """
        SELECT relname::text, pg_get_userbyid(relowner)::text, relrowsecurity, relforcerowsecurity,
               ARRAY(SELECT acl::text FROM unnest(relacl) AS acl WHERE acl::text !~ '^carecollective=' ORDER BY 1)
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1
    """
    return rows, [count for count, _text in place.run(database, walls)], place.run(database, forced)


# --- Refused, named, nothing half-done ------------------------------------------------------------------------------


def refused(source, target):
    with pytest.raises(NotDone) as refusal:
        moving.move(source, target, lambda said: None)
    return str(refusal.value)


def test_what_cannot_be_is_refused_in_one_sentence_each(full):
    here, empty = full.address("carecollective"), full.empty("nothing")

    assert refused(here, here.replace("/carecollective?", "/nowhere?")).startswith("Nobody gets into the new place: ")
    assert "is no superuser" in refused(full.address("carecollective", OWNER), empty)
    assert refused(empty, here).startswith("The new place has tables already: nothing was moved.")
    with psycopg.connect(full.address("carecollective", WEB)):
        assert refused(here, empty).startswith("The old place is in use by 1 connections: stop the site first.")
    with psycopg.connect(empty) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [moving.MOVING])
        assert refused(here, empty).startswith("Another move is at work on the new place: nothing was moved.")


def test_a_place_without_the_logins_is_told_which_and_stays_empty(places, full):
    target = places[min(MAJORS)].empty("nothing")
    full.run("carecollective", "CREATE ROLE somebody LOGIN", "GRANT SELECT ON members TO somebody")
    try:
        said = refused(full.address("carecollective"), target)
    finally:
        full.run("carecollective", "DROP OWNED BY somebody", "DROP ROLE somebody")

    assert said.startswith("The new place lacks the login somebody: nothing was moved.") or max(MAJORS) == min(MAJORS)
    assert set(LOGINS) == {OWNER, WEB}


def test_what_breaks_midway_leaves_nothing(full):
    """The new place has something of the same name, so the dump ends in its midst."""
    target = full.empty("half")
    full.run("half", "CREATE FUNCTION acting_member() RETURNS int LANGUAGE sql AS 'SELECT 1'")

    assert refused(full.address("carecollective"), target).startswith(
        "It was not moved, and the new place is as it was"
    )
    assert full.run("half", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


@pytest.mark.skipif(min(MAJORS) >= 17, reason="no PostgreSQL before 17 on this machine")
def test_a_planted_line_that_an_older_server_does_not_know_is_seen(places, full, monkeypatch):
    monkeypatch.setattr(moving, "UNKNOWN_BEFORE", {})

    assert "transaction_timeout" in refused(full.address("carecollective"), places[min(MAJORS)].empty("nothing"))
