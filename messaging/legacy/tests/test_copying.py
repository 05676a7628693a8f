"""Version 1 into version 2 and back: whole or not at all, each reason by its name, and numbers that add up."""

import os
import re
import signal
import subprocess
import sys
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.tests.databases import address_for_another_process
from carecollective.tests.owner import run_as_owner
from carecollective.tests.races import hold_up
from helprequests.tests.factories import HelpRequestFactory
from messaging import answer_events, answers, inbox, services
from messaging.legacy import copying
from messaging.legacy.inventory import REASONS, inventory
from messaging.legacy.models import LegacyConversation, LegacyMessage
from messaging.models import Conversation, Message
from messaging.reports import services as reports
from messaging.thread import thread

from .factories import FIRST_WORDS, LONG_AGO, left, left_behind, offered

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

# The same question in one statement, asked without any code of ours.
INVENTORY_BY_HAND = """
SELECT
  c.id AS conversation_id,
  c.help_request_id,
  c.created_at,
  COUNT(m.id) AS message_count,
  MIN(m.created_at) AS first_message_at,
  CASE
    WHEN COUNT(m.id) = 0 THEN 'ORPHANED (no messages)'
    WHEN MIN(m.created_at) > c.created_at + INTERVAL '5 minutes' THEN 'SUSPICIOUS (delayed first message)'
    ELSE 'OK'
  END AS status
FROM conversations c
LEFT JOIN messages m ON m.conversation_id = c.id
GROUP BY c.id, c.help_request_id, c.created_at
ORDER BY c.created_at DESC;
"""
TURNS = (FIRST_WORDS, "Thursday is good.", "Nine?")


@pytest.fixture
def help_request():
    return HelpRequestFactory()


@pytest.fixture
def helper():
    return MemberFactory()


