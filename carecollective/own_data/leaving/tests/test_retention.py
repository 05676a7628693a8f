"""What is kept for a while goes when its time has come, and not a day earlier; the clock is moved by hand."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.models import get_token_model

from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.models import ImpersonationAttempt
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.own_data.leaving import retention
from carecollective.own_data.leaving import services as leaving
from carecollective.own_data.leaving.models import RemovalNotice
from carecollective.tests.sql import column, one, refused, run
from carecollective.told.kinds import What
from carecollective.told.notifications import services as notices
from carecollective.told.notifications.models import Notification
from helprequests import services as help_requests
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers
from messaging import services as messaging
from messaging.legacy.tests.factories import left_behind
from messaging.reports import services as reports
from messaging.reports.tests.judging import judged
from messaging.sharing import services as sharing
from messaging.tests.factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db


def days(number):
    return timezone.now() + timedelta(days=number)


# --- Attempts, notices, sign-ins -------------------------------------------------------------------------------------


def attempted(number):
    caller = MemberFactory()
    with acting_as_system("a test plays an old attempt"):
        ImpersonationAttempt.objects.create(
            caller=caller, claimed="x", field="user_id", path="/", attempted_at=days(-number)
        )


def test_uses_of_anothers_id_go_after_90_days():
    attempted(91)
    attempted(89)

    assert retention.forget_attempts() == 1

    with acting_as_system("a test looks"):
        assert ImpersonationAttempt.objects.count() == 1


def test_the_database_lets_none_go_earlier():
    attempted(89)

    with acting_as_system("a test tries"):
        assert run("DELETE FROM impersonation_attempts") == 0
    with refused(), acting_as(MemberFactory()):
        run("DELETE FROM impersonation_attempts")


def test_read_notices_go_after_30_days_and_unread_ones_stay():
    member = MemberFactory()
    for number in ("first", "second"):
        notices.tell(What.ENDING, member.pk, help_request_id=HelpRequestFactory(user=member).pk, about=number)
    with acting_as(member):
        first = Notification.objects.filter(about="first").values_list("pk", flat=True)[0]
    notices.read(first, by=member)

    assert retention.forget_read_notices(days(29)) == 0
    assert retention.forget_read_notices(days(31)) == 1

    with acting_as(member):
        assert list(Notification.objects.values_list("about", flat=True)) == ["second"]


def test_sign_ins_that_have_ended_are_forgotten():
    member, other = MemberFactory(password=PASSWORD), MemberFactory(password=PASSWORD)
    for one_of_them in (member, other):
        Client().post("/sign-in/", {"login": one_of_them.email, "password": PASSWORD})
        get_token_model().objects.create(user=one_of_them)
    Session.objects.filter(pk__in=UserSession.objects.filter(user=member).values("session_key")).update(
        expire_date=days(-1)
    )
    get_token_model().objects.filter(user=member).update(expiry=days(-1))

    retention.forget_ended_sign_ins()

    assert list(UserSession.objects.values_list("user", flat=True)) == [other.pk]
    assert list(get_token_model().objects.values_list("user", flat=True)) == [other.pk]
    assert Session.objects.count() == 1


# --- Closed requests and archived conversations ----------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _six_months(settings):
    settings.RETENTION_MONTHS = 6


def closed():
    """A request that is done, with both people's words on it."""
    conversation = ConversationFactory()
    MessageFactory(conversation=conversation)
    help_requests.complete(conversation.help_request.pk, by=conversation.requester)
    return conversation


def told(member):
    with acting_as(member):
        return list(Notification.objects.filter(member=member, kind="going").values_list("help_request_id", flat=True))


def there(conversation):
    with acting_as_system("a test looks"):
        return one("SELECT count(*) FROM conversations_v2 WHERE id = %s", conversation.pk) == 1


def go(number):
    """(announced, removed) as of so many days from now."""
    return retention.announce_and_remove(days(number))


def test_without_the_setting_everything_stays(settings):
    settings.RETENTION_MONTHS = None
    conversation = closed()

    assert go(10_000) == (0, 0)

    assert there(conversation)


