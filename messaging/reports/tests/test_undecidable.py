"""A report that nobody on the team may decide stays open: its reporter is told, and `doctor` counts it."""

import re

import pytest
from django.core.management import call_command

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team, superuser
from carecollective.ground.identity import acting_as
from carecollective.tests.owner import laid_open
from carecollective.tests.sql import run
from carecollective.told.notifications.models import Notification
from helprequests.tests.factories import HelpRequestFactory
from messaging.reports import services, undecidable
from messaging.reports.tests.judging import judged
from messaging.tests.factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db


def reported(writer, by=None):
    """A report about what this writer wrote, and who made it."""
    by = by or MemberFactory()
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=by), helper=writer)
    message = MessageFactory(conversation=conversation, sender=writer)
    return services.report(message.pk, by=by, reason="scam"), by


def is_told_that_it_stays_open(member):
    with acting_as(member):
        return Notification.objects.filter(kind="stays_open").count() == 1


def doctor(capsys):
    try:
        call_command("doctor")
        code = 0
    except SystemExit as ended:
        code = ended.code
    (line,) = [line for line in capsys.readouterr().out.splitlines() if re.match("(ok|wrong): reports", line)]
    return code, line


CASES = {
    "the only administrator, and moderators below": (lambda: on_the_team("administrators"), ["moderators"], False),
    "one of two administrators": (lambda: on_the_team("administrators"), ["administrators"], True),
    "a moderator below an administrator": (lambda: on_the_team("moderators"), ["administrators"], True),
    "a moderator beside a moderator": (lambda: on_the_team("moderators"), ["moderators"], False),
    "a superuser below nobody": (superuser, ["administrators"], False),
    "a member": (MemberFactory, ["moderators"], True),
    "a member, and coordinators alone": (MemberFactory, ["coordinators"], False),
}


@pytest.mark.one_of_each
@pytest.mark.parametrize("case", CASES)
def test_each_report_may_be_decided_or_is_counted(case, capsys):
    writer, others, may = CASES[case]
    for group in others:
        on_the_team(group)
    reported(writer())

    assert len(undecidable.undecidable()) == (not may)
    code, line = doctor(capsys)
    assert (code, line.startswith("ok: ")) == ((0, True) if may else (1, False))


def test_a_report_by_the_only_one_who_could_decide_is_counted():
    reported(MemberFactory(), on_the_team("moderators"))
    assert len(undecidable.undecidable()) == 1

    on_the_team("moderators")
    assert undecidable.undecidable() == []


@pytest.mark.parametrize(("group", "is_told"), [("administrators", True), ("coordinators", False)])
def test_the_reporter_is_told_at_once_with_whom_to_ask_outside(group, is_told):
    on_the_team("moderators")
    _report, reporter = reported(on_the_team(group))

    assert is_told_that_it_stays_open(reporter) is is_told


def test_doctor_says_how_many_and_since_when(capsys):
    on_the_team("moderators")
    administrator = on_the_team("administrators")
    for _ in range(2):
        reported(administrator)
    with laid_open("message_reports"):
        run("UPDATE message_reports SET created_at = created_at - interval '9 days' "
            "WHERE id = (SELECT min(id::text)::uuid FROM message_reports)")  # fmt: skip

    code, line = doctor(capsys)

    assert code == 1
    assert line.startswith("wrong: reports. Reports that nobody on the team may decide: 2, the oldest for 9 days.")


def test_what_is_decided_waits_for_nobody():
    moderator = on_the_team("moderators")
    report, _reporter = reported(MemberFactory())
    judged(report.pk, "no_action", by=moderator)
    moderator.delete()

    assert undecidable.undecidable() == []
