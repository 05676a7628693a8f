"""From the release before to this one and back, behind nginx, without a request that fails.

A taste every day; the whole with REQUESTS=1000. Both faults are seen: both processes at once, and a table that the
release before no longer finds.
"""

import fcntl
import os
from collections import Counter

import pytest

from carecollective.ground.embedded_postgresql.tests.conftest import a_place
from carecollective.tests.behind_nginx import nginx
from proofs import rolling

pytestmark = pytest.mark.thorough
REQUESTS = int(os.environ.get("REQUESTS", "200"))


@pytest.fixture(scope="module")
def site():
    """The release before serves: the installation, nginx's port and its process."""
    with a_place() as place, rolling.installed(place) as installation:
        (place / "nginx").mkdir()
        with nginx(place / "nginx", pages=[*installation.pages.values()], sockets=1) as (port, process):
            yield installation, port, process


def test_over_and_back_no_request_fails_and_nothing_is_lost(site, record_property):
    installation, port, process = site
    with rolling.Calls(installation, port) as calls:
        calls.wait_for(REQUESTS // 10)
        installation.roll(process, installation.after)
        serves = installation.here.resolve()
        calls.wait_for(REQUESTS // 10)
        installation.roll(process, installation.before, back=True)
        calls.wait_for(max(REQUESTS - calls.made, REQUESTS // 10))

    rows = installation.database.rows("SELECT content FROM messages_v2 WHERE content LIKE 'rolled %'")
    print(calls.answers)
    assert (serves, installation.here.resolve()) == (installation.after, installation.before)
    assert calls.failed == {}
    assert calls.made >= REQUESTS
    assert Counter(text for (text,) in rows) == Counter(calls.sent)
    record_property("requests", calls.made)


def test_a_second_update_at_once_is_refused_in_one_sentence(site):
    installation, _port, process = site
    before = installation.here.resolve()
    with (installation.place / "care.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Exception, match=r"^Another update is at work on this machine: nothing was done\."):
            installation.roll(process, installation.after)

    assert installation.here.resolve() == before


def test_a_planted_restart_of_both_at_once_is_seen(site):
    installation, port, _process = site
    with rolling.Calls(installation, port) as calls:
        calls.wait_for(5)
        installation.restart(*installation.pages)
        calls.wait_for(5)

    assert calls.failed != {}


def test_a_planted_step_that_contracts_is_seen(site):
    """As if a migration of the newer release had done it while the release before still serves."""
    installation, port, _process = site
    installation.database.rows("ALTER TABLE messages_v2 RENAME COLUMN content TO words")
    try:
        with rolling.Calls(installation, port) as calls:
            calls.wait_for(20)
    finally:
        installation.database.rows("ALTER TABLE messages_v2 RENAME COLUMN words TO content")

    assert calls.failed != {}
