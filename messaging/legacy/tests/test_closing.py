"""The old messaging is closed, and old conversations are: who is told, and what can be opened again."""

import pytest
from django.core import mail
from django.db import connection, transaction

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.refusals import ConversationArchived
from carecollective.rollout import mail as mails
from carecollective.rollout import services
from carecollective.rollout.stages import ENABLED
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


def test_the_mail_says_it_in_both_languages_and_names_nobody(talk):
    help_request, helper = talk
    member = help_request.user

    mails.tell_a_member(str(member.pk))

    (sent,) = mail.outbox
    assert sent.to == [member.email]
    assert ("read-only" in sent.subject, "solo" in sent.subject) == (True, True)
    assert [name for name in (member.name, helper.name, help_request.title) if name in sent.body] == []


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