def test_both_are_told_30_days_before(settings):
    conversation = closed()

    assert go(150) == (0, 0)
    assert go(160) == (1, 0)

    assert told(conversation.requester) == [conversation.help_request.pk]
    assert told(conversation.helper) == [conversation.help_request.pk]
    assert go(161) == (0, 0)


def test_then_it_goes_with_every_word(settings):
    conversation = closed()
    go(160)

    assert go(189) == (0, 0)
    assert go(191) == (0, 1)

    assert not there(conversation)
    assert not HelpRequest.objects.filter(pk=conversation.help_request.pk).exists()
    with acting_as_system("a test looks"):
        assert one("SELECT count(*) FROM messages_v2") == 0
        assert one("SELECT count(*) FROM offer_answers") == 0
        assert one("SELECT count(*) FROM notifications") == 0
        assert RemovalNotice.objects.count() == 0
    call_command("verify_data")


def test_what_goes_is_held_in_both_versions_first():
    conversation = closed()
    go(160)

    with CaptureQueriesContext(connection) as queries:
        go(191)

    locks = [query["sql"] for query in queries if re.search(r"FOR UPDATE\s*$", query["sql"])]
    held = [re.search(r'FROM "?(\w+)', lock)[1] for lock in locks if conversation.help_request_id.hex in lock]
    assert held == ["help_requests", "conversations_v2", "conversations"]


def test_nothing_goes_that_was_not_announced():
    conversation = closed()

    assert go(1_000) == (1, 0)
    assert there(conversation)
    assert go(1_029) == (0, 0)
    assert go(1_031) == (0, 1)


@pytest.mark.parametrize("act", ["reopen the request", "write"])
def test_what_becomes_active_again_is_spared(act):
    conversation = closed()
    go(160)
    with acting_as_system("a test moves the notice to before what happens now"):
        run("DELETE FROM removal_notices")
        RemovalNotice.objects.create(about_id=conversation.help_request.pk, told_at=days(-31))
    if act == "write":
        messaging.send_message(conversation.pk, by=conversation.requester, text="Thank you once more.")
    else:
        help_requests.reopen(conversation.help_request.pk, by=conversation.requester)

    announced, removed = go(191)

    assert removed == 0
    assert there(conversation)
    assert announced == (1 if act == "write" else 0)  # a closed one is announced anew


def test_an_open_request_stays_however_old():
    conversation = ConversationFactory()

    assert go(10_000) == (0, 0)

    assert there(conversation)


def test_an_archived_conversation_on_an_open_request_goes_alone():
    conversation = ConversationFactory()
    messaging.archive(conversation.pk, by=conversation.requester)
    other = ConversationFactory(help_request=conversation.help_request)

    assert go(160) == (1, 0)
    assert go(191) == (0, 1)

    assert (there(conversation), there(other)) == (False, True)
    assert HelpRequest.objects.filter(pk=conversation.help_request.pk).exists()
    call_command("verify_data")


def test_what_was_answered_and_shared_goes_with_its_conversation_where_the_request_stays():
    """No foreign key leads there: a conversation may be of either version."""
    conversation = ConversationFactory()
    contacts.change(conversation.requester, phone="+1 555 0100", place="")
    answers.accept(conversation.pk, by=conversation.requester)
    sharing.share(conversation.pk, "phone", by=conversation.requester)
    messaging.archive(conversation.pk, by=conversation.requester)
    with acting_as_system("a test looks"):
        before = [one(f"SELECT count(*) FROM {table}") for table in ("offer_answers", "contact_shares")]

    go(160)
    go(191)

    assert (before, there(conversation)) == ([1, 1], False)
    with acting_as_system("a test looks"):
        assert [one(f"SELECT count(*) FROM {table}") for table in ("offer_answers", "contact_shares")] == [0, 0]
    assert HelpRequest.objects.filter(pk=conversation.help_request.pk).exists()


