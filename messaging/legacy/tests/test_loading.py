"""The old system's files: all of them or none, each fault with its line, and nothing is loaded twice."""

import csv
import tracemalloc
import uuid
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.tests.every_day import takes_long
from helprequests.models import HelpRequest
from messaging import inbox, services
from messaging.legacy import copying
from messaging.legacy.models import LegacyConversation, LegacyMessage, LegacyParticipant
from messaging.legacy.old_files import OLD_CATEGORIES
from messaging.thread import thread

pytestmark = pytest.mark.django_db

ASKS, HELPS, RIDE, MEALS, TALK, EMPTY, FIRST, ANSWER = (str(uuid.UUID(int=n)) for n in range(1, 9))
AT = "2025-03-04 09:30:00+00"
FILES = {
    "members.csv": [
        {"id": ASKS, "email": "asks@example.org", "name": "Member One", "verification_status": "approved"},
        {"id": HELPS, "email": "helps@example.org", "name": " Member Two ", "verification_status": "approved"},
    ],
    "help_requests.csv": [
        {"id": RIDE, "user_id": ASKS, "title": "A ride to the clinic", "category": "transport", "status": "completed"},
        {"id": MEALS, "user_id": ASKS, "title": "Meals for a week", "category": "groceries-meals", "status": "open"},
    ],
    "conversations.csv": [
        {"id": TALK, "help_request_id": RIDE, "created_by": HELPS, "status": "closed", "created_at": AT},
        {"id": EMPTY, "help_request_id": "", "created_by": HELPS, "status": "active", "created_at": AT},
    ],
    "conversation_participants.csv": [
        {"conversation_id": conversation, "user_id": user} for conversation in (TALK, EMPTY) for user in (ASKS, HELPS)
    ],
    "messages.csv": [
        {
            "id": ANSWER,
            "conversation_id": TALK,
            "sender_id": ASKS,
            "content": 'Thursday, "nine" sharp\r\nThank you',
            "created_at": "2025-03-04T10:30:00",
            "parent_message_id": FIRST,
        },
        {
            "id": FIRST,
            "conversation_id": TALK,
            "sender_id": HELPS,
            "content": "I can drive you.",
            "created_at": AT,
            "parent_message_id": "",
        },
    ],
}


@pytest.fixture
def folder(tmp_path):
    for name, rows in FILES.items():
        write(tmp_path / name, rows)
    return tmp_path


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def change(folder, name, number, /, **values):
    rows = [dict(row) for row in FILES[name]]
    rows[number] |= values
    write(folder / name, [dict.fromkeys(rows[number], "") | row for row in rows])


def load(folder, *options):
    out, err = StringIO(), StringIO()
    try:
        call_command("legacy", "load", str(folder), *options, stdout=out, stderr=err)
    except CommandError as refused:
        return f"{err.getvalue()}{refused}"
    return out.getvalue()


def counts():
    with acting_as_system("a test counts"):
        models = (Member, HelpRequest, LegacyConversation, LegacyParticipant, LegacyMessage)
        return [model.objects.count() for model in models]


def test_everything_comes_with_its_ids_and_times(folder):
    output = load(folder)

    assert counts() == [2, 2, 2, 4, 2]
    assert "messages.csv: 2 rows = 2 loaded + 0 there before" in output
    assert "category transport became transportation-errands: 1" in output
    ride = HelpRequest.objects.get(pk=RIDE)
    assert (ride.category, ride.status, ride.user_id) == ("transportation-errands", "completed", uuid.UUID(ASKS))
    shown = thread(uuid.UUID(TALK), by=Member.objects.get(pk=ASKS))
    assert [each.content for each in shown.messages] == ["I can drive you.", 'Thursday, "nine" sharp\nThank you']
    assert shown.messages[1].created_at == shown.conversation.updated_at == datetime(2025, 3, 4, 10, 30, tzinfo=UTC)


def test_nobody_can_sign_in_with_a_password_until_they_set_one(folder):
    load(folder)

    member = Member.objects.get(pk=HELPS)
    assert (member.name, member.has_usable_password(), member.is_staff, member.is_superuser) == (
        "Member Two",
        False,
        False,
        False,
    )


