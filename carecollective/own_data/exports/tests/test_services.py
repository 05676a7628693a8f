"""Asking for a copy, making it and taking it away: one at a time, all of it or none, and once."""

import json
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.core import mail as sent_mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.post import forget_what_waits
from carecollective.audit.models import Entry
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import RateLimited, ValidationFailed
from carecollective.own_data.exports import services, tasks
from carecollective.own_data.exports.models import Archive, Export
from carecollective.own_data.exports.services import CopyNotFound
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import lay_open, shut
from carecollective.tests.races import at_once, outcome
from carecollective.tests.sql import column, run
from carecollective.told.mail import outbox, sending
from carecollective.told.notifications.models import Notification
from messaging.tests.factories import ConversationFactory

from .everything import files_of

pytestmark = pytest.mark.django_db
MAILED = "SELECT args ->> 'notification_id' FROM procrastinate_jobs WHERE queue_name = 'mail'"
WAITING = "SELECT args ->> 'export_id' FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo' ORDER BY id"


@pytest.fixture
def member():
    return MemberFactory()


@pytest.fixture(autouse=True)
def _an_empty_queue(request):
    """Emptying the database after a test leaves the queue's tables alone."""
    request.getfixturevalue("transactional_db" if request.node.get_closest_marker("django_db").kwargs else "db")
    forget_what_waits()


def ready(member):
    export = services.ask(by=member, language="en")
    services.make(export.pk)
    return export


def latest(member):
    return services.latest_of(member).state


def archives():
    with acting_as_system("a test"):
        return list(Archive.objects.values_list("export", flat=True))


def told(member):
    with acting_as_system("a test"):
        return list(Notification.objects.filter(member=member).values_list("kind", flat=True).order_by("created_at"))


def audited(member):
    with acting_as_system("a test"):
        return list(Entry.objects.filter(subject=member).values_list("kind", "hand").order_by("at"))


def abouts(member):
    with acting_as_system("a test"):
        return set(Entry.objects.filter(subject=member).values_list("about_id", flat=True))


def told_about(member):
    with acting_as_system("a test"):
        return {UUID(about) for about in Notification.objects.filter(member=member).values_list("about", flat=True)}


@contextmanager
def unforced(table):
    lay_open(table)
    yield
    shut(table)


def move(export, **ago):
    """Time is moved in the row."""
    with unforced("exports"):
        run("UPDATE exports SET asked_at = asked_at - %s, ready_at = ready_at - %s", timedelta(**ago), timedelta(**ago))


# --- Asking -----------------------------------------------------------------------------------------------------------


def test_asking_puts_one_job_into_the_queue(member):
    export = services.ask(by=member, language="es")

    assert (latest(member), export.language) == ("being_made", "es")
    assert column(WAITING, services.MAKE) == [str(export.pk)]


