"""Background jobs: a queue in our own database, and what works it off, below the server (`worker.py`) or beside it.

Jobs may run twice (a worker that dies is found, and its job begins again), so each job bears that. More workers:
`manage.py serve jobs`, as many as one likes.

A job is a row of the transaction that wants it, and its worker is woken once that is committed. The queue's own
triggers, which do it inside, are off (`carecollective.ground.wake` says why). A worker also looks by itself every few
seconds, so what nobody came to say is found: of a process that died, and what the clock begins.
"""

import asyncio
import logging
from datetime import datetime
from typing import Any, LiteralString

from django.conf import settings
from django.db import connection
from procrastinate import App, PsycopgConnector, sql
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.manager import get_channel_for_queues
from psycopg.conninfo import conninfo_to_dict

from carecollective.ground import clock, wake

log = logging.getLogger(__name__)
SECONDS_UNTIL_ANOTHER_TRY = 5
SECONDS_TO_END = 2
AT_ONCE = 2
WAITING = """
SELECT extract(epoch FROM now() - min(coalesce(scheduled_at, now()))) FROM procrastinate_jobs
WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
"""
NEW_JOB = '{"type":"job_inserted"}'


class BesideDjango(PsycopgConnector):
    """A worker's own connections. What our code defers beside it still goes through Django's: in the same transaction,
    and gone with it. (procrastinate's own, in a process with a worker, kept the jobs of work that was undone.)
    """

    def get_sync_connector(self) -> DjangoConnector:
        return ThroughDjango()


class ThroughDjango(DjangoConnector):
    def get_worker_connector(self) -> BesideDjango:
        return BesideDjango(kwargs=direct_connection(), min_size=1, max_size=AT_ONCE + 1)

    def execute_query_all(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        rows = super().execute_query_all(query, **arguments)
        if query == sql.queries["defer_jobs"]:
            wake_workers(*(job.queue_name for job in arguments["jobs"] if is_due(job.scheduled_at)))
        return rows


def is_due(at: datetime | None) -> bool:
    return at is None or at <= clock.now()


def wake_workers(*queues: str) -> None:
    """After the commit of this transaction: whoever works off these queues, or all."""
    for queue in queues:
        for channel in (*get_channel_for_queues(), *get_channel_for_queues([queue])):
            wake.signal_after_commit(channel, NEW_JOB)


def connect(ready: App) -> None:
    """Asked by procrastinate once it knows our tasks: for `manage.py procrastinate worker` too."""
    ready.connector = ready.job_manager.connector = ThroughDjango()


async def work_for_ever() -> None:
    """A database that goes away must not end the worker."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("The jobs wait: their worker begins again in %s seconds.", SECONDS_UNTIL_ANOTHER_TRY)
        await asyncio.sleep(SECONDS_UNTIL_ANOTHER_TRY)


async def work(**options: Any) -> None:
    with app.replace_connector(ThroughDjango().get_worker_connector()):
        async with app.open_async():
            await app.run_worker_async(
                concurrency=AT_ONCE,
                install_signal_handlers=False,
                shutdown_graceful_timeout=SECONDS_TO_END / 2,
                **options,
            )


def seconds_waiting() -> float:
    """For how long the oldest job that is due has waited; 0 where none is."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return float(cursor.fetchone()[0] or 0)


def direct_connection() -> dict[str, Any]:
    """Like Django's, but direct where that one goes through a transaction pooler: a pooler knows no LISTEN."""
    usual = connector_params()
    if not settings.LISTEN_DATABASE_URL:
        return usual
    limits = {"options": usual["options"]} if "options" in usual else {}
    return limits | conninfo_to_dict(settings.LISTEN_DATABASE_URL)
