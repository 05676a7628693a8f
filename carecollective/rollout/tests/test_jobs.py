"""The queue: what is enqueued is done, by a worker like the one below the server."""

import asyncio

import pytest
from django.core import mail
from django.db import connection
from procrastinate.contrib.django import app

from carecollective.ground import jobs
from carecollective.rollout import trips
from carecollective.rollout.models import Flag
from carecollective.rollout.stages import FLAG
from carecollective.tests.every_day import takes_long
from carecollective.tests.races import run_apart


@takes_long
@pytest.mark.django_db(transaction=True)
def test_a_trip_reaches_the_team_through_the_queue(set_stage, tried, admin, settings):
    with connection.cursor() as cursor:  # of other tests: emptying the database leaves the queue's tables alone
        cursor.execute("DELETE FROM procrastinate_jobs")
    set_stage("enabled")
    tried("server_error", 5)
    trips.watch()
    assert Flag.get(FLAG).stopped == "guard_rail"

    run_apart(jobs.work(wait=False, listen_notify=False))

    assert [sent.to for sent in mail.outbox] == [[admin.email]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT status::text FROM procrastinate_jobs WHERE task_name LIKE '%tell_the_team'")
        assert cursor.fetchall() == [("succeeded",)]


def test_what_runs_by_the_clock():
    periodic = app.periodic_registry.periodic_tasks.values()
    by_the_clock = {each.task.name.rsplit(".", 1)[-1]: each.cron for each in periodic}

    assert by_the_clock == {
        "watch": "* * * * *",
        "forget_old_attempts": "41 3 * * *",
        "rescue_stalled": "* * * * *",
        "look_for_mail": "* * * * *",
        "forget_old_mail": "47 3 * * *",
        "forget_done": "17 3 * * *",
        "tell_what_runs_out": "23 * * * *",
        "mind_unanswered_offers": "33 * * * *",
        "end_what_is_shared": "*/10 * * * *",
        "forget_unconfirmed": "23 3 * * *",
        "forget_old_copies": "37 3 * * *",
        "forget_old_failures": "7 4 * * *",
        "send_what_is_unsent": "* * * * *",
        "lift_ended_restrictions": "* * * * *",
        "renew_old_secrets": "47 * * * *",
        "empty_left_accounts": "11 * * * *",
        "keep_the_ledger": "* * * * *",
        "forget_what_is_old": "53 3 * * *",
        "forget_ended_counters": "41 * * * *",
        "settle_grave_acts": "* * * * *",
        "approve_what_only_one_could": "17 * * * *",
        "remove_old_requests": "7 4 * * *",
        "keep": "*/10 * * * *",
    }


def test_a_worker_that_fails_begins_again(monkeypatch):
    tries = []

    async def work(**options):
        tries.append("again")
        if len(tries) == 3:
            raise asyncio.CancelledError
        raise ConnectionError("the database is away")

    monkeypatch.setattr(jobs, "work", work)
    monkeypatch.setattr(jobs, "SECONDS_UNTIL_ANOTHER_TRY", 0)

    with pytest.raises(asyncio.CancelledError):
        run_apart(jobs.work_for_ever())

    assert len(tries) == 3
