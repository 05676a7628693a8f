"""Asking to leave, staying after all, and being gone: what each of them ends, and what the other person keeps."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone
from knox.models import get_token_model

from carecollective.accounts import joining
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.accounts.tests.post import deliver
from carecollective.accounts.tests.team import again, browser_of, on_the_team
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.names import FORMER_MEMBER
from carecollective.ground.refusals import ConversationArchived, Leaving, MemberHasLeft, Unauthorized
from carecollective.kept_texts import services as kept_texts
from carecollective.own_data.exports import services as exports
from carecollective.own_data.leaving import erasure, services
from carecollective.own_data.leaving.models import Erasure
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import asked_by_the_owner, run_as_owner
from carecollective.tests.races import at_once, hold_up, outcome
from carecollective.tests.sql import column, one, refused, run
from carecollective.tests.waiting import eventually
from carecollective.told.mail.models import Choice
from carecollective.told.mail.preferences import Stop
from carecollective.told.notifications.models import Notification
from helprequests import services as help_requests
from helprequests.models import FORMER_REQUEST
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, blocking
from messaging import services as messaging
from messaging.inbox import inbox
from messaging.legacy.tests.factories import left_behind
from messaging.reports import services as reports
from messaging.reports.tests.judging import judged
from messaging.tests.factories import ConversationFactory, MessageFactory
from messaging.thread import thread

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return MemberFactory(email="nora@example.org", name="Nora Nelson", password=PASSWORD)


@pytest.fixture
def other():
    return MemberFactory(name="Otto Ortega")


def move_the_clock(member, days=15):
    """They asked so many days ago."""
    Member.objects.filter(pk=member.pk).update(leaving_at=timezone.now() - timedelta(days=days))


def gone(member):
    services.ask_to_leave(by=member)
    move_the_clock(member)
    assert services.erase_due() == 1
    return again(member)


def notices_of(member):
    with acting_as(member):
        return list(Notification.objects.filter(member=member).order_by("created_at").values_list("kind", flat=True))


# --- Asking ----------------------------------------------------------------------------------------------------------


def test_whoever_asks_to_leave_has_14_days(member):
    leaves_at = services.ask_to_leave(by=member)

    member = again(member)
    assert leaves_at == member.leaves_at
    assert abs(leaves_at - timezone.now() - timedelta(days=14)) < timedelta(minutes=5)
    assert (member.left_at, member.name) == (None, "Nora Nelson")


def test_asking_twice_is_refused_and_moves_nothing(member):
    services.ask_to_leave(by=member)
    asked_at = again(member).leaving_at

    with pytest.raises(services.AskedAlready):
        services.ask_to_leave(by=member)

    assert again(member).leaving_at == asked_at


def test_every_session_and_token_ends(member):
    browser = browser_of(member)
    get_token_model().objects.create(user=member)
    assert browser.get("/you/").status_code == 200

    services.ask_to_leave(by=member)

    assert browser.get("/you/").status_code == 302
    assert get_token_model().objects.filter(user=member).count() == 0


def test_open_requests_close_and_those_who_offered_hear_of_it(member, other):
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=member), helper=other)
    done = HelpRequestFactory(user=member, status="completed")

    services.ask_to_leave(by=member)

    conversation.help_request.refresh_from_db()
    done.refresh_from_db()
    assert (conversation.help_request.status, done.status) == ("cancelled", "completed")
    assert notices_of(other) == ["cancelled"]


def test_a_request_that_they_were_to_help_with_is_open_again_and_its_owner_is_told(member, other):
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=other), helper=member)
    answers.accept(conversation.pk, by=other)

    services.ask_to_leave(by=member)

    conversation.help_request.refresh_from_db()
    assert (conversation.help_request.status, conversation.help_request.helper_id) == ("open", None)
    assert notices_of(other) == ["offer", "withdrawn"]


def test_an_offer_that_waits_is_taken_back(member, other):
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=other), helper=member)

    services.ask_to_leave(by=member)

    assert inbox(other).results[0].answer == "withdrawn"
    assert conversation.help_request.status == "open"


def test_in_version_1_too(member, other):
    request = HelpRequestFactory(user=other)
    conversation = left_behind(request, member, "I can drive you on Thursday.")
    answers.accept(conversation.pk, by=other)

    services.ask_to_leave(by=member)

    request.refresh_from_db()
    assert (request.status, request.helper_id) == ("open", None)


@pytest.mark.one_of_each
@pytest.mark.parametrize("standing", ["pending", "rejected", "limited", "suspended"])
def test_they_may_leave_in_whatever_standing(other, standing):
    helper = MemberFactory()
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=other), helper=helper)
    answers.accept(conversation.pk, by=other)
    field = "restriction" if standing in ("limited", "suspended") else "verification_status"
    Member.objects.filter(pk=helper.pk).update(**{field: standing})

    services.ask_to_leave(by=again(helper))

    conversation.help_request.refresh_from_db()
    assert (again(helper).leaving_at is not None, conversation.help_request.status) == (True, "open")


def test_the_only_administrator_stays_until_there_is_another():
    only = on_the_team("administrators")

    with pytest.raises(services.OnlyAdministrator):
        services.ask_to_leave(by=only)
    assert again(only).leaving_at is None

    on_the_team("administrators")
    services.ask_to_leave(by=only)
    assert again(only).leaving_at is not None


def test_of_two_administrators_one_who_leaves_does_not_count_for_the_other():
    first, second = on_the_team("administrators"), on_the_team("administrators")
    services.ask_to_leave(by=first)

    with pytest.raises(services.OnlyAdministrator):
        services.ask_to_leave(by=second)


def test_a_mail_says_when_and_how_to_stay(member):
    services.ask_to_leave(by=member)

    (letter,) = deliver()

    assert letter.to == ["nora@example.org"]
    assert "you asked to leave" in letter.subject
    assert "sign in before that day" in letter.body


# --- While it can be taken back --------------------------------------------------------------------------------------


def test_nothing_new_begins_meanwhile(member, other):
    services.ask_to_leave(by=member)
    request = HelpRequestFactory(user=other)

    with pytest.raises(Leaving):
        messaging.offer_help(request.pk, by=member, text="I can drive you on Thursday.")
    with pytest.raises(Leaving):
        help_requests.post(by=member, title="A ride to town", category="other", urgency="normal")


def test_they_may_stay_and_what_was_closed_stays_closed(member, other):
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=member), helper=other)
    services.ask_to_leave(by=member)
    deliver()

    services.stay(by=member)

    move_the_clock_for_those_who_leave()
    assert services.erase_due() == 0
    assert again(member).may_take_part is True
    conversation.help_request.refresh_from_db()
    assert conversation.help_request.status == "cancelled"
    assert [letter.to for letter in deliver() if "you stay" in letter.subject] == [["nora@example.org"]]


def move_the_clock_for_those_who_leave():
    Member.objects.exclude(leaving_at=None).update(leaving_at=timezone.now() - timedelta(days=15))


def test_whoever_did_not_ask_has_nothing_to_take_back(member):
    with pytest.raises(services.NotLeaving):
        services.stay(by=member)


def test_nobody_is_gone_before_the_14_days_are_over(member):
    services.ask_to_leave(by=member)
    move_the_clock(member, days=13)

    assert services.erase_due() == 0

    assert again(member).name == "Nora Nelson"


def test_a_conversation_goes_on_while_they_may_still_stay(member, other):
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=other), helper=member)
    services.ask_to_leave(by=member)

    messaging.send_message(conversation.pk, by=other, text="Are you still there?")
    services.stay(by=member)

    assert thread(conversation.pk, by=member).messages[0].content == "Are you still there?"


# --- Gone ------------------------------------------------------------------------------------------------------------


def test_nothing_of_who_they_were_is_left_in_the_account(member):
    left = gone(member)

    assert (left.name, left.email, left.town) == (FORMER_MEMBER, f"former:{member.pk}", "")
    assert (left.has_usable_password(), left.is_active, left.leaving_at) == (False, False, None)
    assert left.left_at is not None


def test_the_other_keeps_the_conversation_and_every_word_in_it(member, other):
    conversation = ConversationFactory(
        help_request=HelpRequestFactory(user=other), helper=member, text="I can drive you on Thursday."
    )
    MessageFactory(conversation=conversation, sender=other, text="At nine, then?")
    MessageFactory(conversation=conversation, sender=member, text="At nine.")

    gone(member)

    shown = thread(conversation.pk, by=other)
    assert (shown.conversation.other.name, shown.conversation.other.has_left) == ("A former member", True)
    assert shown.conversation.initial_message == "I can drive you on Thursday."
    assert [message.content for message in shown.messages] == ["At nine, then?", "At nine."]


def test_nobody_writes_to_them_or_opens_the_conversation_again(member, other):
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=other), helper=member)
    gone(member)

    with pytest.raises(MemberHasLeft) as refusal:
        messaging.send_message(conversation.pk, by=other, text="Hello?")
    assert (refusal.value.code, refusal.value.status) == ("conversation_archived", 409)
    with pytest.raises(MemberHasLeft):
        messaging.reopen(conversation.pk, by=other)


def test_in_version_1_neither(member, other):
    conversation = left_behind(HelpRequestFactory(user=other), member, "I can drive you on Thursday.", "Good.")
    gone(member)

    assert thread(conversation.pk, by=other).conversation.other.name == "A former member"
    with pytest.raises(MemberHasLeft):
        messaging.send_message(conversation.pk, by=other, text="Hello?")
    with pytest.raises(MemberHasLeft):
        messaging.reopen(conversation.pk, by=other)


def test_the_database_too_lets_nobody_open_it_again(member, other):
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=other), helper=member)
    still_here = ConversationFactory(help_request=HelpRequestFactory(user=other))
    messaging.archive(still_here.pk, by=other)
    gone(member)

    statement = "UPDATE conversations_v2 SET status = 'active' WHERE id = %s"
    with refused(), acting_as(other):
        run(statement, conversation.pk)
    with acting_as(other):
        assert run(statement, still_here.pk) == 1


def test_a_request_of_theirs_keeps_no_word_of_theirs(member, other):
    request = HelpRequestFactory(
        user=member, description="Up the stairs", exchange_offer="Pie", location_override="Elm 4"
    )
    conversation = ConversationFactory(help_request=request, helper=other)

    gone(member)

    request.refresh_from_db()
    assert (request.title, request.status) == (FORMER_REQUEST, "cancelled")
    assert {request.description, request.exchange_offer, request.location_override} == {""}
    assert thread(conversation.pk, by=other).conversation.help_request.title == FORMER_REQUEST


def test_a_conversation_that_both_have_left_is_gone(member, other):
    new = ConversationFactory(help_request=HelpRequestFactory(user=other), helper=member)
    old = left_behind(HelpRequestFactory(user=other), member, "I can drive you on Thursday.", "Good.")
    gone(member)
    with acting_as_system("a test looks"):
        assert column("SELECT id FROM conversations_v2 UNION SELECT id FROM conversations") != []

    gone(other)

    with acting_as_system("a test looks"):
        left = column(
            "SELECT id FROM conversations_v2 UNION SELECT id FROM conversations UNION SELECT id FROM messages"
        )
        answered = one("SELECT count(*) FROM offer_answers")
    assert (left, answered, new.pk == old.pk) == ([], 0, False)


def test_the_job_may_run_twice(member):
    gone(member)
    left_at = again(member).left_at

    assert services.erase_due() == 0
    assert services.erase(member.pk) is False

    assert again(member).left_at == left_at


def test_a_job_that_is_cut_off_has_done_nothing_and_takes_nobody_elses_turn(member, other, monkeypatch):
    request = HelpRequestFactory(user=other)
    for leaving in (other, member):
        services.ask_to_leave(by=leaving)
    move_the_clock(other, days=16)
    move_the_clock(member)
    forget = erasure._empty_the_account

    def cut_off(erased):
        if erased.pk == other.pk:
            raise OSError("the power went")
        forget(erased)

    monkeypatch.setattr(erasure, "_empty_the_account", cut_off)

    assert services.erase_due() == 1

    request.refresh_from_db()
    assert (again(other).name, request.title) == ("Otto Ortega", request.title)
    assert (request.title == FORMER_REQUEST, again(member).name) == (False, FORMER_MEMBER)
    monkeypatch.undo()
    assert services.erase_due() == 1


def test_who_left_may_join_again_with_the_same_address(member):
    gone(member)

    fresh = joining.join(
        email="nora@example.org", password="another long one", name="Nora Nelson", town="",
        application_text="", language="en",
    )  # fmt: skip

    assert fresh not in (None, member.pk)
    assert Member.objects.get(pk=fresh).email == "nora@example.org"


def test_an_address_that_was_joined_with_stands_in_no_session(client, member):
    session = client.session
    session["joined"] = {"email": "Nora@example.org", "member": ""}
    session.save()
    unrelated = browser_of(MemberFactory())

    gone(member)

    assert [one.get_decoded().get("joined") for one in Session.objects.all()] == [None]
    assert unrelated.get("/you/").status_code == 200


# --- What still comes in afterwards -----------------------------------------------------------------------------------


def rows_of(member, table, column="member_id"):
    with acting_as_system("a test looks"):
        return one(f"SELECT count(*) FROM {table} WHERE {column} = %s", member.pk)


def test_a_form_that_is_still_open_keeps_nothing_for_who_has_left(client, member):
    marked = {kept_texts.FIELD: kept_texts.mark(member, "/requests/new/"), "title": "Nora was here"}
    gone(member)

    client.post("/requests/new/", marked)

    assert rows_of(member, "kept_texts") == 0


def test_an_old_link_that_stops_mail_writes_nothing_for_who_has_left(client, member):
    link = reverse("mail:stop", args=[Stop(member.pk, ["offers"], Choice.AT_ONCE).token])
    gone(member)

    assert client.post(link).status_code == 404
    assert rows_of(member, "mail_preferences") == 0


def test_a_report_that_is_decided_later_tells_nobody_who_has_left(member, other):
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=member), helper=other)
    report = reports.report(conversation.pk, by=member, reason="scam")
    gone(member)

    judged(report.pk, "no_action", by=on_the_team("moderators"))

    assert rows_of(member, "notifications") == rows_of(member, "mails", "recipient_id") == 0


def test_a_copy_that_was_asked_for_in_that_moment_is_not_made(member):
    before = again(member)
    gone(member)

    with pytest.raises(Unauthorized):
        exports.ask(by=before, language="en")
    assert rows_of(member, "exports") == 0


def test_what_others_blocked_of_them_goes_too(member, other):
    blocking.block(member.pk, by=other)
    blocking.block(other.pk, by=member)

    gone(member)

    with acting_as_system("a test looks"):
        assert one("SELECT count(*) FROM member_blocks") == 0


def test_the_ledger_knows_them_by_their_id_alone(member):
    left = gone(member)

    with acting_as_system("a test looks"):
        assert list(Erasure.objects.values_list("member_id", "how", "erased_at")) == [(member.pk, "left", left.left_at)]


def test_a_hard_delete_takes_everything_and_stands_in_the_ledger(member, other):
    ConversationFactory(help_request=HelpRequestFactory(user=other), helper=member)
    known_as = member.pk

    member.delete()

    with acting_as_system("a test looks"):
        assert one("SELECT count(*) FROM conversations_v2") == 0
        assert list(Erasure.objects.values_list("member_id", "how")) == [(known_as, "deleted")]


# --- What the database holds -----------------------------------------------------------------------------------------


def test_nobody_who_is_here_is_called_a_former_member(member):
    with pytest.raises(DatabaseError), transaction.atomic():
        Member.objects.filter(pk=member.pk).update(name=FORMER_MEMBER)

    Member.objects.filter(pk=member.pk).update(name="A former teacher")


@pytest.mark.parametrize(
    "change", [{"name": "Nora Nelson"}, {"email": "n@example.org"}, {"town": "Elm"}, {"is_staff": True}]
)
def test_whoever_has_left_gets_nothing_back(member, change):
    gone(member)

    with pytest.raises(DatabaseError), transaction.atomic():
        Member.objects.filter(pk=member.pk).update(**change)


@pytest.mark.one_of_each("role")
@pytest.mark.parametrize("role", ["authenticated", "care_staff", "care_system"])
@pytest.mark.parametrize(
    "statement", ["UPDATE erasures SET how = 'deleted'", "DELETE FROM erasures", "TRUNCATE erasures"]
)
def test_the_ledger_is_only_added_to(member, role, statement):
    gone(member)

    with refused(), transaction.atomic():
        run("SELECT set_config('role', %s, true)", role)
        run(statement)

    with acting_as_system("a test adds"):
        assert run("INSERT INTO erasures (member_id, how) VALUES (gen_random_uuid(), 'left')") == 1


def test_the_owner_of_the_ledger_changes_no_row_of_it(member):
    gone(member)

    assert run_as_owner("UPDATE erasures SET how = 'deleted'") == 0
    assert run_as_owner("DELETE FROM erasures") == 0


# --- Two at once -----------------------------------------------------------------------------------------------------


@takes_long
@pytest.mark.django_db(transaction=True)
def test_a_message_is_there_before_they_are_gone_or_is_refused():
    for round in range(5):
        member, other = MemberFactory(), MemberFactory()
        conversation = ConversationFactory(help_request=HelpRequestFactory(user=other), helper=member)
        services.ask_to_leave(by=member)
        move_the_clock(member)

        came = at_once(
            lambda id=member.pk: services.erase(id),
            lambda id=conversation.pk, by=other: messaging.send_message(id, by=by, text="Are you there?"),
        )

        assert [outcome(one) for one in came] in (["done", "done"], ["done", "conversation_archived"]), round
        with acting_as(other):
            assert one("SELECT status FROM conversations_v2 WHERE id = %s", conversation.pk) == "archived"


@takes_long
@pytest.mark.django_db(transaction=True)
def test_of_staying_and_being_emptied_at_once_one_happens():
    for _ in range(5):
        member = MemberFactory()
        services.ask_to_leave(by=member)
        move_the_clock(member)

        stayed, erased = at_once(
            lambda by=member: services.stay(by=by), lambda id=member.pk: services.erase(id, if_due=True)
        )

        is_gone = again(member).left_at is not None
        assert (erased, isinstance(stayed, services.NotLeaving)) == (is_gone, is_gone)


@pytest.mark.django_db(transaction=True)
def test_nothing_they_write_is_saved_once_they_have_asked():
    member, other = MemberFactory(), MemberFactory()
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=other), helper=member)

    def ask():
        with transaction.atomic():
            services.ask_to_leave(by=member)
            hold_up()

    asked, wrote = at_once(ask, lambda: _write_once_asked(conversation, member))

    assert (outcome(asked), outcome(wrote)) == ("done", "user_restricted")


def _write_once_asked(conversation, member):
    """Begins while the asking holds the member's row."""
    # The lock of the table comes a moment before that of the row.
    free = "SELECT id FROM members WHERE id = %s FOR SHARE SKIP LOCKED"
    eventually(lambda: not asked_by_the_owner(free, member.pk))
    return messaging.send_message(conversation.pk, by=member, text="One more word")


def test_an_archived_conversation_between_two_who_are_here_says_nothing_of_leaving(member, other):
    conversation = ConversationFactory(help_request=HelpRequestFactory(user=other), helper=member)
    messaging.archive(conversation.pk, by=other)

    with pytest.raises(ConversationArchived) as refusal:
        messaging.send_message(conversation.pk, by=other, text="Hello?")

    assert type(refusal.value) is ConversationArchived
