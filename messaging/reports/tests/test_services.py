"""What a report is: one per member and message, with the words around it as they were, and nobody's to change."""

import hashlib
import json
import uuid

import pytest
from django.db import connection

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import limits
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.ground.refusals import (
    AlreadyReported,
    MessageNotFound,
    PermissionDenied,
    RateLimited,
    UserRestricted,
    ValidationFailed,
)
from carecollective.tests.sql import refused
from helprequests.tests.factories import HelpRequestFactory
from messaging.legacy.tests.factories import left_behind
from messaging.reports import services
from messaging.reports.models import Report
from messaging.services import send_message
from messaging.tests.factories import FIRST_WORDS, ConversationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation():
    return ConversationFactory()


@pytest.fixture
def owner(conversation):
    return conversation.requester


def said(conversation, *texts):
    return [send_message(conversation.pk, by=conversation.helper, text=text).message for text in texts]


def kept(report):
    with acting_as_system("a test looks at the evidence"):
        return Report.objects.get(pk=report.pk)


# --- What is kept ---------------------------------------------------------------------------------------------------


def test_a_report_keeps_the_message_and_two_before_and_after_it(conversation, owner):
    messages = said(conversation, *"abcdefg")

    report = kept(services.report(messages[3].pk, by=owner, reason="scam"))

    assert [line["content"] for line in report.evidence] == list("bcdef")
    assert {line["sender_id"] for line in report.evidence} == {str(conversation.helper.pk)}
    assert (report.sender_id, report.conversation_id, report.version) == (
        conversation.helper.pk,
        conversation.pk,
        "v2",
    )
    assert (report.status, report.reviewed_at) == ("pending", None)


def test_the_first_message_is_reported_by_the_conversations_own_id(conversation, owner):
    said(conversation, "a", "b", "c")

    report = kept(services.report(conversation.pk, by=owner, reason="other", description="  It frightens me. "))

    assert [line["content"] for line in report.evidence] == [FIRST_WORDS, "a", "b"]
    assert report.description == "It frightens me."


def test_a_message_of_version_1_is_reported_alike():
    help_request, helper = HelpRequestFactory(), MemberFactory()
    conversation = left_behind(help_request, helper, FIRST_WORDS, "Thank you", "Send me money", "Why?")
    with acting_as_system("a test looks for a message"):
        message = conversation.messages.get(content="Send me money")

    report = kept(services.report(message.pk, by=help_request.user, reason="scam"))

    assert [line["content"] for line in report.evidence] == [FIRST_WORDS, "Thank you", "Send me money", "Why?"]
    assert (report.version, report.sender_id) == ("v1", helper.pk)


def test_the_evidence_can_be_proved_unchanged(conversation, owner):
    report = services.report(conversation.pk, by=owner, reason="spam")

    with acting_as_system("a test reads the evidence as the database writes it"), connection.cursor() as cursor:
        cursor.execute("SELECT evidence::text, evidence_sha256 FROM message_reports WHERE id = %s", [report.pk])
        text, digest = cursor.fetchone()
    assert hashlib.sha256(text.encode()).hexdigest() == digest
    assert json.loads(text)[0]["content"] == FIRST_WORDS


# --- Who may report what --------------------------------------------------------------------------------------------


def test_nobody_reports_what_they_cannot_read(conversation):
    (message,) = said(conversation, "a")
    outsider = MemberFactory()

    for id in (message.pk, conversation.pk, uuid.uuid4()):
        with pytest.raises(MessageNotFound):
            services.report(id, by=outsider, reason="spam")


def test_nobody_reports_themselves(conversation):
    with pytest.raises(PermissionDenied):
        services.report(conversation.pk, by=conversation.helper, reason="spam")


def test_a_message_is_reported_once_by_each(conversation, owner):
    services.report(conversation.pk, by=owner, reason="spam")

    with pytest.raises(AlreadyReported):
        services.report(conversation.pk, by=owner, reason="scam")
    assert services.reported_in(conversation.pk, by=owner) == {conversation.pk}
    assert services.reported_in(conversation.pk, by=conversation.helper) == set()