def command(*args):
    out = StringIO()
    call_command("legacy", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


def classed():
    with acting_as_system("a test looks"):
        return {line.id: line for line in inventory()}


def v2(model=Conversation):
    with acting_as_system("a test looks"):
        return {row.pk: row for row in model.objects.all()}


# --- The inventory --------------------------------------------------------------------------------------------------


def test_the_inventory_query_of_the_review_answers_the_same(help_request, helper):
    left_behind(help_request, helper, *TURNS)
    left_behind(help_request, MemberFactory())
    late = {"content": FIRST_WORDS, "created_at": LONG_AGO + timedelta(minutes=5, microseconds=1)}
    left_behind(help_request, MemberFactory(), late)
    in_time = {"content": FIRST_WORDS, "created_at": LONG_AGO + timedelta(minutes=5), "deleted_at": LONG_AGO}
    left_behind(None, MemberFactory(), in_time)

    with acting_as_system("an inventory by hand"), connection.cursor() as cursor:
        cursor.execute(INVENTORY_BY_HAND)
        reviewed = {row[0]: (row[5].split(" ")[0].lower(), row[3]) for row in cursor.fetchall()}

    assert {id: (line.kind, line.messages) for id, line in classed().items()} == reviewed
    assert sorted(kind for kind, _ in reviewed.values()) == ["ok", "ok", "orphaned", "suspicious"]


BY_THE_REQUESTER = {"content": "Please help me on Thursday."}


@pytest.mark.parametrize(
    ("written", "fields", "reasons"),
    [
        ([], {}, ["no_messages"]),
        ([FIRST_WORDS], {"status": "blocked"}, ["blocked"]),
        ([FIRST_WORDS, {"content": "x", "moderation_status": "removed"}], {}, ["hidden_or_deleted_messages"]),
        ([{"content": FIRST_WORDS, "deleted_at": LONG_AGO}], {}, ["hidden_or_deleted_messages"]),
        (["Hi there!"], {}, ["first_message_too_short"]),
        (["  Hi there!  "], {}, ["first_message_is_clean_and_10_to_1000"]),
        (["\u200b" * 10], {}, ["first_message_is_clean_and_10_to_1000"]),
        ([FIRST_WORDS, " "], {}, ["message_is_clean_and_1_to_1000"]),
        ([FIRST_WORDS, ""], {}, ["message_is_clean_and_1_to_1000"]),
        ([FIRST_WORDS, "one\r\ntwo"], {}, ["message_is_clean_and_1_to_1000"]),
        (["x" * 1000, "y" * 1000], {"status": "closed"}, []),
    ],
)
def test_each_reason_has_a_name(help_request, helper, written, fields, reasons):
    conversation = left_behind(help_request, helper, *written, **fields)

    assert classed()[conversation.pk].reasons == reasons
    assert set(reasons) <= set(REASONS)


def test_what_only_the_people_say(help_request, helper):
    owner, third = help_request.user, MemberFactory()
    found = {
        "no_help_request": left_behind(None, helper, FIRST_WORDS, participants=[helper, owner]),
        "more_than_two_participants": left_behind(help_request, helper, *TURNS, participants=[helper, owner, third]),
        "different_participants": left_behind(help_request, owner, FIRST_WORDS, participants=[owner, helper]),
        "participants_differ": left_behind(help_request, helper, FIRST_WORDS, participants=[helper, third]),
        "first_message_not_by_helper": left_behind(
            help_request, helper, {"content": FIRST_WORDS, "sender_id": owner.pk}
        ),
        "message_by_somebody_else": left_behind(
            help_request, helper, FIRST_WORDS, {"content": "Hi", "sender_id": third.pk}
        ),
    }
    lines = classed()

    assert {reason: lines[conversation.pk].reasons[0] for reason, conversation in found.items()} == {
        reason: reason for reason in found
    }


def test_somebody_who_left_is_not_brought_back(help_request, helper):
    conversation = left_behind(help_request, helper, FIRST_WORDS, participants=[])
    left(conversation, helper, None)
    left(conversation, help_request.user, LONG_AGO)

    assert "participants_differ" in classed()[conversation.pk].reasons


def test_ids_that_version_2_has_already_are_named(help_request, helper):
    taken = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS).conversation
    message = services.send_message(taken.pk, by=helper, text="Nine?").message
    elsewhere = HelpRequestFactory()
    found = {
        "unique_help_request_helper": left_behind(help_request, helper, FIRST_WORDS),
        "conversations_v2_pkey": left_behind(elsewhere, MemberFactory(), FIRST_WORDS, id=taken.pk),
        "messages_v2_pkey": left_behind(elsewhere, MemberFactory(), FIRST_WORDS, {"content": "Hi", "id": message.pk}),
        "message_id_names_a_conversation": left_behind(
            elsewhere, MemberFactory(), FIRST_WORDS, {"content": "Hi", "id": taken.pk}
        ),
    }

    report = copying.migrate()

    assert {reason: report.stayed[conversation.pk] for reason, conversation in found.items()} == {
        reason: [reason] for reason in found
    }
    assert report.copied == 0


def test_of_two_conversations_of_one_helper_on_one_request_the_first_complete_one_goes(help_request, helper):
    orphan = left_behind(help_request, helper)
    first = left_behind(help_request, helper, *TURNS, at=LONG_AGO + timedelta(days=1))
    second = left_behind(help_request, helper, *TURNS, at=LONG_AGO + timedelta(days=2))

    reports = [copying.migrate(dry_run=True), copying.migrate(), copying.migrate()]

    assert [report.stayed for report in reports] == [
        {second.pk: ["second_conversation"], orphan.pk: ["no_messages"]}
    ] * 3
    assert [(report.copied, report.copied_before) for report in reports] == [(1, 0), (1, 0), (0, 1)]
    assert set(v2()) == {first.pk}


# --- Copying --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "expected"), [("active", "active"), ("closed", "archived")])
def test_a_copy_keeps_ids_people_times_and_words(help_request, helper, status, expected):
    original = left_behind(help_request, helper, *TURNS, status=status)

    report = copying.migrate()

    copy, messages = v2()[original.pk], v2(Message)
    assert (report.copied, report.messages, report.adds_up) == (1, 3, True)
    assert (copy.help_request_id, copy.requester_id, copy.helper_id) == (
        help_request.pk,
        help_request.user_id,
        helper.pk,
    )
    assert (copy.initial_message, copy.status) == (FIRST_WORDS, expected)
    assert (copy.created_at, copy.updated_at) == (LONG_AGO, LONG_AGO + timedelta(minutes=2))
    with acting_as_system("a test looks"):
        first, *rest = LegacyMessage.objects.filter(conversation=original).order_by("created_at")
    assert first.pk not in messages
    assert {(m.pk, m.sender_id, m.content, m.created_at) for m in messages.values()} == {
        (m.pk, m.sender_id, m.content, m.created_at) for m in rest
    }