def test_the_same_files_again_load_nothing_twice_and_change_nothing(folder):
    load(folder)
    Member.objects.filter(pk=HELPS).update(town="Riverside")

    again = load(folder)

    assert counts() == [2, 2, 2, 4, 2]
    assert "members.csv: 2 rows = 0 loaded + 2 there before" in again
    assert Member.objects.get(pk=HELPS).town == "Riverside"


def test_after_some_rows_are_there_the_rest_is_loaded(folder):
    MemberFactory(id=ASKS, email="asks@example.org")

    output = load(folder)

    assert "members.csv: 2 rows = 1 loaded + 1 there before" in output
    assert counts() == [2, 2, 2, 4, 2]


def test_a_dry_run_says_the_same_and_changes_nothing(folder):
    output = load(folder, "--dry-run")

    assert "messages.csv: 2 rows = 2 loaded + 0 there before" in output
    assert counts() == [0, 0, 0, 0, 0]


def test_what_was_loaded_can_be_read_and_copied(folder):
    load(folder)

    report = copying.migrate()

    entries = inbox.inbox(Member.objects.get(pk=HELPS), status="all").results
    assert (report.copied, report.stayed) == (1, {uuid.UUID(EMPTY): ["no_help_request", "no_messages"]})
    assert {str(entry.id): entry.version for entry in entries} == {TALK: "v2", EMPTY: "v1"}


def test_an_old_conversation_without_messages_keeps_nobody_from_offering(folder):
    change(folder, "conversations.csv", 1, help_request_id=MEALS)
    change(folder, "help_requests.csv", 1, is_ongoing="true")
    load(folder)

    offer = services.offer_help(uuid.UUID(MEALS), by=Member.objects.get(pk=HELPS), text="I can cook for you.")

    assert (offer.created, offer.conversation.version) == (True, "v2")


@pytest.mark.one_of_each
@pytest.mark.parametrize(("old", "new"), [*OLD_CATEGORIES.items(), ("other", "other")])
def test_old_categories_have_a_new_name(folder, old, new):
    change(folder, "help_requests.csv", 0, category=old)

    load(folder)

    assert HelpRequest.objects.get(pk=RIDE).category == new


def test_help_requests_are_made_to_fit(folder):
    change(folder, "help_requests.csv", 1, helper_id=HELPS, completed_at=AT)

    output = load(folder)

    meals, ride = HelpRequest.objects.get(pk=MEALS), HelpRequest.objects.get(pk=RIDE)
    assert (meals.helper_id, meals.completed_at, ride.completed_at) == (None, None, ride.updated_at)
    assert "open, so without its helper: 1" in output


NOT_A_UUID, UNKNOWN = "is not a UUID", str(uuid.UUID(int=99))


