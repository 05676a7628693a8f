"""One clock for every deadline, the database's: an application whose own clock is days off changes nothing."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from carecollective.accounts.sessions import SessionStore
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import clock
from carecollective.tests.test_architecture import sources
from helprequests import services
from helprequests.models import RUNS_FOR, HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers
from messaging.tests.factories import ConversationFactory

OWN_CLOCK = re.compile(r"timezone\.(now|localdate|localtime)\(\)|datetime\.now\(|date\.today\(|time\.time\(")
# Whoever asks this machine for the time, and why that decides and keeps nothing.
MAY = {
    "carecollective/ground/clock.py": "before there was any connection",
    "carecollective/ground/doctor/usual.py": "whether the two clocks agree",
    "carecollective/web/answers.py": "words for a reader: when to come again",
    "carecollective/web/moments.py": "words for a reader: today, yesterday",
    "carecollective/team/impact.py": "the day that stands on a report",
    "carecollective/team/periods.py": "which periods a report offers",
    "carecollective/team/pages/applications.py": "words for a reader: days waited",
    "carecollective/team/queues.py": "words for a reader: hours waited, late",
    "carecollective/team/scheduled_work/services.py": "the job queue turns its tasks by its process's clock",
    "carecollective/accounts/admin/__init__.py": "words for a reader: days waited",
    "carecollective/rollout/kpis.py": "figures up to now",
    "carecollective/rollout/metrics.py": "figures up to now",
    "carecollective/rollout/pages/charts.py": "figures up to now",
    "carecollective/rollout/pages/screen.py": "figures up to now",
    "carecollective/rollout/pages/views.py": "words for a reader",
    "carecollective/own_data/exports/archive.py": "the day that stands on a copy",
    "carecollective/own_data/exports/pages/views.py": "the name of a file; words for a reader",
    "carecollective/own_data/exports/management/commands/export_member.py": "the name of a file",
    "carecollective/told/mail/folder.py": "the name of a file",
    "messaging/pages/copying.py": "the name of a file; the day that stands on a copy",
    "messaging/legacy/examples.py": "made-up data",
    "carecollective/demo/loading.py": "made-up data",
    "carecollective/site/components.py": "made-up data",
}


def test_whoever_asks_this_machine_for_the_time_says_why():
    asks = {str(path) for path, source in sources() if OWN_CLOCK.search(source)}

    assert asks == set(MAY)


@pytest.fixture(params=[timedelta(days=2), timedelta(days=-2)], ids=["two days ahead", "two days behind"])
def off(db, request, monkeypatch):
    """This machine's clock, while the database's goes right."""
    monkeypatch.setattr(clock, "_offset", clock._Offset())
    clock.learn(connection)
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + request.param)
    return right


def test_what_is_cancelled_or_done_ends_after_it_began(off):
    cancelled, done = HelpRequestFactory(), HelpRequestFactory()
    cancelled = services.cancel(cancelled.pk, by=cancelled.user)
    done = services.complete(done.pk, by=done.user)

    for began, ended in ((cancelled.created_at, cancelled.cancelled_at), (done.created_at, done.completed_at)):
        assert timedelta() <= ended - began < timedelta(hours=1)


def test_what_runs_out_runs_thirty_days(off):
    help_request = HelpRequestFactory()
    assert not help_request.has_run_out

    renewed = services.renew(help_request.pk, by=help_request.user)

    assert abs(renewed.expires_at - off() - RUNS_FOR) < timedelta(hours=1)


def test_an_answer_can_be_undone_at_once_and_not_later(off):
    conversation = ConversationFactory()
    owner = conversation.help_request.user
    answers.accept(conversation.pk, by=owner)

    answers.undo(conversation.pk, by=owner)

    assert HelpRequest.objects.get(pk=conversation.help_request_id).status == "open"


def test_a_sign_in_lasts_thirty_days(off):
    store = SessionStore()
    store["who"] = "ann"
    store.save()

    assert SessionStore(store.session_key)["who"] == "ann"
    assert abs(store.get_expiry_date() - off() - timedelta(days=30)) < timedelta(hours=1)


def test_the_database_ahead_is_followed(monkeypatch):
    monkeypatch.setattr(clock, "_offset", clock._Offset())
    clock.learn(a_database_at(timezone.now() + timedelta(days=3)))

    assert abs(clock.now() - timezone.now() - timedelta(days=3)) < timedelta(hours=1)


def test_it_is_asked_once_a_minute(monkeypatch):
    monkeypatch.setattr(clock, "_offset", clock._Offset())
    clock.learn(a_database_at(timezone.now() + timedelta(days=3)))
    clock.learn(a_database_at(timezone.now()))
    assert clock.now() - timezone.now() > timedelta(days=2)

    clock._offset.learned_at -= clock.SECONDS_BETWEEN
    clock.learn(a_database_at(timezone.now()))

    assert clock.now() - timezone.now() < timedelta(days=1)


class a_database_at(SimpleNamespace):
    """A connection to a database whose clock shows this time."""

    def __init__(self, at):
        super().__init__(at=at, connection=self)

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        pass

    def execute(self, statement):
        return self

    def fetchone(self):
        return (self.at.timestamp(),)


@pytest.mark.parametrize(("status", "column"), [("cancelled", "cancelled_at"), ("completed", "completed_at")])
def test_no_request_ends_before_it_begins_whoever_writes_it(db, status, column):
    help_request = HelpRequestFactory(user=MemberFactory())
    before = help_request.created_at - timedelta(days=2)

    with pytest.raises(IntegrityError, match="no_request_ends_before_it_begins"), transaction.atomic():
        HelpRequest.objects.filter(pk=help_request.pk).update(status=status, **{column: before})
