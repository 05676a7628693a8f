"""What is acknowledged is there, once and in order, whatever dies: server processes, the database, or both.

A taste every day; the whole with KILLS=50 RESTARTS=50.
"""

import json
import os
import random
import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from carecollective.ground.embedded_postgresql.tests.conftest import a_place
from carecollective.tests.waiting import PATIENCE, eventually

from .callers import Caller, Callers, doors, is_503_as_promised
from .site import Database, Site

pytestmark = pytest.mark.thorough

KILLS = int(os.environ.get("KILLS", "5"))
RESTARTS = int(os.environ.get("RESTARTS", "4"))
FREEZES = max(2, RESTARTS // 10)
MOST_FAULTS = 50  # before a planted fault must have shown itself


@pytest.fixture
def place():
    with a_place() as place:
        yield place


@pytest.fixture
def site_on(place):
    """Starts a site of so many processes on a database of its own."""
    sites = []

    def start(*, processes=2, embedded=True, **options):
        sites.append(Site(Database(place, embedded=embedded), place, processes, **options))
        return sites[0]

    yield start
    for site in sites:
        site.end()


def written(site):
    """Everything that was said after the first messages, in its order, as the database has it."""
    return site.database.rows(
        "SELECT id::text, conversation_id::text, sender_id::text, content FROM messages_v2 ORDER BY created_at"
    )


def doubled(site):
    return site.database.rows("SELECT content FROM messages_v2 GROUP BY content HAVING count(*) > 1")


def lost(site, callers):
    there = {text for *_, text in written(site)}
    return [message for message in list(callers.acknowledged) if message.text not in there]


def assert_nothing_lost_doubled_or_out_of_order(site, callers):
    rows = written(site)
    in_order = defaultdict(list)
    for *_, sender, text in rows:
        in_order[sender].append(text)
    acknowledged = defaultdict(list)
    for message in callers.acknowledged:
        acknowledged[message.sender].append(message.text)

    assert callers.wrong == []
    assert sorted(rows) == sorted((m.id, m.conversation, m.sender, m.text) for m in callers.sent)
    assert in_order == acknowledged
    site.run("manage.py", "verify_data")


def report(record_property, callers, **figures):
    report = {
        **figures,
        "acknowledged": len(callers.acknowledged),
        "answers": dict(callers.answers),
        "worst gap": round(callers.worst_gap, 2),
        "slowest answer": callers.slowest,
    }
    record_property("figures", report)
    print(report)  # noqa: T201  (with pytest -s: what docs/operations.md keeps)


def test_killed_server_processes_lose_double_and_disorder_nothing(site_on, record_property):
    site = site_on(processes=3)

    with Callers(site) as callers:
        for _ in range(KILLS):
            callers.wait_for(random.randint(1, 20))
            site.kill_a_process()
        callers.wait_for_everybody()

    report(record_property, callers, kills=KILLS)
    assert_nothing_lost_doubled_or_out_of_order(site, callers)


def test_without_the_clients_ids_kills_double_messages(site_on):
    """The planted fault: what the test above would see."""
    site = site_on(processes=3)

    with Callers(site, with_ids=False, visitors=0) as callers:
        for _ in range(MOST_FAULTS):
            callers.wait_for(random.randint(1, 20))
            site.kill_a_process()
            if doubled(site):
                break

    assert doubled(site)


@pytest.mark.parametrize("embedded", [True, False], ids=["embedded", "named"])
def test_a_crashing_database_loses_and_doubles_nothing_and_says_503(site_on, record_property, embedded):
    site = site_on(embedded=embedded)

    with Callers(site, visitors=4) as callers:
        for number in range(RESTARTS):
            callers.wait_for(random.randint(1, 40))
            if number % 4 == 3:
                site.database.kill_a_backend()
            else:
                site.database.crash()
            callers.wait_for_everybody()

    report(record_property, callers, restarts=RESTARTS)
    assert_nothing_lost_doubled_or_out_of_order(site, callers)


def test_a_database_that_acknowledges_before_it_has_written_loses_messages(site_on):
    """The planted fault: what the test above would see."""
    site = site_on()
    site.database.rows("ALTER SYSTEM SET synchronous_commit = off")
    site.database.rows("SELECT pg_reload_conf()")

    with Callers(site, visitors=0) as callers:
        for _ in range(MOST_FAULTS):
            callers.wait_for(random.randint(20, 40))
            site.database.crash()
            callers.wait_for(1)
            if lost(site, callers):
                break

    assert lost(site, callers)


HEALTH: dict[str, tuple[Any, ...]] = {
    name: ("GET", f"/api/{name}", None, {}) for name in ("health", "health/ready", "health/live")
}


def answers(site, calls):
    """What each of these says, asked all at once."""
    with ThreadPoolExecutor(len(calls)) as at_once:
        asked = {name: at_once.submit(once, site, call) for name, call in calls.items()}
        return {name: future.result() for name, future in asked.items()}


def once(site, call):
    caller = Caller(site.port)
    try:
        return caller.call(*call)
    finally:
        caller.hang_up()


@pytest.mark.parametrize("embedded", [True, False], ids=["embedded", "named"])
def test_a_frozen_database_is_said_meanwhile_and_forgotten_afterwards(site_on, record_property, embedded):
    # Whatever waits for the limit of a statement instead of the pool's check is not to be taken for a slow machine.
    site = site_on(embedded=embedded, seconds_for_a_statement=3 * PATIENCE)
    calls = HEALTH | doors(site.people["writers"][0])
    before = {name: once(site, call).status for name, call in calls.items()}

    site.database.freeze()
    try:
        frozen = [answers(site, calls) for _ in range(2)]
    finally:
        site.database.thaw()
    eventually(lambda: {name: once(site, call).status for name, call in calls.items()} == before)

    slowest = [max(answer.seconds for answer in each.values()) for each in frozen]
    record_property("figures", slowest)
    print(slowest)  # noqa: T201  (about 3 seconds, where the machine has time for it; at most PATIENCE, or no answer)
    for each in frozen:
        assert each.pop("health/live").status == 200
        assert {each.pop("health").status, each.pop("health/ready").status} == {503}
        assert [name for name in each if not is_503_as_promised(each[name], api="/api/" in name)] == []
    assert set(before.values()) <= {200, 302, 303, 403, 404, 422}


def test_a_message_on_its_way_into_a_frozen_database_can_be_sent_again(site_on):
    site = site_on()
    person, id = site.people["writers"][0], str(uuid.uuid4())
    path, token = f"/api/messaging/conversations/{person['conversation']}/messages", f"Token {person['token']}"
    headers = {"Authorization": token, "Content-Type": "application/json"}
    send = ("POST", path, json.dumps({"content": "Are you there?", "id": id}), headers)
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

    with ThreadPoolExecutor(1) as meanwhile, site.database.held(f"SELECT FROM members WHERE id = '{person['id']}'"):
        on_its_way = meanwhile.submit(once, site, send)
        eventually(lambda: site.database.rows(waiting))
        site.database.freeze()
        try:
            assert is_503_as_promised(on_its_way.result(), api=True)
        finally:
            site.database.thaw()

    eventually(lambda: once(site, send).status in (200, 201))
    assert written(site) == [(id, person["conversation"], person["id"], "Are you there?")]


def test_a_database_that_freezes_again_and_again_loses_and_doubles_nothing(site_on, record_property):
    site = site_on()

    with Callers(site, visitors=4) as callers:
        for _ in range(FREEZES):
            callers.wait_for(random.randint(1, 40))
            site.database.freeze()
            callers.wait_for_a(503)
            site.database.thaw()
            callers.wait_for_everybody()

    report(record_property, callers, freezes=FREEZES)
    assert_nothing_lost_doubled_or_out_of_order(site, callers)
