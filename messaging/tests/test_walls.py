"""Who sees and changes what: each wall alone, the code's and the database's. The secret is there to be found."""

import uuid
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from carecollective.accounts.models import ImpersonationAttempt
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import identity
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system, proof_of_the_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import Refusal
from carecollective.kept_texts.models import KeptText
from carecollective.tests.owner import lay_open, run_as_owner, shut
from carecollective.tests.sql import column, member_role, one, refused, run, undone
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import inbox, services, thread, version_2
from messaging.models import Conversation, ConversationQuerySet, Message, ReadMarker
from messaging.tests.factories import ConversationFactory, MessageFactory

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

SECRET = "The key lies under the third stone."
MESSAGING = [Conversation, Message, ReadMarker]
PRIVATE = [*MESSAGING, KeptText, ImpersonationAttempt]

OFFER = (
    "INSERT INTO conversations_v2 (help_request_id, requester_id, helper_id, initial_message)"
    " VALUES (%s, %s, %s, 'I can help you with that')"
)
WRITE = "INSERT INTO messages_v2 (conversation_id, sender_id, content) VALUES (%s, %s, 'Hello')"


@pytest.fixture
def conversation():
    made = ConversationFactory(text=SECRET)
    message = MessageFactory(conversation=made, sender=made.requester, text=SECRET)
    services.mark_read(made.pk, by=made.helper, up_to=message.pk)
    return made


@pytest.fixture
def stranger():
    return MemberFactory()


def counts(models):
    return [model.objects.count() for model in models]


# --- Two walls, each alone -----------------------------------------------------------------------------------------


@contextmanager
def without_the_codes_wall():
    """Every query of ours forgets to ask whose the rows are; only the database still does."""

    def no_question(statement):
        for question in ("{role} = %(me)s", "AND %(me)s IN (requester_id, helper_id)", "AND requester_id = %(me)s"):
            statement = statement.replace(question, "true" if question.startswith("{") else "")
        return statement

    rows = inbox.rows
    with (
        patch.object(ConversationQuerySet, "visible_to", lambda queryset, member: queryset.all()),
        patch.object(
            version_2,
            "LOCK_CONVERSATION",
            version_2.LOCK_CONVERSATION.replace("AND %(me)s IN (requester_id, helper_id)", ""),
        ),
        patch.object(version_2, "MARK_READ", no_question(version_2.MARK_READ)),
        patch.object(thread, "BEGUN_AT", no_question(thread.BEGUN_AT)),
        patch.object(inbox, "MINE", no_question(inbox.MINE)),
        patch.object(
            inbox, "UNREAD_TOTAL", inbox.UNREAD_TOTAL.replace("%(me)s IN (c.requester_id, c.helper_id)", "true")
        ),
        patch.object(inbox, "rows", lambda statement, values, **scope: rows(no_question(statement), values, **scope)),
    ):
        yield