@pytest.mark.one_of_each("name")
@pytest.mark.parametrize(
    ("name", "number", "values", "fault"),
    [
        ("members.csv", 1, {"id": "2"}, "members.csv, line 3: id: is not a UUID"),
        ("members.csv", 1, {"id": ASKS}, "members.csv, line 3: id stands in line 2 already"),
        ("members.csv", 1, {"email": "ASKS@example.org"}, "members.csv, line 3: email stands in line 2 already"),
        ("members.csv", 0, {"name": "\u200b"}, "members.csv, line 2: name: Write something here."),
        ("members.csv", 0, {"name": ""}, "members.csv, line 2: name is empty"),
        ("members.csv", 0, {"restriction": "away"}, "line 2: restriction: is none of none, limited, suspended, banned"),
        ("help_requests.csv", 0, {"user_id": UNKNOWN}, f"line 2: user_id: {UNKNOWN} is not in members.csv"),
        ("help_requests.csv", 0, {"helper_id": ASKS}, "line 2: helper_id is the member who asked"),
        ("help_requests.csv", 0, {"title": "Ride"}, "line 2: title: This needs at least 5 characters."),
        ("help_requests.csv", 0, {"category": "pets"}, "line 2: category: is none of health-caregiving, "),
        ("help_requests.csv", 0, {"is_ongoing": "maybe"}, "line 2: is_ongoing: is neither true nor false"),
        ("conversations.csv", 1, {"created_at": "soon"}, "conversations.csv, line 3: created_at: is not a date"),
        ("conversations.csv", 1, {"status": "active "}, "line 3: status: is none of active, closed, blocked"),
        ("conversations.csv", 1, {"created_by": ""}, "conversations.csv, line 3: created_by is empty"),
        ("conversation_participants.csv", 3, {"user_id": ASKS}, "line 5: conversation_id, user_id stands in line 4"),
        ("messages.csv", 1, {"conversation_id": UNKNOWN}, "messages.csv, line 4: conversation_id:"),
        ("messages.csv", 1, {"content": "x" * 1001}, "messages.csv, line 4: content: has a character that"),
        ("messages.csv", 1, {"content": "a\0b"}, "messages.csv, line 4: content: has a character that"),
        (
            "messages.csv",
            1,
            {"parent_message_id": ANSWER},
            "messages.csv: refused by legacy_message_outlives_its_parent",
        ),
    ],
)
def test_a_broken_row_is_named_by_its_line_and_nothing_is_loaded(folder, name, number, values, fault):
    change(folder, name, number, **values)

    output = load(folder)

    assert fault in output
    assert "Nothing was loaded: 1 fault." in output
    assert counts() == [0, 0, 0, 0, 0]


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "messages.csv, line 1: has no column id; has no column conversation_id"),
        (b"id,sender_id,content,created_at\n", "messages.csv, line 1: has no column conversation_id"),
        (b"id,id,conversation_id,sender_id,created_at\n", "messages.csv, line 1: has the column id twice"),
        (b"id,conversation_id,sender_id,created_at\n1,2\n", "line 2: has 2 values where there are 4 columns"),
        (b'id,conversation_id,sender_id,created_at\n1,2,3,"4\n\n', "messages.csv, line 3: is not CSV: unexpected end"),
        (b"id,conversation_id,sender_id,created_at\n1,2,\xff,4\n", "messages.csv, line 2: is not UTF-8"),
        (None, "messages.csv: cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_none_is_named(folder, content, fault):
    (folder / "messages.csv").unlink()
    if content is not None:
        (folder / "messages.csv").write_bytes(content)

    output = load(folder)

    assert fault in output
    assert counts() == [0, 0, 0, 0, 0]


def test_all_faults_are_named_at_once(folder):
    change(folder, "members.csv", 0, email="")
    change(folder, "messages.csv", 0, created_at="soon")

    output = load(folder)

    assert "members.csv, line 2: email is empty" in output
    assert "messages.csv, line 2: created_at" in output
    assert "Nothing was loaded: 2 faults." in output


def test_an_address_that_belongs_to_somebody_else_here_is_a_fault(folder):
    MemberFactory(email="Asks@Example.org")

    output = load(folder)

    assert "members.csv, line 2: email belongs to another member here" in output
    assert counts() == [1, 0, 0, 0, 0]


def test_columns_that_nobody_knows_are_passed_over_and_said(folder):
    change(folder, "members.csv", 0, avatar_url="x", created_at=AT)

    output = load(folder)

    assert "column avatar_url passed over: 1" in output
    assert Member.objects.get(pk=ASKS).joined_at == datetime(2025, 3, 4, 9, 30, tzinfo=UTC)


def many_messages(folder, count):
    words = "a long message of before " * 30
    rows = [
        {
            "id": str(uuid.UUID(int=1000 + n)),
            "conversation_id": TALK,
            "sender_id": ASKS,
            "content": words,
            "created_at": AT,
        }
        for n in range(count)
    ]
    write(folder / "messages.csv", rows)


@takes_long
def test_of_a_long_file_little_is_held_at_a_time(folder):
    load(folder, "--dry-run")  # what is loaded once
    many_messages(folder, 6_000)
    tracemalloc.start()

    output = load(folder)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "messages.csv: 6000 rows = 6000 loaded" in output
    assert most < 3_000_000 < (folder / "messages.csv").stat().st_size


def test_a_longer_file_asks_no_more_questions(folder):
    asked = []
    for count in (5, 50):
        many_messages(folder, count)
        with CaptureQueriesContext(connection) as taken:
            load(folder, "--dry-run")
        asked.append(len(taken))

    assert asked[0] == asked[1]


def test_answers_come_in_any_order_of_the_file(folder):
    change(folder, "messages.csv", 0)
    load(folder)

    with acting_as_system("a test looks"):
        assert LegacyMessage.objects.get(pk=ANSWER).parent_message_id == uuid.UUID(FIRST)