def test_reports_have_a_limit_that_refusals_do_not_use_up(conversation, owner):
    messages = said(conversation, *"abcdef")
    for message in messages[: limits.REPORTS.most - 1]:
        services.report(message.pk, by=owner, reason="spam")
    for _ in range(3):
        with pytest.raises(AlreadyReported):
            services.report(messages[0].pk, by=owner, reason="spam")

    services.report(messages[4].pk, by=owner, reason="spam")

    with pytest.raises(RateLimited):
        services.report(messages[5].pk, by=owner, reason="spam")


@pytest.mark.parametrize(("restriction", "may"), [("limited", True), ("suspended", False)])
def test_who_is_limited_may_still_report(conversation, owner, restriction, may):
    Member.objects.filter(pk=owner.pk).update(restriction=restriction)

    if may:
        services.report(conversation.pk, by=owner, reason="safety")
    else:
        with pytest.raises(UserRestricted):
            services.report(conversation.pk, by=owner, reason="safety")


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"reason": "rude"}, "reason"), ({"reason": "spam", "description": "x" * 501}, "description")],
)
def test_what_is_wrong_with_a_report_is_named(conversation, owner, sent, field):
    with pytest.raises(ValidationFailed) as refusal:
        services.report(conversation.pk, by=owner, **sent)

    assert [error["field"] for error in refusal.value.errors] == [field]


# --- The wall by itself ---------------------------------------------------------------------------------------------


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


INSERT = "INSERT INTO message_reports (message_id, reported_by, reason) VALUES (%s, %s, 'spam')"


def test_the_database_takes_a_report_of_ones_own_reading_and_no_other(conversation, owner):
    outsider = MemberFactory()

    with acting_as(outsider), refused("P0002"):
        sql(INSERT, conversation.pk, outsider.pk)
    with acting_as(outsider), refused("P0002"):
        sql(INSERT, conversation.pk, owner.pk)
    with acting_as(conversation.helper), refused("42501"):  # in somebody else's name, and of one's own words
        sql(INSERT, conversation.pk, conversation.helper.pk)
    with acting_as(conversation.helper), refused("42501"):
        sql(INSERT, conversation.pk, owner.pk)
    with acting_as(owner):
        assert sql(INSERT, conversation.pk, owner.pk) == 1


@pytest.mark.one_of_each
@pytest.mark.parametrize("column", ["evidence", "evidence_sha256", "sender_id", "status", "created_at", "version"])
def test_a_member_brings_nothing_but_what_they_say(conversation, owner, column):
    with acting_as(owner), refused("42501"):
        sql(f"INSERT INTO message_reports (message_id, reported_by, reason, {column}) VALUES (%s, %s, 'spam', NULL)",
            conversation.pk, owner.pk)  # fmt: skip


def test_only_the_reporter_sees_a_report_and_not_its_evidence(conversation, owner):
    services.report(conversation.pk, by=owner, reason="spam")

    with acting_as(owner):
        assert sql("SELECT reason FROM message_reports") == [("spam",)]
    with acting_as(conversation.helper):
        assert sql("SELECT reason FROM message_reports") == []
    with acting_as(owner), refused("42501"):
        sql("SELECT evidence FROM message_reports")


@pytest.mark.parametrize("column", ["evidence", "description"])
def test_the_teams_role_sees_that_there_is_a_report_and_no_word_of_it(conversation, owner, column):
    services.report(conversation.pk, by=owner, reason="spam", description="It sells carpets.")
    moderator = MemberFactory(is_staff=True)

    with acting_as_staff(moderator, "a test"):
        assert sql("SELECT reason, status FROM message_reports") == [("spam", "pending")]
    with acting_as_staff(moderator, "a test"), refused("42501"):
        sql(f"SELECT {column} FROM message_reports")


@pytest.mark.parametrize("statement", ["UPDATE message_reports SET reason = 'scam'", "DELETE FROM message_reports"])
def test_nobody_changes_a_report_or_takes_it_away(conversation, owner, statement):
    services.report(conversation.pk, by=owner, reason="spam")
    moderator = MemberFactory(is_staff=True)

    for scope in (acting_as(owner), acting_as_staff(moderator, "a test"), acting_as_system("a test")):
        with scope, refused("42501"):
            sql(statement)