def test_a_copied_conversation_is_shown_once_and_goes_on_in_version_2(help_request, helper):
    original = left_behind(help_request, helper, *TURNS)
    copying.migrate()

    sent = services.send_message(original.pk, by=helper, text="Ten?").message
    (entry,) = inbox.inbox(helper).results
    (offer,) = inbox.offers_on(help_request.pk, by=help_request.user)

    assert (entry.id, entry.version, entry.legacy, entry.last_message.content) == (original.pk, "v2", False, "Ten?")
    assert (offer.id, offer.version) == (original.pk, "v2")
    assert isinstance(sent, Message)
    assert [each.content for each in thread(original.pk, by=helper).messages] == [*TURNS[1:], "Ten?"]


def test_when_two_first_messages_have_one_time_the_one_that_is_shown_first_goes_first(help_request, helper):
    low, high = sorted([uuid.uuid4(), uuid.uuid4()])
    written = [
        {"content": text, "id": id, "sender_id": helper.pk, "created_at": LONG_AGO}
        for text, id in (("The other first words.", high), (FIRST_WORDS, low))
    ]
    conversation = left_behind(help_request, helper, *written)
    shown = [each.content for each in thread(conversation.pk, by=helper).messages]

    copying.migrate()

    assert shown == [FIRST_WORDS, "The other first words."]
    assert v2()[conversation.pk].initial_message == FIRST_WORDS


def test_read_marks_follow_and_what_was_unread_stays_unread(help_request, helper):
    read = {"read_at": LONG_AGO}
    first, answer, unread, late = ({"content": text} for text in (*TURNS, "Or at ten?"))
    left_behind(help_request, helper, first | read, answer, unread, late)
    untouched = left_behind(help_request, MemberFactory(), FIRST_WORDS)

    before = [{e.id: e.unread_count for e in inbox.inbox(who).results} for who in (help_request.user, helper)]
    copying.migrate()
    after = [{e.id: e.unread_count for e in inbox.inbox(who).results} for who in (help_request.user, helper)]

    assert after == before
    assert before[0][untouched.pk] == 1
    assert sorted(before[0].values()) == [1, 1]
    assert list(before[1].values()) == [2]


def test_reports_follow_and_come_back(help_request, helper):
    original = left_behind(help_request, helper, *TURNS)
    with acting_as_system("a test looks for messages"):
        first, _, third = original.messages.order_by("created_at").values_list("pk", flat=True)
    for message_id in (first, third):
        reports.report(message_id, by=help_request.user, reason="spam")

    copying.migrate()
    followed = reports.reported_in(original.pk, by=help_request.user)
    copying.rollback()

    # In version 2 the first message has the conversation's own id.
    assert followed == {original.pk, third}
    assert reports.reported_in(original.pk, by=help_request.user) == {first, third}


def test_a_dry_run_says_the_same_and_changes_nothing(help_request, helper):
    left_behind(help_request, helper, *TURNS)
    left_behind(None, helper, FIRST_WORDS)

    dry = command("migrate", "--dry-run")
    assert v2() == {}
    real = command("migrate")

    assert "2 conversations = 1 copied + 0 copied before + 1 explained; 3 messages copied" in dry
    assert dry.replace("Nothing was changed. Without --dry-run this would be:\n", "") == real
    assert len(v2()) == 1


def test_a_second_run_copies_nothing_twice(help_request, helper):
    left_behind(help_request, helper, *TURNS)
    command("migrate")

    again = command("migrate")

    assert "1 conversation = 0 copied + 1 copied before + 0 explained" in again
    assert (len(v2()), len(v2(Message))) == (1, 2)