def test_asking_twice_while_one_is_made_or_ready_is_asking_once(member):
    first = services.ask(by=member, language="en")
    second = services.ask(by=member, language="en")
    services.make(first.pk)
    third = services.ask(by=member, language="en")

    assert first.pk == second.pk == third.pk
    assert len(column(WAITING, services.MAKE)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one(member):
    came = at_once(*[lambda: services.ask(by=member, language="en")] * 6)

    assert [outcome(each) for each in came] == 6 * ["done"]
    assert len({each.pk for each in came}) == 1
    assert column(WAITING, services.MAKE) == [str(came[0].pk)]


def test_whoever_asks_is_held_meanwhile(member):
    with CaptureQueriesContext(connection) as queries:
        services.ask(by=member, language="en")

    held = next(query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"])
    assert ("FROM members" in held, member.pk.hex in held) == (True, True)


def test_the_last_copy_is_the_one_that_counts_and_all_are_known_newest_first(member):
    first = services.ask(by=member, language="en")
    services.give_up(first.pk)
    second = services.ask(by=member, language="en")
    ready(MemberFactory())
    move(first, days=1)

    assert services.latest_of(member) == second
    assert services.made_for(member) == [second, first]
    assert (services.made_for(member)[1].state, second.state) == ("failed", "being_made")


def test_another_copy_can_be_asked_for_after_a_day(member):
    services.take(ready(member).pk, by=member)

    with pytest.raises(RateLimited):
        services.ask(by=member, language="en")
    run("UPDATE rate_limits SET ends_at = ends_at - interval '1 day'")

    assert services.ask(by=member, language="en").state == "being_made"


# --- Making -----------------------------------------------------------------------------------------------------------


def test_what_is_made_waits_for_its_member_who_is_told_and_mailed(member, settings):
    export = ready(member)

    assert (latest(member), archives(), told(member)) == ("ready", [export.pk], ["copy"])
    assert audited(member) == [("exported", "member")]
    assert abouts(member) == {export.pk} == told_about(member)
    (letter,) = letters()
    assert letter.subject == "Care Collective: your copy of your data is ready"
    assert f"{settings.PUBLIC_URL}/you/data/" in letter.body
    assert "List-Unsubscribe" not in letter.extra_headers


def letters():
    """What has been mailed, once the jobs of mail have run."""
    for notification_id in filter(None, column(MAILED)):
        outbox.consider(notification_id)
    sending.send_what_is_due()
    return sent_mail.outbox


@pytest.mark.one_of_each
@pytest.mark.parametrize("standing", ["pending", "rejected", "suspended", "limited"])
def test_in_whatever_standing_somebody_is_told_by_mail(standing):
    ready(MemberFactory(**{standing: True}))

    assert len(letters()) == 1


def test_a_job_that_runs_twice_makes_one_file_and_one_notice(member):
    export = services.ask(by=member, language="en")

    for _ in range(2):
        services.make(export.pk)

    assert (archives(), told(member)) == ([export.pk], ["copy"])


@takes_long
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_file_and_one_notice(member):
    export = services.ask(by=member, language="en")

    came = at_once(*[lambda: services.make(export.pk)] * 4)

    assert [outcome(each) for each in came] == 4 * ["done"]
    assert (archives(), told(member)) == ([export.pk], ["copy"])


def test_what_fails_half_way_leaves_nothing_and_is_made_the_next_time(member, monkeypatch):
    export = services.ask(by=member, language="en")
    with monkeypatch.context() as broken:
        broken.setattr(services.audit, "record", None)  # after the file is written, before its member is told
        with pytest.raises(TypeError):
            services.make(export.pk)
    halfway = (archives(), told(member), latest(member))

    services.make(export.pk)

    assert halfway == ([], [], "being_made")
    assert (archives(), told(member), latest(member)) == ([export.pk], ["copy"], "ready")


def run_job(export, attempts):
    tasks.make_copy(SimpleNamespace(job=SimpleNamespace(attempts=attempts)), str(export.pk))


def test_the_last_of_six_tries_says_that_it_failed_and_one_may_ask_again_at_once(member, monkeypatch):
    export = services.ask(by=member, language="en")
    monkeypatch.setattr(services, "archive_of", None)

    for attempts in range(5):
        with pytest.raises(TypeError):
            run_job(export, attempts)
    before = latest(member)
    with pytest.raises(TypeError):
        run_job(export, 5)

    assert (before, latest(member)) == ("being_made", "failed")
    assert services.ask(by=member, language="en").pk != export.pk


def test_to_give_up_twice_gives_one_try_back(member):
    first = services.ask(by=member, language="en")
    services.give_up(first.pk)
    services.ask(by=member, language="en")

    services.give_up(first.pk)

    assert services.COPIES.left(member.pk).number == 0
    assert latest(member) == "being_made"


def test_a_job_for_somebody_who_is_gone_does_nothing():
    services.make(uuid4())

    assert archives() == []


# --- Taking -----------------------------------------------------------------------------------------------------------


def test_it_is_taken_once_and_then_gone(member):
    export = ready(member)

    _page, data = files_of(services.take(export.pk, by=member))

    assert data["profile"]["email"] == member.email
    assert (latest(member), archives()) == ("used", [])
    assert audited(member) == [("exported", "member"), ("export_fetched", "member")]
    assert abouts(member) == {export.pk}
    with pytest.raises(CopyNotFound):
        services.take(export.pk, by=member)


@takes_long
@pytest.mark.django_db(transaction=True)
def test_of_many_who_take_it_at_once_one_gets_it(member):
    export = ready(member)

    came = at_once(*[lambda: services.take(export.pk, by=member)] * 6)

    assert sorted(outcome(each) for each in came) == ["done"] + 5 * ["not_found"]


def test_nobody_else_takes_it(member):
    export = ready(member)

    with pytest.raises(CopyNotFound):
        services.take(export.pk, by=MemberFactory(is_staff=True))

    assert latest(member) == "ready"


def test_after_seven_days_it_is_taken_no_more_also_before_the_clock_has_cleared_it_away(member):
    export = ready(member)
    move(export, days=7, seconds=1)

    assert (latest(member), archives()) == ("ran_out", [export.pk])
    with pytest.raises(CopyNotFound):
        services.take(export.pk, by=member)


# --- The clock --------------------------------------------------------------------------------------------------------


def test_the_clock_clears_away_what_nobody_took_in_seven_days_and_nothing_else(member):
    old = ready(member)
    move(old, days=7, seconds=1)
    young = ready(MemberFactory())

    tasks.forget_old_copies(0)

    assert archives() == [young.pk]
    assert latest(member) == "ran_out"


def test_a_copy_whose_job_was_lost_is_given_up_after_a_day(member):
    lost = services.ask(by=member, language="en")
    tasks.forget_old_copies(0)
    before = latest(member)
    move(lost, days=1, seconds=1)

    tasks.forget_old_copies(0)

    assert (before, latest(member)) == ("being_made", "failed")


# --- For an operator --------------------------------------------------------------------------------------------------


def test_an_operators_copy_says_the_same_and_its_member_is_told_why(member):
    ConversationFactory(helper=member)
    _page, own = files_of(services.take(ready(member).pk, by=member))

    _page, made = files_of(services.make_for_operator(member, reason="She asked us by letter."))

    mine = {"copies", "account_history", "team_acts", "notices", "mails", "made_at"}
    assert json.dumps({k: v for k, v in made.items() if k not in mine}) == json.dumps(
        {k: v for k, v in own.items() if k not in mine}
    )
    assert [(copy["made_by"], copy["reason"]) for copy in made["copies"]] == [
        ("member", ""),
        ("operator", "She asked us by letter."),
    ]
    assert told(member) == ["copy", "copied"]
    assert audited(member)[-1] == ("exported", "operator")
    assert [copy.state for copy in services.made_for(member)] == ["used", "used"]
    assert abouts(member) == told_about(member) == {copy.pk for copy in services.made_for(member)}
    assert "a copy of your data was made" in letters()[-1].subject


@pytest.mark.parametrize("reason", ["", "too short", "         \n        ", "x" * 501])
def test_an_operator_says_why(member, reason):
    with pytest.raises(ValidationFailed):
        services.make_for_operator(member, reason=reason)

    with acting_as_system("a test counts"):
        assert Export.objects.count() == 0
    assert told(member) == []


def test_an_operators_copy_does_not_count_as_the_members_own(member):
    services.make_for_operator(member, reason="She asked us by letter.")

    assert services.latest_of(member) is None
    assert services.ask(by=member, language="en").asked_at <= timezone.now()
