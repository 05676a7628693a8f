"""Clients and writers while one thing after the other dies, and what is different at the end."""

import asyncio
import contextlib
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from carecollective.ground.embedded_postgresql.cluster import WEB
from carecollective.tests.waiting import a_moment_async, eventually, soon
from carecollective.web.live.hub import LISTENER
from messaging.tests.crashes.site import Site

from .clients import Client, Writers

END_ALL_LISTENERS = (
    f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = '{LISTENER}'"
)


def unheard(people: Sequence[dict[str, str]]) -> list[str]:
    """Everybody's last message, and its wake-up, in a moment in which nobody listens."""
    theirs = f"WHERE id IN ({', '.join(repr(person['conversation']) for person in people)})"
    said = f"SELECT id, helper_id, 'Unheard' FROM conversations_v2 {theirs}"
    return [
        f"ALTER ROLE {WEB} NOLOGIN",
        END_ALL_LISTENERS,
        f"INSERT INTO messages_v2 (conversation_id, sender_id, content) {said}",
        f"""
        SELECT pg_notify('care_events', json_build_object('type', 'conversation', 'id', id, 'version', 'v2',
            'members', json_build_array(requester_id, helper_id))::text)
        FROM conversations_v2 {theirs}
        """,
        f"ALTER ROLE {WEB} LOGIN",
    ]


def written(site: Site) -> dict[str, list[str]]:
    """Each conversation's messages in their order, as the database has them."""
    found: dict[str, list[str]] = defaultdict(list)
    for conversation, id in site.database.rows(
        "SELECT conversation_id::text, id::text FROM messages_v2 ORDER BY created_at, id"
    ):
        found[conversation].append(id)
    return found


async def converse(
    site: Site,
    people: Sequence[dict[str, str]],
    harms: Sequence[Callable[[Site], None]],
    *,
    catches_up: bool,
    rate: int,
    seconds: float,
) -> tuple[list[Client], Writers, set[str], dict[str, list[str]]]:
    """So many messages a second for so long. What each client ends with, who wrote what, which of it before any harm
    was done, and what the database holds."""
    clients = [Client(person, site.port, catches_up=catches_up) for person in people]
    listening = [asyncio.create_task(client.live()) for client in clients]
    writers = Writers(people, site.port)
    try:
        await soon(lambda: all(client.hellos for client in clients))
        await writers.write_for(seconds * 0.4, rate)
        healthy = set(writers.sent_at)
        writing = asyncio.create_task(writers.write_for(seconds * 0.6, rate))
        for harm in harms:
            await a_moment_async(seconds * 0.3 / len(harms))
            await asyncio.to_thread(harm, site)
        await writing
        await soon(lambda: time.monotonic() - max(client.looked_at for client in clients) > 1)
        heard = [client.hellos for client in clients]
        for statement in unheard(people):
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


def end_all_listeners(site: Site) -> None:
    site.database.rows(END_ALL_LISTENERS)


def restart_the_database(site: Site) -> None:
    site.database.crash()
    eventually(lambda: is_up(site.database))


def is_up(database: Any) -> Any:
    with contextlib.suppress(psycopg.OperationalError):
        return database.rows("SELECT 1")


def difference(client: Client, truth: dict[str, list[str]]) -> Counter[str]:
    """What is wrong with what this client has, counted by kind."""
    here, there = client.messages, truth[client.person["conversation"]]
    return Counter(
        missing=len(set(there) - set(here)),
        doubled=len(here) - len(set(here)),
        foreign=len(set(here) - set(there)) + client.foreign_frames,
        out_of_order=int([id for id in here if id in set(there)] != [id for id in there if id in set(here)]),
    )


def differences(clients: Sequence[Client], truth: dict[str, list[str]]) -> Counter[str]:
    return sum((difference(client, truth) for client in clients), Counter())


EVERY_HARM = (end_all_listeners, Site.kill_a_process, restart_the_database)


def measured(clients: Sequence[Client], writers: Writers, healthy: set[str]) -> dict[str, float]:
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
