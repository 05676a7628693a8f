"""The baseline behaves as its design says, and the generator's rows pass every rule. Nothing here is timed."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import connection

from benchmarks import data, measure, plans, rows
from benchmarks.data import Size, World
from carecollective.ground.identity import acting_as_system
from messaging import inbox, services, thread
from messaging.models import Conversation, Message, ReadMarker

pytestmark = pytest.mark.thorough

TINY = Size(members=25, help_requests=30, conversations=120, messages=420, longest=120, busiest=10)


@pytest.fixture
def world(db):
    data.load(TINY)


def ask(question, *values):
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall()


def test_the_generated_rows_are_all_there_in_either_design(world):
    with acting_as_system("test"):
        counts = [Conversation.objects.count(), Message.objects.count()]
        marked = ReadMarker.objects.count()

    assert counts == [TINY.conversations, TINY.messages]
    assert marked > TINY.conversations
    for table, count in zip(("conversations_v2", "messages_v2"), counts, strict=True):
        assert ask(f"SELECT count(*) FROM earlier.{table}") == [(count,)]


def test_what_the_load_takes_away_is_back_afterwards(db):
    tables = {"tables": list(data.PRIVATE)}
    triggers = "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
    forced = "SELECT relname FROM pg_class WHERE relforcerowsecurity ORDER BY relname"
    before = [sorted(data._all(data.KEYS, tables)), data._all(data.INDEXES, tables), ask(triggers), ask(forced)]

    data.load(TINY)

    assert [sorted(data._all(data.KEYS, tables)), data._all(data.INDEXES, tables), ask(triggers), ask(forced)] == before
    assert ask("SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == [(0,)]


def test_a_generated_conversation_ends_with_its_last_message(world):
    with acting_as_system("test"):
        late = ask(
            "SELECT c.id FROM conversations_v2 AS c JOIN messages_v2 AS m ON m.conversation_id = c.id "
            "GROUP BY c.id HAVING c.updated_at <> max(m.created_at) OR c.created_at >= min(m.created_at)"
        )

    assert late == []


def test_a_world_comes_out_the_same_again():
    until = datetime.now(UTC)

    first, second = World(TINY, until), World(TINY, until)

    assert list(first.message_rows()) == list(second.message_rows()) == list(first.message_rows())


def test_the_members_of_the_generated_rows_use_them(world):
    long = rows.long_thread(data.LONG_ID)
    ((request, helper),) = rows.free_pairs(1)
    ((talk, sender),) = rows.open_threads(1)

    assert len(thread.thread(long.id, by=long.owner).messages) == thread.PAGE_SIZE
    assert len(inbox.inbox(rows.busiest()).results) >= 10
    assert services.offer_help(request, by=helper, text=rows.TEXT).created
    assert services.send_message(talk, by=sender, text=rows.TEXT).created


def test_the_earlier_design_creates_one_conversation_for_each_helper_and_request(world):
    ((request, helper),) = rows.free_pairs(1)
    earlier = rows.Earlier()
    earlier.create(request, helper.pk)

    with pytest.raises(AssertionError, match="already exists"):
        earlier.create(request, helper.pk)

    assert ask(
        "SELECT count(*) FROM earlier.conversations_v2 WHERE help_request_id = %s AND helper_id = %s",
        request,
        helper.pk,
    ) == [(1,)]


def test_the_earlier_design_refuses_what_its_design_refuses(world):
    earlier = rows.Earlier()
    ((request, helper),) = rows.free_pairs(1)
    ((owner,),) = ask("SELECT user_id FROM earlier.help_requests WHERE id = %s", request)
    anothers = "SELECT id FROM earlier.help_requests WHERE status = 'completed' AND user_id <> %s LIMIT 1"
    ((done,),) = ask(anothers, helper.pk)
    ((talk, sender),) = rows.open_threads(1)

    for refused, why in (
        (lambda: earlier.create(uuid4(), helper.pk), "not found"),
        (lambda: earlier.create(request, owner), "with yourself"),
        (lambda: earlier.create(done, helper.pk), "no longer available"),
        (lambda: earlier.send(talk, uuid4()), "Not authorized"),
        (lambda: earlier._call("create_conversation_atomic", request, helper.pk, "Too short"), "at least 10"),
        (lambda: earlier._call("send_message_v2", talk, sender.pk, " "), "cannot be empty"),
    ):
        with pytest.raises(AssertionError, match=why):
            refused()


def test_the_earlier_design_gives_a_whole_conversation(world):
    long = rows.long_thread(data.LONG_ID)

    found = rows.Earlier().get(long.id, long.helper.pk)

    assert UUID(found["conversation"]["requester_id"]) == long.owner.pk
    assert len(found["messages"]) == TINY.longest
    assert found["messages"] == sorted(found["messages"], key=lambda message: message["created_at"])
    assert rows.Earlier().get(long.id, uuid4())["success"] is False


def test_the_earlier_design_lists_an_inbox(world):
    listed = rows.Earlier().inbox(UUID(data.BUSIEST_ID))

    assert 10 <= listed <= 20


def test_plans_are_those_of_the_member(world):
    long = rows.long_thread(data.LONG_ID)

    statements = plans.statements_of(lambda: thread.thread(long.id, by=long.owner))

    assert len(statements) == 2
    for statement in statements:
        assert "CURRENT_USER" in plans.explained(statement, long.owner)


def test_sides_take_turns_and_the_first_tenth_does_not_count():
    turns = []

    ours, theirs = measure.in_turns([lambda: turns.append("a")] * 20, [lambda: turns.append("b")] * 20, batch=5)

    assert "".join(turns) == "bbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbb"
    assert len(ours.seconds) == len(theirs.seconds) == 18


def test_the_table_is_aligned_and_says_what_was_met():
    quick, slow = measure.Samples([0.001] * 10), measure.Samples([0.003] * 10)
    figures = [
        measure.slower("one", "the other", quick, slow, at_most=1.2),
        measure.faster("one", "the other", slow, quick, at_least=2),
        measure.slower("only shown", "the other", slow, quick),
        measure.counted("statements", 8, at_most=8),
        measure.Figure("later", "-", None, "-", None, note="needs the large set"),
    ]

    lines = measure.table(figures).splitlines()

    assert [line.split()[-1] for line in lines[2:]] == ["met", "MISSED", "-", "met", "set"]
    assert "0.33 x" in lines[2]
    assert "1.00 / 1.00" in lines[2]
    assert {line.find("the other") for line in lines[2:5]} == {lines[0].find("against")}
    assert [figure.as_json()["met"] for figure in figures] == [True, False, None, True, None]