@contextmanager
def without_the_databases_wall():
    """No policy is asked of the login, which may do everything, and no scope takes a role."""
    login = connection.ops.quote_name(settings.WEB_LOGIN)
    run_as_owner(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {login}")
    run_as_owner(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {login}")
    for table in ("conversations_v2", "messages_v2", "conversation_read_markers", "unread_conversations"):
        lay_open(table)
    with patch.object(identity, "_tell_the_database", lambda *identity: None):
        yield


def what_a_stranger_gets(stranger, conversation):
    """Every read and every write of messaging, one after the other: the names of those that did not refuse."""
    message_id = uuid.uuid4()
    tries = {
        "thread": lambda: thread.thread(conversation.pk, by=stranger),
        "messages": lambda: thread.messages(conversation.pk, by=stranger),
        "inbox": lambda: inbox.inbox(stranger, status="all").results,
        "send": lambda: services.send_message(conversation.pk, by=stranger, text="Let me in", id=message_id),
        "mark read": lambda: services.mark_read(conversation.pk, by=stranger, up_to=conversation.pk) or True,
        "archive": lambda: services.archive(conversation.pk, by=stranger) or True,
    }
    return [name for name, attempt in tries.items() if _lets_through(attempt)]


def _lets_through(attempt):
    try:
        with transaction.atomic():
            return bool(attempt())
    except Refusal:
        return False


@pytest.mark.parametrize(
    "gone", [[], [without_the_codes_wall], [without_the_databases_wall]], ids=["both", "database alone", "code alone"]
)
def test_either_wall_alone_keeps_a_stranger_out(gone, conversation, stranger):
    with ExitStack() as walls:
        for wall in gone:
            walls.enter_context(wall())

        got = what_a_stranger_gets(stranger, conversation)

    assert got == []


def test_with_neither_wall_a_stranger_gets_everything(conversation, stranger):
    with without_the_codes_wall(), without_the_databases_wall():
        got = what_a_stranger_gets(stranger, conversation)

    assert got == ["thread", "messages", "inbox", "send", "mark read", "archive"]


@pytest.mark.parametrize(
    "gone", [[], [without_the_codes_wall], [without_the_databases_wall]], ids=["both", "database alone", "code alone"]
)
def test_with_either_wall_a_participant_gets_everything(gone, conversation):
    with ExitStack() as walls:
        for wall in gone:
            walls.enter_context(wall())

        got = what_a_stranger_gets(conversation.helper, conversation)

    assert got == ["thread", "messages", "inbox", "send", "mark read", "archive"]


# --- The database's wall: who sees ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["requester", "helper"])
def test_both_participants_see_their_conversation(role, conversation):
    with acting_as(getattr(conversation, role)):
        seen = column("SELECT initial_message FROM conversations_v2 UNION ALL SELECT content FROM messages_v2")

    assert seen == [SECRET, SECRET]


def test_a_stranger_sees_nothing(conversation, stranger):
    with acting_as(stranger):
        seen = counts(MESSAGING)

    assert seen == [0, 0, 0]


def test_another_helper_on_the_same_request_sees_only_their_own(conversation):
    other = ConversationFactory(help_request=conversation.help_request)

    with acting_as(other.helper):
        seen = [list(Conversation.objects.all()), Message.objects.count()]

    assert seen == [[other], 0]


def test_a_read_marker_is_seen_by_the_two_of_its_conversation_alone(conversation):
    seen = []
    for member in (conversation.requester, conversation.helper, MemberFactory()):
        with acting_as(member):
            seen.append(ReadMarker.objects.count())

    assert seen == [1, 1, 0]


def test_outside_a_scope_the_owner_of_the_tables_sees_nothing(conversation):
    for model in PRIVATE:
        with refused():
            counts([model])


@pytest.mark.parametrize("identity", ["", str(uuid.uuid4())], ids=["empty", "somebody unknown"])
def test_the_members_role_without_a_member_sees_nothing(identity, conversation):
    with member_role(identity):
        seen = counts(MESSAGING)

    assert seen == [0, 0, 0]


def test_the_members_role_that_was_never_told_an_identity_sees_nothing(conversation):
    with undone():
        run("SET LOCAL ROLE authenticated")
        run("RESET app.identity")
        seen = counts(MESSAGING)

    assert seen == [0, 0, 0]


def test_an_identity_that_is_no_uuid_is_an_error_and_shows_nothing(conversation):
    with refused("22P02"), member_role("1 OR true"):
        counts(MESSAGING)


def test_staff_see_rows_and_no_text(conversation):
    staff = MemberFactory(is_staff=True)

    with acting_as_staff(staff, "look after the queue"):
        assert [Conversation.objects.defer("initial_message").get(), Message.objects.defer("content").count()] == [
            conversation,
            1,
        ]
        for text in ("SELECT initial_message FROM conversations_v2", "SELECT content FROM messages_v2"):
            with refused():
                run(text)


def test_jobs_see_rows_and_text(conversation):
    with acting_as_system("count"):
        seen = column("SELECT initial_message FROM conversations_v2 UNION ALL SELECT content FROM messages_v2")

    assert seen == [SECRET, SECRET]


# --- The database's wall: who writes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE messages_v2 SET content = 'Rewritten'",
        "UPDATE messages_v2 SET created_at = '1999-01-01'",
        "DELETE FROM messages_v2",
        "TRUNCATE messages_v2",
        "UPDATE conversations_v2 SET initial_message = 'Rewritten by me'",
        "UPDATE conversations_v2 SET requester_id = helper_id",
        "UPDATE conversations_v2 SET helper_id = requester_id",
        "UPDATE conversations_v2 SET help_request_id = help_request_id",
        "UPDATE conversations_v2 SET created_at = '1999-01-01'",
        "UPDATE conversations_v2 SET updated_at = '1999-01-01'",
        "DELETE FROM conversations_v2",
        "DELETE FROM conversation_read_markers",
        "SELECT email FROM members",
        "SELECT password FROM members",
        "UPDATE members SET restriction = 'none'",
        "SELECT * FROM impersonation_attempts",
        "SELECT * FROM django_session",
        "SELECT * FROM knox_authtoken",
        "SELECT * FROM rate_limits",
        "UPDATE help_requests SET user_id = helper_id",
        "DELETE FROM help_requests",
    ],
)
@pytest.mark.parametrize("role", ["requester", "helper"])
def test_a_participant_cannot(role, statement, conversation):
    with acting_as(getattr(conversation, role)), refused():
        run(statement)


