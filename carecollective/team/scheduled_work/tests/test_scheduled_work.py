"""What the team sees of the clock's work, and what it may do about what failed."""

import asyncio
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.post import forget_what_waits
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.ground import jobs
from carecollective.ground.refusals import InvalidTransition, NotFound, PermissionDenied
from carecollective.team.scheduled_work import services
from carecollective.team.scheduled_work.pages.words import TASKS
from carecollective.tests.owner import run_as_owner
from carecollective.tests.pages import words
from carecollective.tests.races import run_apart
from carecollective.tests.sql import one, run
from carecollective.tests.waiting import eventually, soon

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]
PAGE = "/admin/scheduled-work/"
DAILY, OFTEN = "jobs.forget_done", "rollout.watch"
WANTED = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'wanted by a test'"


@pytest.fixture(autouse=True)
def _an_empty_queue(db):
    """Before, and for whoever comes next: what a real worker left behind is a surprise to them."""
    forget_what_waits()
    yield
    forget_what_waits()


@pytest.fixture
def coordinator():
    return on_the_team("coordinators")


def job(task=DAILY, ended="succeeded", at=None, args="{}", **more):
    """A job as the queue leaves it behind."""
    values = {"queueing_lock": None, "status": ended} | more
    id = one(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, queueing_lock)"
        " VALUES ('default', %s, %s, %s, %s) RETURNING id",
        task,
        args,
        values["status"],
        values["queueing_lock"],
    )
    run_as_owner("DELETE FROM procrastinate_events WHERE job_id = %s", id)
    at = at or timezone.now()
    for kind in ("started", ended):
        run("INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, %s, %s)", id, kind, at)
    return id


def of(task):
    (found,) = [each for each in services.scheduled() if each.task == task]
    return found


def test_every_task_has_words_for_people():
    assert sorted(set(app.tasks) - {name for name in app.tasks if "builtin" in name}) == sorted(TASKS)


def test_no_job_is_named_after_the_place_of_its_code():
    """The queue keeps the name for a week or more, and would not find the code once it has moved."""
    ours = [task for task in app.tasks.values() if task.func.__module__.partition(".")[0] != "procrastinate"]

    assert [task.name for task in ours if task.name == f"{task.func.__module__}.{task.func.__name__}"] == []


def test_each_task_says_when_it_ran_how_it_ended_and_when_it_runs_next():
    ran_at = timezone.now() - timedelta(minutes=2)
    job(OFTEN, at=ran_at)

    found = of(OFTEN)

    assert (found.last_at, found.ended, found.is_overdue) == (ran_at, "succeeded", False)
    assert timezone.now() < found.next_at <= timezone.now() + timedelta(minutes=1)


def test_what_has_not_run_when_it_should_have_is_overdue():
    assert of(DAILY).is_overdue is True
    job(DAILY, at=timezone.now() - timedelta(days=2))
    job(OFTEN, at=timezone.now() - timedelta(minutes=20))

    assert of(DAILY).is_overdue is True
    assert of(OFTEN).is_overdue is True


def test_what_came_late_is_not_overdue_any_more():
    job(DAILY, at=timezone.now() - timedelta(days=2))
    job(DAILY, at=timezone.now())

    assert of(DAILY).is_overdue is False


def test_a_job_that_failed_is_listed_without_what_it_was_about(coordinator):
    id = job(ended="failed", args='{"note": "a secret"}')

    page = browser_of(coordinator).get(PAGE)

    assert f"Clears away jobs that were done a week ago (job {id})" in words(page)
    assert "secret" not in page.content.decode()


def test_what_failed_is_tried_again_and_that_is_logged(coordinator):
    id = job(ended="failed")
    browser = browser_of(coordinator)

    answer = browser.post(f"{PAGE}{id}/try-again/", follow=True)

    assert "It is tried again: Clears away jobs that were done a week ago." in words(answer)
    assert one("SELECT status::text FROM procrastinate_jobs WHERE id = %s", id) == "todo"
    (entry,) = LogEntry.objects.all()
    assert (entry.user_id, entry.object_id) == (coordinator.pk, str(id))


def test_looking_tries_nothing_again(coordinator):
    id = job(ended="failed")

    browser_of(coordinator).get(f"{PAGE}{id}/try-again/")

    assert one("SELECT status::text FROM procrastinate_jobs WHERE id = %s", id) == "failed"


@pytest.mark.parametrize("status", ["todo", "doing", "succeeded"])
def test_only_what_failed_is_tried_again(coordinator, status):
    id = job(status=status)

    with pytest.raises(InvalidTransition):
        services.try_again(id, by=coordinator)

    assert one("SELECT status::text FROM procrastinate_jobs WHERE id = %s", id) == status


def test_where_one_like_it_waits_already_there_is_no_second(coordinator):
    failed = job(ended="failed", queueing_lock="one at a time")
    job(status="todo", queueing_lock="one at a time")

    with pytest.raises(InvalidTransition):
        services.try_again(failed, by=coordinator)

    assert one("SELECT status::text FROM procrastinate_jobs WHERE id = %s", failed) == "failed"


def test_an_unknown_job_is_not_tried(coordinator):
    with pytest.raises(NotFound):
        services.try_again(0, by=coordinator)
    assert "does not wait for anybody" in words(browser_of(coordinator).post(f"{PAGE}0/try-again/", follow=True))


def test_it_is_for_coordinators_and_administrators():
    job(ended="failed")
    seen = {
        group: browser_of(on_the_team(group)).get(PAGE).status_code
        for group in ("coordinators", "administrators", "moderators")
    }
    assert seen == {"coordinators": 200, "administrators": 200, "moderators": 403}
    assert browser_of(MemberFactory()).get(PAGE).status_code == 403
    with pytest.raises(PermissionDenied):
        services.try_again(1, by=on_the_team("moderators"))


def test_the_list_of_the_admin_leads_to_it(coordinator):
    browser = browser_of(coordinator)

    assert "Scheduled work" in words(browser.get("/admin/"))
    assert browser.get("/admin/scheduled_work/scheduledjob/")["Location"] == PAGE


# --- The worker -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_what_fell_due_while_no_worker_ran_is_done_when_one_starts():
    """Daily work at ten past three, and the server was away: procrastinate alone would wait for tomorrow."""
    run_apart(work_until(lambda: done(DAILY) == 1))

    assert of(DAILY).is_overdue is False


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_starts_again_does_nothing_twice():
    for _ in range(2):
        run_apart(work_until(lambda: done(DAILY) == 1))

    assert one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", DAILY) == 1


@pytest.mark.django_db(transaction=True)
def test_beside_a_worker_a_job_still_goes_with_the_work_that_wanted_it():
    def undone():
        with transaction.atomic():
            app.configure_task("wanted by a test").defer()
            assert one(WANTED) == 1
            transaction.set_rollback(True)
        return one(WANTED)

    left = []
    run_apart(work_until(lambda: left or left.append(undone()) or True))

    assert left == [0]


def done(task):
    return one("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'succeeded'", task)


async def work_until(is_enough):
    working = asyncio.create_task(jobs.work())
    try:
        await soon(lambda: working.done() or working_connector_is_open())
        await asyncio.to_thread(eventually, lambda: working.done() or closing(is_enough))
        assert not working.done(), "the worker ended before it was done"
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def working_connector_is_open():
    return getattr(app.connector, "_async_pool", None) is not None


def closing(act):
    try:
        return act()
    finally:
        connection.close()
