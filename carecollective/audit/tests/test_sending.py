"""Each entry is sent where AUDIT_SINK says, after its commit, at least once, and never at the expense of the act."""

from datetime import timedelta

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from carecollective.accounts import services as accounts
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.audit import sending
from carecollective.audit import services as audit
from carecollective.audit.models import Entry, Hand, Kind
from carecollective.ground import sinks
from carecollective.ground.identity import acting_as_system
from carecollective.tests.owner import laid_open
from carecollective.tests.sql import refused, run, undone

from .listening import HERE, syslog

pytestmark = pytest.mark.django_db
COLUMNS = {"id", "at", "kind", "hand", "actor_id", "role", "login", "subject_id", "about_id", "codes", "origin"}


@pytest.fixture
def sink(settings):
    """What a syslog server hears of it."""
    with syslog() as (port, heard):
        settings.AUDIT_SINK = sinks.named("AUDIT_SINK", f"syslog://{HERE}:{port}")
        yield heard


@pytest.fixture
def away(settings):
    """Nobody listens there, until somebody does."""
    with syslog() as (port, _heard):
        pass
    settings.AUDIT_SINK = sinks.named("AUDIT_SINK", f"syslog://{HERE}:{port}")


def unsent():
    with acting_as_system("a test counts"):
        return run("SELECT count(*) FROM audit_unsent")[0][0]


def time_goes_by(span):
    with laid_open("audit_unsent"):
        run("UPDATE audit_unsent SET noted_at = noted_at - %s", span)


def jobs():
    return list(ProcrastinateJob.objects.filter(task_name=sending.SEND).values_list("status", flat=True))


def test_what_is_sent_is_the_entry_and_nothing_else(sink):
    moderator, member = on_the_team("moderators"), MemberFactory(name="Nora Nelson")
    accounts.restrict(member.pk, by=moderator, restriction="limited", reason="She sold something to everybody")

    sending.send_what_is_unsent()

    (said,) = [said for said in sink.said if said["kind"] == "restricted"]
    assert set(said) == COLUMNS
    assert (said["actor_id"], said["subject_id"], said["role"]) == (str(moderator.pk), str(member.pk), "moderator")
    assert said["codes"] == "none > limited"
    everything = "".join(sink.lines)
    assert not [word for word in ("Nora", member.email, "sold", moderator.name) if word in everything]


def test_each_is_sent_once_and_in_its_order(sink):
    for kind in (Kind.LEAVING_ASKED, Kind.LEAVING_STAYED):
        audit.record(kind, by=Hand.CLOCK)

    assert sending.send_what_is_unsent() == 2
    assert sending.send_what_is_unsent() == 0

    assert [said["kind"] for said in sink.said] == ["leaving_asked", "leaving_stayed"]
    assert unsent() == 0


def test_a_long_list_goes_out_in_parts(sink, monkeypatch):
    monkeypatch.setattr(sending, "AT_ONCE", 2)
    for _ in range(5):
        audit.record(Kind.WARNING_READ, by=Hand.CLOCK)

    assert sending.send_what_is_unsent() == 5
    assert len(sink.said) == 5

    for _ in range(5):
        audit.record(Kind.WARNING_READ, by=Hand.CLOCK)
    monkeypatch.setattr(sending, "MOST_IN_ONE_JOB", 2)
    assert (sending.send_what_is_unsent(), unsent()) == (4, 1)


def test_roles_that_the_database_itself_writes_down_are_sent_too(sink):
    on_the_team("moderators")

    sending.send_what_is_unsent()

    assert "+moderators" in [said["codes"] for said in sink.said]


def test_what_is_undone_is_never_sent(sink):
    with undone():
        audit.record(Kind.WARNED, by=Hand.CLOCK)

    assert (sending.send_what_is_unsent(), sink.lines) == (0, [])


# --- While it is away -------------------------------------------------------------------------------------------------