@pytest.mark.parametrize("role", ["requester", "helper"])
def test_a_participant_changes_the_status_and_nothing_else(role, conversation):
    with acting_as(getattr(conversation, role)):
        changed = run("UPDATE conversations_v2 SET status = 'archived'")

    assert changed == 1


def test_a_stranger_changes_no_status(conversation, stranger):
    with acting_as(stranger):
        changed = run("UPDATE conversations_v2 SET status = 'archived'")

    assert changed == 0


@pytest.mark.parametrize("identity", ["", str(uuid.uuid4())], ids=["empty", "somebody unknown"])
def test_the_members_role_without_a_member_writes_nothing(identity, conversation):
    fresh = HelpRequestFactory()
    for statement, values in (
        (OFFER, (fresh.pk, fresh.user_id, conversation.helper_id)),
        (WRITE, (conversation.pk, conversation.helper_id)),
    ):
        with refused(), member_role(identity):
            run(statement, *values)


def test_the_owner_of_the_tables_changes_no_message_either(conversation):
    changed = (
        run_as_owner("UPDATE messages_v2 SET content = 'Rewritten'"),
        run_as_owner("DELETE FROM messages_v2"),
    )

    assert changed == (0, 0)


def test_a_participant_writes_in_their_own_name_alone(conversation, stranger):
    with acting_as(conversation.helper):
        with refused():
            run(WRITE, conversation.pk, conversation.requester_id)
        assert run(WRITE, conversation.pk, conversation.helper_id) == 1
    with acting_as(stranger), refused():
        run(WRITE, conversation.pk, stranger.pk)


def test_nobody_writes_in_an_archived_conversation(conversation):
    services.archive(conversation.pk, by=conversation.requester)

    with acting_as(conversation.helper), refused():
        run(WRITE, conversation.pk, conversation.helper_id)

    services.reopen(conversation.pk, by=conversation.requester)
    with acting_as(conversation.helper):
        assert run(WRITE, conversation.pk, conversation.helper_id) == 1


@pytest.mark.parametrize("moment", ["created_at", "updated_at"])
def test_nobody_brings_a_time_along(moment, conversation):
    fresh = HelpRequestFactory()
    dated = [
        (OFFER, "conversations_v2", (fresh.pk, fresh.user_id, conversation.helper_id)),
        (WRITE, "messages_v2", (conversation.pk, conversation.helper_id)),
    ]
    with acting_as(conversation.helper):
        for statement, _, values in dated:
            forged = statement.replace(") VALUES", f", {moment}) VALUES")[:-1] + ", '1999-01-01')"
            with refused():
                run(forged, *values)
            assert run(statement, *values) == 1


def test_nobody_offers_in_another_name(stranger):
    wanted, helper = HelpRequestFactory(), MemberFactory()

    with acting_as(stranger), refused():
        run(OFFER, wanted.pk, wanted.user_id, helper.pk)

    with acting_as(stranger):
        assert run(OFFER, wanted.pk, wanted.user_id, stranger.pk) == 1


@pytest.mark.parametrize("status", ["completed", "cancelled", "closed"])
def test_no_offer_on_a_request_that_is_over(status, stranger):
    over, wanted = HelpRequestFactory(status=status), HelpRequestFactory()

    with acting_as(stranger), refused():
        run(OFFER, over.pk, over.user_id, stranger.pk)

    with acting_as(stranger):
        assert run(OFFER, wanted.pk, wanted.user_id, stranger.pk) == 1


def test_no_offer_on_a_request_that_has_run_out(stranger):
    over = HelpRequestFactory(expires_at="2020-01-01T00:00:00Z")

    with acting_as(stranger), refused():
        run(OFFER, over.pk, over.user_id, stranger.pk)


def test_the_requester_is_the_owner_of_the_help_request(stranger):
    wanted, helper = HelpRequestFactory(), MemberFactory()

    with pytest.raises(IntegrityError, match="conversation_is_with_the_owner"), transaction.atomic(), acting_as(helper):
        run(OFFER, wanted.pk, stranger.pk, helper.pk)

    with acting_as(helper):
        assert run(OFFER, wanted.pk, wanted.user_id, helper.pk) == 1


