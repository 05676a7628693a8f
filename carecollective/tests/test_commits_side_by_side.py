"""While commits wait for their disk, others commit beside them, and what is only counted does not wait at all.

The disk is as slow as a test needs it: a commit also waits for a standby, and there is none of that name.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from carecollective.ground.embedded_postgresql.tests.conftest import PROJECT, a_place
from carecollective.tests.waiting import PATIENCE, eventually
from messaging.tests.crashes.site import Database

pytestmark = pytest.mark.thorough

SEND = """
import sys, django; django.setup()
from carecollective.accounts.models import Member
from messaging import services
services.send_message(sys.argv[1], by=Member.objects.get(pk=sys.argv[2]), text="On my way")
"""
COUNT = """
import django; django.setup()
from carecollective.ground import limits
limits.API.take("somebody")
"""
WAITING = "SELECT wait_event FROM pg_stat_activity WHERE wait_event IN ('SyncRep', 'object')"
NOTIFYING_TRIGGER = "TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1"


class Place:
    def __init__(self, place):
        self.database = Database(place, embedded=False)
        self.environment = os.environ | {
            **self.database.urls,
            "DJANGO_SETTINGS_MODULE": "carecollective.settings",
            "DEBUG": "1",
        }
        people = self.started("-m", "carecollective.web.live.tests.people", "2", stdout=subprocess.PIPE)
        self.people = json.loads(people.communicate()[0])

    def started(self, *arguments, **options):
        return subprocess.Popen([sys.executable, *arguments], cwd=PROJECT, env=self.environment, **options)

    def send(self, person):
        return self.started("-c", SEND, person["conversation"], person["id"])

    def waiting(self):
        return Counter(event for (event,) in self.database.rows(WAITING))

    @contextlib.contextmanager
    def slow_disk(self):
        self._wait_for_a_standby("SET synchronous_standby_names = 'nobody'", "nobody")
        try:
            yield
        finally:
            self._wait_for_a_standby("RESET synchronous_standby_names", "")

    def _wait_for_a_standby(self, change, then):
        self.database.rows(f"ALTER SYSTEM {change}")
        self.database.rows("SELECT pg_reload_conf()")
        eventually(lambda: self.database.rows("SHOW synchronous_standby_names") == [(then,)])


@pytest.fixture(scope="module")
def place():
    with a_place() as folder:
        place = Place(folder)
        yield place
        place.database.leave()


def test_two_messages_are_committed_beside_each_other_and_a_call_is_counted_meanwhile(place):
    with place.slow_disk():
        senders = [place.send(person) for person in place.people[::2]]
        eventually(lambda: place.waiting() == {"SyncRep": 2})

        counting = place.started("-c", COUNT)

        assert counting.wait(PATIENCE) == 0
        assert place.waiting() == {"SyncRep": 2}
    assert [sender.wait(PATIENCE) for sender in senders] == [0, 0]
    assert place.database.rows("SELECT count(*) FROM wake_outbox") == [(0,)]


def test_with_a_wake_up_inside_and_a_counter_on_disk_all_would_wait(place):
    place.database.rows(f"ALTER TABLE procrastinate_jobs ENABLE {NOTIFYING_TRIGGER}")
    place.database.rows("ALTER TABLE rate_limits SET LOGGED")

    with place.slow_disk():
        senders = [place.send(person) for person in place.people[1::2]]
        eventually(lambda: place.waiting() == {"SyncRep": 1, "object": 1})
        counting = place.started("-c", COUNT)
        eventually(lambda: place.waiting() == {"SyncRep": 2, "object": 1})
    assert [process.wait(PATIENCE) for process in (*senders, counting)] == [0, 0, 0]
