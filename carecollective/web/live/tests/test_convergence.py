"""Whatever dies midway, every open page ends with what the database holds: all, once, nothing foreign, and in order.

A taste every day; the whole with SOCKETS=200 RATE=25 SECONDS=60.
"""

import asyncio
import contextlib
import json
import os
import statistics
import time
from collections import Counter, defaultdict

import psycopg
import pytest

from carecollective.ground.embedded_postgresql.cluster import WEB
from carecollective.ground.embedded_postgresql.tests.conftest import a_place
from carecollective.tests.races import run_apart
from carecollective.tests.waiting import a_moment_async, eventually, soon
from carecollective.web.live.hub import LISTENER
from messaging.tests.crashes.site import Database, Site

from .clients import Client, Writers

pytestmark = pytest.mark.thorough

SOCKETS, RATE, SECONDS = (int(os.environ.get(name, usual)) for name, usual in
                          (("SOCKETS", 30), ("RATE", 20), ("SECONDS", 6)))  # fmt: skip
END_ALL_LISTENERS = (
    f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = '{LISTENER}'"
)
# Everybody's last message, and its wake-up, in a moment in which nobody listens.
UNHEARD = [
    f"ALTER ROLE {WEB} NOLOGIN",
    END_ALL_LISTENERS,
    """
    INSERT INTO messages_v2 (conversation_id, sender_id, content) SELECT id, helper_id, 'Unheard' FROM conversations_v2
    """,
    """
    SELECT pg_notify('care_events', json_build_object(
        'type', 'conversation', 'id', id, 'version', 'v2', 'members', json_build_array(requester_id, helper_id))::text)
    FROM conversations_v2
    """,
    f"ALTER ROLE {WEB} LOGIN",
]


@pytest.fixture(scope="module")
def site():
    with a_place() as place:
        site = Site(
            Database(place, embedded=True), place, 2, people=["carecollective.web.live.tests.people", SOCKETS // 2]
        )
        yield site
        site.end()


def written(site):
    """Each conversation's messages in their order, as the database has them."""
    found = defaultdict(list)
    for conversation, id in site.database.rows(
        "SELECT conversation_id::text, id::text FROM messages_v2 ORDER BY created_at, id"
    ):
        found[conversation].append(id)
    return found


async def converse(site, *, catches_up):
    """Clients and writers, while one thing after the other dies. What each client ends with, and who wrote what."""
    clients = [Client(person, site.port, catches_up=catches_up) for person in site.people]
    listening = [asyncio.create_task(client.live()) for client in clients]
    writers = Writers(site.people, site.port)
    try:
        await soon(lambda: all(client.hellos for client in clients))
        await writers.write_for(SECONDS * 0.4, RATE)
        healthy = set(writers.sent_at)
        writing = asyncio.create_task(writers.write_for(SECONDS * 0.6, RATE))
        for harm in (end_all_listeners, Site.kill_a_process, restart_the_database):
            await a_moment_async(SECONDS * 0.1)
            await asyncio.to_thread(harm, site)
        await writing
        await soon(lambda: time.monotonic() - max(client.looked_at for client in clients) > 1)
        heard = [client.hellos for client in clients]
        for statement in UNHEARD:
            await asyncio.to_thread(site.database.rows, statement)
        await soon(lambda: all(client.hellos > before for client, before in zip(clients, heard, strict=True)))
        truth = await asyncio.to_thread(written, site)
        if catches_up:
            with contextlib.suppress(TimeoutError):  # the test says what is different then
                await soon(lambda: not any(difference(client, truth).total() for client in clients))
        return clients, writers, healthy, truth
    finally:
        for task in listening:
            task.cancel()
        done = await asyncio.gather(*listening, return_exceptions=True)
        await asyncio.sleep(0)  # for what they have hung up
        assert [each for each in done if not isinstance(each, asyncio.CancelledError)] == []


def end_all_listeners(site):
    site.database.rows(END_ALL_LISTENERS)


def restart_the_database(site):
    site.database.crash()
    eventually(lambda: is_up(site.database))


def is_up(database):
    with contextlib.suppress(psycopg.OperationalError):
        return database.rows("SELECT 1")


def difference(client, truth):
    """What is wrong with what this client has, counted by kind."""
    here, there = client.messages, truth[client.person["conversation"]]
    return Counter(
        missing=len(set(there) - set(here)),
        doubled=len(here) - len(set(here)),
        foreign=len(set(here) - set(there)) + client.foreign_frames,
        out_of_order=int([id for id in here if id in set(there)] != [id for id in there if id in set(here)]),
    )


def differences(clients, truth):
    return sum((difference(client, truth) for client in clients), Counter())


def test_every_client_ends_equal_to_the_database(site, record_property):
    clients, writers, healthy, truth = run_apart(converse(site, catches_up=True))

    figures = measured(clients, writers, healthy) | {"hellos": sum(client.hellos for client in clients)}
    record_property("figures", figures)
    print(json.dumps(figures))  # noqa: T201  (-s shows it)
    assert differences(clients, truth) == Counter()
    assert set(writers.acknowledged_at) == set(writers.sent_at)
    assert Counter(id for ids in truth.values() for id in ids if id in writers.sent_at) == Counter(
        writers.sent_at.keys()
    )


def test_without_catching_up_after_a_hello_they_differ(site):
    clients, _, _, truth = run_apart(converse(site, catches_up=False))

    assert differences(clients, truth)["missing"] > 0


def measured(clients, writers, healthy):
    """From the answer to the writer until the other one has it, in milliseconds, while nothing was harmed."""
    after = []
    for id in healthy:
        other = clients[writers.writers[id] ^ 1]
        after.append((other.seen_at[id] - writers.acknowledged_at[id]) * 1000)
    points = statistics.quantiles(after, n=100)
    return {
        "sockets": len(clients),
        "messages": len(writers.sent_at),
        "p50_ms": round(points[49], 1),
        "p95_ms": round(points[94], 1),
        "worst_ms": round(max(after), 1),
    }
