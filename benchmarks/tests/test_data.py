"""The baseline behaves as its design says, and the generator's rows pass every rule. Nothing here is timed."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import connection

from benchmarks import databases, loading, people, plans
from benchmarks.earlier import TEXT, Earlier
from benchmarks.sizes import BUSIEST_ID, LONG_ID, NOTICES_OF_THE_BUSIEST, SIZES, Size
from benchmarks.world import RARE, World
from carecollective.ground.identity import acting_as_system
from carecollective.ground.owner import as_the_owner
from carecollective.tests.owner import run_as_owner
from carecollective.told.mail import outbox
from carecollective.told.notifications.models import Notification
from messaging import inbox, lapsing, services, thread
from messaging.models import Conversation, Message, ReadMarker

pytestmark = pytest.mark.thorough

TINY = Size(
    members=25, help_requests=30, conversations=120, messages=560, attempts=50, longest=120, busiest=10, hoard=30
)


@pytest.fixture
def nothing_yet(transactional_db):
    """Gives who loads it, and takes it away again."""

    def load():
        with as_the_owner():
            loading.load(TINY)
            loading.open_the_earlier_design()

    yield load
    run_as_owner("DROP SCHEMA earlier CASCADE")


@pytest.fixture
def world(nothing_yet):
    nothing_yet()


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


def what_stands_around_the_rows():
    tables = {"tables": [table for table in loading.BULK if "." not in table]}
    triggers = "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
    forced = "SELECT relname FROM pg_class WHERE relforcerowsecurity ORDER BY relname"
    keys, indexes = databases.ask(loading.KEYS, tables), databases.ask(loading.INDEXES, tables)
    return [sorted(keys), indexes, ask(triggers), ask(forced)]


def test_what_the_load_takes_away_is_back_afterwards(nothing_yet):
    before = what_stands_around_the_rows()

    nothing_yet()

    assert what_stands_around_the_rows() == before
    assert ask("SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == [(0,)]


def test_what_the_pages_need_is_among_the_rows(world):
    without = "FROM help_requests WHERE id NOT IN (SELECT help_request_id FROM earlier.conversations_v2)"
    told = ask("SELECT count(*) FROM members JOIN earlier.users USING (id) WHERE verification_status = 'approved'")

    assert ask(f"SELECT count(*) {without}") == [(TINY.help_requests // 3,)]
    assert ask("SELECT count(*) FROM help_requests WHERE title LIKE '%%unicycle%%' AND status = 'open'") == [(RARE,)]
    assert ask("SELECT count(*) FROM rollout_attempts") == [(TINY.attempts,)]
    assert told == [(TINY.members + 1,)]
    assert people.of_the_team().is_superuser
    with acting_as_system("test"):
        assert Notification.objects.filter(member=UUID(BUSIEST_ID)).count() == NOTICES_OF_THE_BUSIEST


def test_settling_takes_what_was_told_and_leaves_what_was_loaded(world):
    ((talk, sender),) = people.open_threads(1)
    with acting_as_system("test"):
        loaded = Notification.objects.count()
    services.send_message(talk, by=sender, text=TEXT)

    people.settle()

    with acting_as_system("test"):
        assert Notification.objects.count() == loaded
    assert ask("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") == [(0,)]


def test_the_rows_leave_the_jobs_nothing_to_do(world):
    assert outbox.catch_up() == 0
    assert lapsing.lapse_unanswered() == 0
    assert lapsing.unanswered_for_7_days() == []


@pytest.mark.parametrize("name", SIZES)
def test_a_set_has_room_for_its_long_threads(name):
    size = SIZES[name]

    assert size.longest + size.hoard < size.messages
    assert size.busiest <= size.conversations


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
    long = people.long_thread(LONG_ID)
    ((request, helper),) = people.free_pairs(1)
    ((talk, sender),) = people.open_threads(1)

    assert len(thread.thread(long.id, by=long.owner).messages) == thread.PAGE_SIZE
    assert len(inbox.inbox(people.busiest()).results) >= 10
    assert services.offer_help(request, by=helper, text=TEXT).created
    assert services.send_message(talk, by=sender, text=TEXT).created


def test_the_earlier_design_creates_one_conversation_for_each_helper_and_request(world):
    ((request, helper),) = people.free_pairs(1)
    earlier = Earlier()
    earlier.create(request, helper.pk)

    with pytest.raises(AssertionError, match="already exists"):
        earlier.create(request, helper.pk)

    assert ask(
        "SELECT count(*) FROM earlier.conversations_v2 WHERE help_request_id = %s AND helper_id = %s",
        request,
        helper.pk,
    ) == [(1,)]


def test_the_earlier_design_refuses_what_its_design_refuses(world):
    earlier = Earlier()
    ((request, helper),) = people.free_pairs(1)
    ((owner,),) = ask("SELECT user_id FROM earlier.help_requests WHERE id = %s", request)
    anothers = "SELECT id FROM earlier.help_requests WHERE status = 'completed' AND user_id <> %s LIMIT 1"
    ((done,),) = ask(anothers, helper.pk)
    ((talk, sender),) = people.open_threads(1)

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
    long = people.long_thread(LONG_ID)

    found = Earlier().get(long.id, long.helper.pk)

    assert UUID(found["conversation"]["requester_id"]) == long.owner.pk
    assert len(found["messages"]) == TINY.longest
    assert found["messages"] == sorted(found["messages"], key=lambda message: message["created_at"])
    assert Earlier().get(long.id, uuid4())["success"] is False


def test_the_earlier_design_lists_an_inbox(world):
    listed = Earlier().inbox(UUID(BUSIEST_ID))

    assert 10 <= listed <= 20


def test_plans_are_those_of_the_member(world):
    long = people.long_thread(LONG_ID)

    statements = plans.statements_of(lambda: thread.thread(long.id, by=long.owner))

    assert len(statements) == 1  # a conversation comes with its messages
    for statement in statements:
        assert "CURRENT_USER" in plans.explained(statement, long.owner)