def test_nobody_offers_help_to_themselves():
    wanted = HelpRequestFactory()

    with pytest.raises(IntegrityError, match="different_participants"), transaction.atomic(), acting_as(wanted.user):
        run(OFFER, wanted.pk, wanted.user_id, wanted.user_id)


def test_a_helper_has_one_conversation_on_a_request(conversation):
    with (
        pytest.raises(IntegrityError, match="unique_help_request_helper"),
        transaction.atomic(),
        acting_as(conversation.helper),
    ):
        run(OFFER, conversation.help_request_id, conversation.requester_id, conversation.helper_id)


def test_a_conversations_status_is_known(conversation):
    with (
        pytest.raises(IntegrityError, match="conversation_status_is_known"),
        transaction.atomic(),
        acting_as(conversation.helper),
    ):
        run("UPDATE conversations_v2 SET status = 'lost'")


TELL = "SELECT transaction_id FROM tell_the_other(%s, 'message', 'wrote', 'member', now(), %s)"


def tell(conversation):
    return run(TELL, conversation.pk, proof_of_the_system(Purpose.TELL))


def told():
    with acting_as_system("who was told"):
        return set(run("SELECT member_id, by_id FROM notifications WHERE kind = 'message'"))


def test_only_the_other_one_of_ones_own_conversation_can_be_told(conversation, stranger):
    with acting_as(stranger):
        assert tell(conversation) == [(None,)]
    with member_role(""):
        assert tell(conversation) == [(None,)]
    with acting_as(conversation.requester):
        tell(conversation)

    before = {(conversation.requester_id, conversation.helper_id)}  # of the message that there is
    assert told() - before == {(conversation.helper_id, conversation.requester_id)}


def test_whoever_tells_stays_who_they_are(conversation):
    with acting_as(conversation.helper):
        tell(conversation)

        assert run("SELECT current_user::text, acting_member()") == [("authenticated", conversation.helper_id)]


def test_a_message_takes_no_conversations_id(conversation):
    other = ConversationFactory(helper=conversation.helper)
    named = WRITE.replace("(conversation_id", "(id, conversation_id").replace("(%s", "(%s, %s")

    with acting_as(conversation.helper):
        written = [run(named, id, conversation.pk, conversation.helper_id) for id in (other.pk, conversation.pk)]
        free = run(named, uuid.uuid4(), conversation.pk, conversation.helper_id)

    assert (written, free) == ([0, 0], 1)


def test_jobs_copy_messages_with_their_own_times_and_rewrite_none(conversation):
    with acting_as_system("copy"):
        run(
            WRITE.replace("content)", "content, created_at)")[:-1] + ", '2020-01-01')",
            conversation.pk,
            conversation.helper_id,
        )
        with refused():
            run("UPDATE messages_v2 SET content = 'Rewritten'")
        copied = one("SELECT count(*) FROM messages_v2 WHERE created_at = '2020-01-01'")

    assert copied == 1


def test_a_members_own_marker_is_theirs_to_move_and_nobody_elses(conversation, stranger):
    mark = "INSERT INTO conversation_read_markers (conversation_id, member_id, read_up_to) VALUES (%s, %s, now())"

    with acting_as(conversation.requester):
        with refused():
            run(mark, conversation.pk, stranger.pk)
        assert run(mark, conversation.pk, conversation.requester_id) == 1
    with acting_as(stranger), refused():
        run(mark, conversation.pk, stranger.pk)


# --- Help requests --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["status = 'cancelled'", "title = 'Mine now'", "helper_id = '{me}'"])
def test_a_stranger_changes_nobodys_help_request(change, stranger):
    wanted = HelpRequestFactory()

    with acting_as(stranger):
        changed = run(f"UPDATE help_requests SET {change.format(me=stranger.pk)} WHERE id = '{wanted.pk}'")

    assert changed == 0


def test_its_owner_changes_a_help_request():
    wanted = HelpRequestFactory()

    with acting_as(wanted.user):
        changed = run("UPDATE help_requests SET title = 'Two rides to the clinic'")

    assert changed == 1


def test_nobody_asks_in_another_name(stranger):
    other = MemberFactory()
    ask = "INSERT INTO help_requests (user_id, title, category) VALUES (%s, 'A ride to the clinic', 'other')"

    with acting_as(stranger):
        with refused():
            run(ask, other.pk)
        assert run(ask, stranger.pk) == 1