def test_a_sink_that_is_away_fails_no_act_and_gets_all_of_it_later(away, settings, caplog):
    member = MemberFactory()
    accounts.warn(member.pk, by=on_the_team("moderators"), reason="She was rude to a neighbor")
    waiting = unsent()

    assert sending.send_what_is_unsent() == 0
    assert (unsent(), waiting > 0) == (waiting, True)
    assert "AUDIT_SINK cannot be reached" in caplog.text

    with syslog() as (port, heard):
        settings.AUDIT_SINK = sinks.named("AUDIT_SINK", f"syslog://{HERE}:{port}")
        assert sending.send_what_is_unsent() == waiting
    assert "warned" in [said["kind"] for said in heard.said]


def test_doctor_says_how_far_it_is_behind(away, settings):
    assert sending.fault() is None

    audit.record(Kind.WARNED, by=Hand.CLOCK)
    time_goes_by(timedelta(minutes=14))
    assert sending.fault() is None

    time_goes_by(timedelta(minutes=2))
    assert sending.fault().startswith(f"Entries of the audit have waited for 16 minutes to go to syslog://{HERE}:")

    settings.AUDIT_SINK = None
    assert sending.fault() is None


def test_without_a_sink_what_is_noted_goes_after_7_days_and_the_entry_stays(settings):
    settings.AUDIT_SINK = None
    audit.record(Kind.WARNED, by=Hand.CLOCK)

    for days, left in ((6, 1), (2, 0)):
        time_goes_by(timedelta(days=days))
        assert (sending.send_what_is_unsent(), unsent()) == (0, left)
    with acting_as_system("a test looks"):
        assert Entry.objects.filter(kind=Kind.WARNED).exists()


def test_an_old_failure_that_was_forgotten_before_it_was_sent_stops_nothing(sink):
    audit.record(Kind.SIGN_IN_FAILED, by=Hand.NOBODY)
    audit.record(Kind.WARNED, by=Hand.CLOCK)
    with laid_open("audit_unsent"), laid_open("audit_entries"):
        run(
            "UPDATE audit_unsent SET entry_id = gen_random_uuid() WHERE number = (SELECT min(number) FROM audit_unsent)"
        )

    assert (sending.send_what_is_unsent(), unsent()) == (2, 0)
    assert [said["kind"] for said in sink.said] == ["warned"]


# --- When -------------------------------------------------------------------------------------------------------------


def test_one_job_is_asked_for_after_the_commit_and_none_without_a_sink(
    sink, settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        audit.record(Kind.WARNED, by=Hand.CLOCK)
        audit.record(Kind.WARNED, by=Hand.CLOCK)
        assert jobs() == []
    assert jobs() == ["todo"]

    settings.AUDIT_SINK = None
    with django_capture_on_commit_callbacks() as asked:
        audit.record(Kind.WARNED, by=Hand.CLOCK)
    assert asked == []


def test_a_broken_queue_fails_no_act(sink, monkeypatch, django_capture_on_commit_callbacks):
    def broken(*_, **__):
        raise RuntimeError("no queue")

    monkeypatch.setattr(sending.app, "configure_task", broken)

    with django_capture_on_commit_callbacks() as asked:
        audit.record(Kind.WARNED, by=Hand.CLOCK)

    hooks = [robust for _sids, hook, robust in connection.run_on_commit if hook is sending._ask_for_the_sender]
    assert (len(asked), all(hooks)) == (1, True)
    assert unsent() == 1


# --- Who may touch the list -------------------------------------------------------------------------------------------


def test_no_role_changes_what_is_noted_and_the_web_login_sees_none_of_it():
    audit.record(Kind.WARNED, by=Hand.CLOCK)

    with refused():
        run("SELECT * FROM audit_unsent")
    with acting_as_system("a test"), refused():
        run("UPDATE audit_unsent SET entry_id = gen_random_uuid()")