def test_what_the_inventory_did_not_foresee_is_explained_by_its_constraint(help_request, helper, monkeypatch):
    """Nothing half-copied, and the others of the batch go over all the same."""
    odd = left_behind(help_request, helper, "Hi there!")
    fine = left_behind(help_request, MemberFactory(), *TURNS)

    def blind(ids=None):
        return [type(line)(line.id, line.messages, line.is_copied, line.kind, []) for line in inventory(ids)]

    monkeypatch.setattr(copying, "inventory", blind)
    report = copying.migrate()

    assert report.stayed == {odd.pk: ["first_message_is_clean_and_10_to_1000"]}
    assert (report.copied, report.adds_up, set(v2())) == (1, True, {fine.pk})


def test_the_inventory_says_every_fate(help_request, helper):
    copied = left_behind(help_request, helper, *TURNS)
    command("migrate")
    ready = left_behind(help_request, MemberFactory(), *TURNS)
    stays = left_behind(None, helper, participants=[helper, help_request.user])

    output = command("inventory")

    for id, fate in ((copied.pk, "copied"), (ready.pk, "can be copied"), (stays.pk, "no_help_request; no_messages")):
        assert re.search(rf"^{id} .* {re.escape(fate)}$", output, re.MULTILINE)
    assert "3 conversations: 2 ok, 1 orphaned, 0 suspicious\n1 copied, 1 can be copied, 1 stay in version 1" in output


def test_an_unknown_act_is_refused():
    with pytest.raises(CommandError):
        command("erase")


# --- And back -------------------------------------------------------------------------------------------------------


def test_rollback_takes_untouched_copies_back_with_what_was_read_meanwhile(help_request, helper):
    original = left_behind(help_request, helper, *TURNS)
    copying.migrate()
    services.mark_read(original.pk, by=help_request.user, up_to=original.pk)

    report = copying.rollback()

    (entry,) = inbox.inbox(help_request.user).results
    assert (report.conversations, report.taken_back, report.refused) == (1, 1, {})
    assert (v2(), v2(Message)) == ({}, {})
    assert (entry.id, entry.version, entry.unread_count) == (original.pk, "v1", 1)
    assert services.send_message(original.pk, by=helper, text="Ten?").created


def test_rollback_refuses_by_id_what_has_gone_on(help_request, helper):
    untouched, written, archived = (left_behind(help_request, MemberFactory(), *TURNS) for _ in range(3))
    copying.migrate()
    services.send_message(written.pk, by=help_request.user, text="Ten?")
    services.archive(archived.pk, by=help_request.user)

    output = command("rollback")

    assert f"{written.pk}  refused: somebody has written since" in output
    assert f"{archived.pk}  refused: archived or re-opened since" in output
    assert "3 copies = 1 taken back + 2 refused" in output
    assert set(v2()) == {written.pk, archived.pk}
    assert {e.id: e.version for e in inbox.inbox(help_request.user, status="all").results} == {
        untouched.pk: "v1",
        written.pk: "v2",
        archived.pk: "v2",
    }


def test_answers_go_along_and_come_back(help_request, helper):
    original = left_behind(help_request, helper, *TURNS)
    answers.decline(original.pk, by=help_request.user)

    copying.migrate()
    (copied,) = inbox.inbox(help_request.user).results
    report = copying.rollback()
    (back,) = inbox.inbox(help_request.user).results

    assert report.refused == {}
    assert [(entry.version, entry.answer) for entry in (copied, back)] == [("v2", "declined"), ("v1", "declined")]
    assert [event.kind for event in answer_events.events(original.pk, by=helper)] == ["declined"]


def test_rollback_refuses_a_copy_whose_offer_was_answered_since(help_request, helper):
    original = left_behind(help_request, helper, *TURNS)
    copying.migrate()
    answers.decline(original.pk, by=help_request.user)

    report = copying.rollback()

    assert report.refused == {original.pk: "answered since"}
    assert set(v2()) == {original.pk}