def test_an_accepted_helper_changes_no_word_of_the_owner(stranger):
    help_request = HelpRequestFactory(status="in_progress", helper=stranger)

    for member, answer in ((stranger, "refused"), (help_request.user, "allowed")):
        with acting_as(member):
            change = "UPDATE help_requests SET title = 'Another title' WHERE id = %s"
            if answer == "refused":
                with refused():
                    run(change, help_request.pk)
            else:
                run(change, help_request.pk)

    help_request.refresh_from_db()
    assert help_request.title == "Another title"


def test_an_accepted_helper_can_step_back(stranger):
    wanted = HelpRequestFactory(status="in_progress", helper=stranger)

    with acting_as(stranger):
        changed = run("UPDATE help_requests SET status = 'open', helper_id = NULL")

    assert (changed, HelpRequest.objects.get().helper_id, wanted.helper_id) == (1, None, stranger.pk)


# --- What the database itself carries out --------------------------------------------------------------------------


def test_deleting_a_member_takes_their_conversations_along(conversation):
    run_as_owner("DELETE FROM members WHERE id = %s", conversation.requester_id)

    with acting_as_system("count"):
        left = counts(MESSAGING)
    assert (left, HelpRequest.objects.count()) == ([0, 0, 0], 0)


def test_deleting_the_helper_leaves_the_help_request(conversation):
    run_as_owner("DELETE FROM members WHERE id = %s", conversation.helper_id)

    with acting_as_system("count"):
        left = counts(MESSAGING)
    assert (left, HelpRequest.objects.get()) == ([0, 0, 0], conversation.help_request)


def test_a_message_moves_its_conversation(conversation):
    with acting_as(conversation.helper):
        message, moved = Message.objects.get(), Conversation.objects.get()

    assert moved.updated_at == message.created_at == message.updated_at
    assert moved.created_at == conversation.created_at < moved.updated_at


def test_a_change_of_status_moves_its_conversation(conversation):
    with acting_as(conversation.helper):
        before = Conversation.objects.get().updated_at
        run("UPDATE conversations_v2 SET status = 'archived'")
        after = Conversation.objects.get().updated_at

    assert after > before


def test_updated_at_never_goes_back(conversation):
    ahead = "ALTER TABLE conversations_v2 {} TRIGGER conversations_v2_updated_at"
    lay_open("conversations_v2")
    run_as_owner(ahead.format("DISABLE"))
    run("UPDATE conversations_v2 SET updated_at = '2099-01-01'")
    run_as_owner(ahead.format("ENABLE"))
    shut("conversations_v2")

    message = MessageFactory(conversation=conversation)

    with acting_as(conversation.helper):
        moved = Conversation.objects.get().updated_at
    assert (moved.year, message.created_at) == (2099, moved)


@pytest.mark.parametrize(
    "text",
    ["x" * 9, "x" * 1001, "ends with a blank ", "windows\r\nlines", "\u200b\u2800\u3164" * 10, "cafe\u0301 au lait"],
    ids=["too short", "too long", "white space at the end", "CRLF", "nothing to see", "not NFC"],
)
def test_the_database_refuses_a_first_message_that_is_not_clean(text, stranger):
    wanted = HelpRequestFactory()
    offer = OFFER.replace("'I can help you with that'", "%s")

    with (
        pytest.raises(IntegrityError, match="first_message_is_clean_and_10_to_1000"),
        transaction.atomic(),
        acting_as(stranger),
    ):
        run(offer, wanted.pk, wanted.user_id, stranger.pk, text)

    with acting_as(stranger):
        assert run(offer, wanted.pk, wanted.user_id, stranger.pk, "x" * 10) == 1


@pytest.mark.parametrize("text", ["", " ", "x" * 1001, "a\rb", "\ufeff"])
def test_the_database_refuses_a_message_that_is_not_clean(text, conversation):
    write = WRITE.replace("'Hello'", "%s")

    with (
        pytest.raises(IntegrityError, match="message_is_clean_and_1_to_1000"),
        transaction.atomic(),
        acting_as(conversation.helper),
    ):
        run(write, conversation.pk, conversation.helper_id, text)

    with acting_as(conversation.helper):
        assert run(write, conversation.pk, conversation.helper_id, "x" * 1000) == 1


def test_the_login_of_the_tests_is_an_ordinary_one():
    assert run("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [(False, False)]