def test_of_a_request_that_goes_its_archived_conversations_are_not_announced_apart():
    conversation = closed()
    messaging.archive(conversation.pk, by=conversation.requester)

    assert go(160) == (1, 0)

    assert len(told(conversation.helper)) == 1


def test_conversations_of_version_1_go_too():
    closed_one = HelpRequestFactory(status="cancelled")
    on_it = left_behind(closed_one, MemberFactory(), "I can drive you on Thursday.", "Good.")
    alone = left_behind(None, MemberFactory(), "I can drive you on Friday.", status="closed")
    active = left_behind(HelpRequestFactory(), MemberFactory(), "I can drive you on Sunday.")

    assert go(160)[0] == 2
    assert go(191)[1] == 2

    with acting_as_system("a test looks"):
        left = column("SELECT id FROM conversations")
        assert column("SELECT DISTINCT conversation_id FROM messages") == [active.pk]
    assert (left, on_it.pk in left, alone.pk in left) == ([active.pk], False, False)
    call_command("verify_data")


def test_of_a_copied_conversation_both_selves_go():
    request = HelpRequestFactory()
    left_behind(request, MemberFactory(), "I can drive you on Thursday.", "Good.")
    call_command("legacy", "migrate")
    help_requests.cancel(request.pk, by=request.user)

    go(160)
    go(191)

    with acting_as_system("a test looks"):
        assert one("SELECT count(*) FROM conversations_v2") == 0
        assert one("SELECT count(*) FROM conversations") == 0
        assert one("SELECT count(*) FROM messages") == 0


def test_while_a_report_waits_everything_stays():
    conversation = closed()
    report = reports.report(conversation.pk, by=conversation.requester, reason="scam")

    assert go(160) == (0, 0)
    judged(report.pk, "no_action", by=on_the_team("moderators"))

    assert go(160) == (1, 0)


def test_an_archived_conversation_stays_too_while_a_report_waits():
    conversation = ConversationFactory()
    messaging.archive(conversation.pk, by=conversation.requester)
    report = reports.report(conversation.pk, by=conversation.requester, reason="scam")

    assert go(160) == (0, 0)
    judged(report.pk, "no_action", by=on_the_team("moderators"))

    assert go(160) == (1, 0)


def test_who_has_left_is_not_told():
    conversation = closed()
    leaving.erase(conversation.helper.pk)

    assert go(160) == (1, 0)

    with acting_as_system("a test looks"):
        assert column("SELECT member_id FROM notifications WHERE kind = 'going'") == [conversation.requester.pk]


def test_a_run_that_is_cut_off_removes_each_thing_whole_or_not(monkeypatch):
    first, second = closed(), closed()
    go(160)
    run_statements = retention._run

    def cut_off(statements, **values):
        run_statements(statements, **values)
        if statements == retention.REMOVE:
            raise OSError("the power went")

    monkeypatch.setattr(retention, "_run", cut_off)
    with pytest.raises(OSError, match="power"):
        go(191)
    assert (there(first), there(second)) == (True, True)

    monkeypatch.undo()
    assert go(191) == (0, 2)


def test_only_what_is_over_can_be_deleted_by_the_system_at_all():
    active, over = ConversationFactory(), ConversationFactory()
    messaging.archive(over.pk, by=over.requester)

    with acting_as_system("a test tries"):
        assert run("DELETE FROM conversations_v2") == 1
    assert (there(active), there(over)) == (True, False)


def test_answers_go_only_after_their_conversation():
    conversation = ConversationFactory()
    messaging.archive(conversation.pk, by=conversation.requester)
    help_requests.cancel(conversation.help_request.pk, by=conversation.requester)

    with acting_as_system("a test tries"):
        assert run("DELETE FROM offer_answers") == 0
        run("DELETE FROM conversations_v2")
        assert run("DELETE FROM offer_answers") == 1


@pytest.mark.parametrize("role", ["authenticated", "care_staff"])
def test_nobody_else_announces_or_removes(role):
    with refused():
        run("SELECT set_config('role', %s, true)", role)
        run("DELETE FROM removal_notices")
