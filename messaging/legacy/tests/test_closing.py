"""The old messaging is closed, and old conversations are: who is told, and what can be opened again."""

import re

import pytest
from django.core import mail
from django.db import connection, transaction

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.refusals import ConversationArchived
from carecollective.rollout import mail as mails
from carecollective.rollout import services
from carecollective.rollout.stages import ENABLED
from helprequests import services as help_requests
from helprequests.tests.factories import HelpRequestFactory
from messaging import inbox
from messaging import services as messaging
from messaging.legacy.tests.factories import offered

WHY = "Everybody has moved over."


@pytest.fixture
def admin(db):
    return MemberFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def talk(admin):
    services.change_stage(ENABLED, by=admin, reason=WHY, despite=True)
    help_request, helper = HelpRequestFactory(), MemberFactory()
    offered(help_request, helper)
    return help_request, helper


def waiting():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'member_id' FROM procrastinate_jobs WHERE task_name LIKE '%tell_a_member' ORDER BY 1"
        )
        return [member_id for (member_id,) in cursor.fetchall()]


def test_both_people_of_an_old_conversation_are_told_and_nobody_else(talk, admin):
    MemberFactory()

    act = services.close_v1(by=admin, reason=WHY)

    help_request, helper = talk
    assert waiting() == sorted([str(helper.pk), str(help_request.user_id)])
    assert act.numbers["told"] == 2


def test_closing_what_is_closed_tells_nobody_again(talk, admin):
    services.close_v1(by=admin, reason=WHY)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")

    services.close_v1(by=admin, reason=WHY)

    assert waiting() == []


def test_nobody_is_told_of_a_closing_that_did_not_come_about(talk, admin):
    with transaction.atomic():
        services.close_v1(by=admin, reason=WHY)
        transaction.set_rollback(True)

    assert waiting() == []


def letter_to(member, language=""):
    Member.objects.filter(pk=member.pk).update(language=language)
    mails.tell_a_member(str(member.pk))
    sent = mail.outbox.pop()
    assert sent.to == [member.email]
    return sent


def test_the_mail_names_nobody(talk):
    help_request, helper = talk
    member = help_request.user

    sent = letter_to(member)

    assert [name for name in (member.name, helper.name, help_request.title) if name in sent.body] == []


def test_each_of_the_two_hears_what_they_themselves_can_do(talk):
    help_request, helper = talk

    to_owner, to_helper = letter_to(help_request.user, "en").body, letter_to(helper, "en").body

    assert "offer help on the request again" not in to_owner
    assert "whoever still wants to help can offer again on your request" in to_owner
    assert "offer help on the request again" in to_helper
    assert "on your request" not in to_helper


def test_whoever_asked_here_and_offered_there_hears_both(talk):
    _help_request, helper = talk
    offered(HelpRequestFactory(user=helper), MemberFactory())

    letter_text = letter_to(helper, "en").body

    assert "offer help on the request again" in letter_text
    assert "can offer again on your request" in letter_text


def test_the_mail_is_in_the_members_language_and_in_both_where_nobody_knows_it(talk):
    _help_request, helper = talk

    subjects = [letter_to(helper, language).subject for language in ("es", "en", "")]

    assert [("read-only" in subject, "solo" in subject) for subject in subjects] == [
        (False, True),
        (True, False),
        (True, True),
    ]


def note_in(thread):
    return re.search(r"Our older system takes no new messages\.[^<]*", thread.content.decode()).group()


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("became", "to_owner", "to_helper"),
    [
        ("open", "the other person can offer help on your request again", "offer help on the request again"),
        ("cancelled", "If you still need help, open your request again.", ""),
    ],
)
def test_the_note_above_the_thread_has_words_for_each_of_the_two(talk, admin, client, became, to_owner, to_helper):
    help_request, helper = talk
    (old,) = inbox.inbox(helper).results
    services.close_v1(by=admin, reason=WHY)
    if became == "cancelled":
        help_requests.cancel(help_request.pk, by=help_request.user)

    notes = {}
    for reader in (help_request.user, helper):
        client.force_login(reader)
        notes[reader] = " ".join(note_in(client.get(f"/messages/{old.id}/")).split())

    assert to_owner in notes[help_request.user]
    assert "offer help on the request again" not in notes[help_request.user]
    assert notes[helper] == f"Our older system takes no new messages. To keep talking, {to_helper}.".removesuffix(
        "" if to_helper else " To keep talking, ."
    )


@pytest.mark.django_db
def test_a_banned_member_gets_no_mail():
    mails.tell_a_member(str(MemberFactory(banned=True).pk))

    assert mail.outbox == []


def test_an_old_conversation_is_not_reopened_beside_a_newer_one_of_the_same_helper(talk):
    help_request, helper = talk
    (old,) = inbox.inbox(helper).results
    messaging.archive(old.id, by=helper)
    messaging.offer_help(help_request.pk, by=helper, text="A second offer, in the new messaging.")

    with pytest.raises(ConversationArchived):
        messaging.reopen(old.id, by=help_request.user)

    assert [entry.version for entry in inbox.inbox(helper).results] == ["v2"]


def test_an_old_conversation_without_a_newer_one_is_reopened(talk):
    help_request, helper = talk
    (old,) = inbox.inbox(helper).results
    messaging.archive(old.id, by=helper)

    messaging.reopen(old.id, by=help_request.user)

    assert [entry.id for entry in inbox.inbox(helper).results] == [old.id]