def test_rollback_refuses_what_something_to_come_hangs_on(help_request, helper):
    original = left_behind(help_request, helper, *TURNS)
    copying.migrate()
    run_as_owner(
        "CREATE TABLE answers_to_come (conversation_id uuid REFERENCES conversations_v2 ON DELETE CASCADE);"
        "GRANT SELECT ON answers_to_come TO care_system"
    )
    run_as_owner("INSERT INTO answers_to_come VALUES (%s)", original.pk)

    report = copying.rollback()

    assert report.refused == {original.pk: "answered since (answers_to_come)"}
    assert set(v2()) == {original.pk}


def test_the_system_deletes_copies_and_nothing_else_of_version_2(help_request, helper):
    own = services.offer_help(help_request.pk, by=helper, text=FIRST_WORDS).conversation

    with acting_as_system("a job gone wrong"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM conversations_v2")

    assert set(v2()) == {own.pk}


# --- Killed ---------------------------------------------------------------------------------------------------------

# 10,000 take a while on a busy machine: every day a fifth of them, all of them with LEGACY_COPIES=10000.
COPIES = int(os.environ.get("LEGACY_COPIES", "2000"))

MANY = """
WITH asked AS (SELECT id, user_id FROM help_requests), made AS (
    INSERT INTO conversations (id, help_request_id, created_by, created_at, last_message_at)
    SELECT gen_random_uuid(), asked.id, helper.id, now() - interval '1 year', now() - interval '1 year'
    FROM asked, members AS helper WHERE helper.id <> asked.user_id
    RETURNING id, help_request_id, created_by
), parts AS (
    INSERT INTO conversation_participants (conversation_id, user_id)
    SELECT made.id, person.id FROM made JOIN asked ON asked.id = made.help_request_id
    CROSS JOIN LATERAL (VALUES (made.created_by), (asked.user_id)) AS person (id)
)
INSERT INTO messages (conversation_id, sender_id, recipient_id, content, created_at)
SELECT made.id, made.created_by, asked.user_id, 'Words of an offer, number ' || number,
       now() - interval '1 year' + number * interval '1 minute'
FROM made JOIN asked ON asked.id = made.help_request_id CROSS JOIN generate_series(1, 2) AS number
"""
COUNTS = """
SELECT (SELECT count(*) FROM conversations WHERE migrated_to_v2), (SELECT count(*) FROM conversations_v2),
       (SELECT count(*) FROM messages_v2), (SELECT count(DISTINCT id) FROM messages_v2)
"""


def counted():
    with acting_as_system("a test counts"), connection.cursor() as cursor:
        cursor.execute(COUNTS)
        return cursor.fetchone()


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_of_thousands_every_row_is_there_once():
    members = MemberFactory.create_batch(101)
    for member in members[: COPIES // 100]:
        HelpRequestFactory(user=member)
    with acting_as_system("the old system"), connection.cursor() as cursor:
        cursor.execute(MANY)
    environment = os.environ | {"DATABASE_URL": address_for_another_process(), "OWNER_DATABASE_URL": ""}

    with transaction.atomic():
        with acting_as_system("somebody holds the middle"), connection.cursor() as cursor:
            cursor.execute(f"{copying.ALL} OFFSET {COPIES // 2} LIMIT 1")
            cursor.execute("SELECT FROM conversations WHERE id = %s FOR UPDATE", cursor.fetchone()[:1])
        process = subprocess.Popen(
            [sys.executable, "manage.py", "legacy", "migrate"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        hold_up()
        process.kill()
        process.communicate()
    marked, copied, followed, _ = counted()
    report = copying.migrate()

    assert process.returncode == -signal.SIGKILL
    assert copied == marked == followed == COPIES // 2 // copying.BATCH * copying.BATCH > 0
    assert (report.conversations, report.copied, report.copied_before) == (COPIES, COPIES - copied, copied)
    assert counted() == (COPIES,) * 4


def test_a_member_reads_the_copy_under_their_own_role(help_request, helper):
    original = left_behind(help_request, helper, *TURNS)
    copying.migrate()

    with acting_as(helper):
        assert Conversation.objects.get().pk == original.pk
    with acting_as(MemberFactory()):
        assert not Conversation.objects.exists()
        assert not LegacyConversation.objects.exists()


def test_an_offer_made_today_in_version_1_can_be_copied_tomorrow(help_request, helper):
    made = offered(help_request, helper)

    assert classed()[made.pk].reasons == []
