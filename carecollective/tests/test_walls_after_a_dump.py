"""A wall that went through a dump stands as before, although PostgreSQL then writes its condition otherwise."""

import pytest

from carecollective.ground import walls
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import one

POLICY = "members see what was done to their account"
WRITTEN = "SELECT qual FROM pg_policies WHERE policyname = %s"


@pytest.fixture
def through_a_dump(db):
    """Reads in again what a dump says of the policy, with a change of the text where one is asked for."""

    def read_in(old="", new=""):
        written = one(WRITTEN, POLICY)
        assert old in written
        run_as_owner(f'ALTER POLICY "{POLICY}" ON audit_entries USING ({written.replace(old, new, 1)})')
        assert one(WRITTEN, POLICY) != written
        return [*walls.faults()]

    return read_in


def test_a_wall_after_a_dump_is_the_same_wall(through_a_dump):
    assert through_a_dump() == []


def test_a_word_more_in_it_is_seen(through_a_dump):
    (fault,) = through_a_dump("'password_set'", "'password_seen'")

    assert f'"{POLICY}" on audit_entries is not what the wall of its model says' in fault
