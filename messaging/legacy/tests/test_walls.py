"""Who sees what of version 1, with each wall alone: the code without the policies, the policies past the code."""

import uuid
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.ground.refusals import ConversationNotFound
from carecollective.ground.verification.schema import DEFINERS
from carecollective.tests.owner import asked_by_the_owner, run_as_owner
from carecollective.tests.sql import act_as
from helprequests.tests.factories import HelpRequestFactory
from messaging import inbox, services
from messaging.legacy.models import LegacyConversation, LegacyMessage, LegacyParticipant
from messaging.thread import thread

from .factories import FIRST_WORDS, LONG_AGO, left_behind, offered

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]
TABLES = ("conversations", "conversation_participants", "messages")
MODELS = (LegacyConversation, LegacyParticipant, LegacyMessage)


@pytest.fixture
def conversation():
    help_request, helper = HelpRequestFactory(), MemberFactory()
    made = offered(help_request, helper)
    # As the test knows them: the members themselves, and not what a member's role may read of them.
    made.help_request, made.created_by = help_request, helper
    return made


@pytest.fixture
def helper(conversation):
    return conversation.created_by


@pytest.fixture
def owner(conversation):
    return conversation.help_request.user


def seen():
    return [model.objects.count() for model in MODELS]


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


@contextmanager
def refused(member, code="42501"):
    """What is done in here past the code meets the database's own refusal."""
    with pytest.raises(DatabaseError) as met, transaction.atomic(), acting_as(member):
        yield
    assert met.value.__cause__.sqlstate == code


@contextmanager
def walls_down():
    """The policies taken away: what still holds is the code."""
    for table in TABLES:
        run_as_owner(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    yield
    for table in TABLES:
        run_as_owner(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


# --- The policies alone ---------------------------------------------------------------------------------------------


def test_outside_a_scope_nobody_sees_anything(conversation):
    for table in TABLES:
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            sql(f"SELECT count(*) FROM {table}")


def test_each_participant_sees_the_conversation_and_no_other_participant(conversation, helper, owner):
    for member in (helper, owner):
        with acting_as(member):
            assert seen() == [1, 1, 1]
            assert LegacyParticipant.objects.get().user_id == member.pk


def test_a_stranger_and_nobody_see_nothing(conversation):
    with acting_as(MemberFactory()):
        assert seen() == [0, 0, 0]
    with transaction.atomic():
        act_as("authenticated", "")
        assert seen() == [0, 0, 0]
        act_as("none", "")


def test_staff_see_every_row_and_no_text(conversation):
    staff = MemberFactory(is_staff=True)

    with acting_as_staff(staff, "a look at the numbers"):
        assert sql("SELECT count(*) FROM conversations")[0][0] == 1
        assert sql("SELECT count(id) FROM messages WHERE read_at IS NULL")[0][0] == 1
    for column, table in (("content", "messages"), ("flagged_reason", "messages"), ("title", "conversations")):
        with pytest.raises(DatabaseError), transaction.atomic(), acting_as_staff(staff, "curious"):
            sql(f"SELECT {column} FROM {table}")


def test_staff_and_nobody_write_nothing(conversation):
    staff = MemberFactory(is_staff=True)

    for statement in (
        "UPDATE messages SET read_at = now()",
        "DELETE FROM messages",
        "UPDATE conversations SET status='active'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), acting_as_staff(staff, "curious"):
            sql(statement)
        assert run_as_owner(statement) == 0  # as the login that owns the tables


WRITE = "INSERT INTO messages (conversation_id, sender_id, recipient_id, content) VALUES (%s, %s, %s, %s)"


def test_a_message_is_written_in_ones_own_name_only(conversation, helper, owner):
    with refused(owner):
        sql(WRITE, conversation.pk, helper.pk, owner.pk, "As if it were mine")


def test_a_stranger_writes_nowhere(conversation, helper):
    stranger = MemberFactory()

    with refused(stranger):
        sql(WRITE, conversation.pk, stranger.pk, helper.pk, "Hello")
    with refused(stranger):
        sql(
            "INSERT INTO conversation_participants (conversation_id, user_id) VALUES (%s, %s)",
            conversation.pk,
            stranger.pk,
        )


def test_the_starter_brings_in_nobody_else(conversation, helper):
    with refused(helper):
        sql(
            "INSERT INTO conversation_participants (conversation_id, user_id) VALUES (%s, %s)",
            conversation.pk,
            MemberFactory().pk,
        )


@pytest.mark.parametrize("status", ["closed", "blocked"])
def test_nobody_writes_in_a_closed_or_blocked_one(status):
    helper = MemberFactory()
    closed = left_behind(HelpRequestFactory(), helper, FIRST_WORDS, status=status)

    with refused(helper):
        sql(WRITE, closed.pk, helper.pk, None, "Still there?")


@pytest.mark.parametrize("text", ["", " Nine?", "Nine?\r\nTen?", "\u200b"])
def test_what_is_written_now_follows_the_rule_for_texts(conversation, helper, text):
    with refused(helper):
        sql(WRITE, conversation.pk, helper.pk, None, text)


def test_a_text_is_never_too_long_whoever_writes(conversation, helper):
    with pytest.raises(DatabaseError) as met, transaction.atomic(), acting_as_system("a job gone wrong"):
        sql(WRITE, conversation.pk, helper.pk, None, "x" * 1001)
    assert met.value.__cause__.diag.constraint_name == "legacy_message_is_not_too_long"


def test_nobody_is_written_to_who_has_no_part(conversation, helper):
    with refused(helper):
        sql(WRITE, conversation.pk, helper.pk, MemberFactory().pk, "Psst")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE messages SET content = 'I never said that'",
        "DELETE FROM messages",
        "DELETE FROM conversations",
        "UPDATE conversations SET help_request_id = NULL",
        "UPDATE conversations SET migrated_to_v2 = true",
        "UPDATE conversation_participants SET left_at = now()",
        "INSERT INTO messages (conversation_id, sender_id, content, created_at)"
        " SELECT id, created_by, 'Hi', now() FROM conversations",
        "INSERT INTO messages (conversation_id, sender_id, content, message_type)"
        " SELECT id, created_by, 'Hi', 'system' FROM conversations",
    ],
)
def test_what_was_said_stays_said(conversation, helper, statement):
    with refused(helper):
        sql(statement)


def test_a_blocked_conversation_cannot_be_opened_and_no_other_be_blocked(conversation, helper):
    blocked = left_behind(HelpRequestFactory(), helper, FIRST_WORDS, status="blocked")

    with acting_as(helper):
        assert sql("UPDATE conversations SET status = 'active' WHERE id = %s", blocked.pk) == 0
    with refused(helper):
        sql("UPDATE conversations SET status = 'blocked' WHERE id = %s", conversation.pk)


def test_an_offer_is_made_in_ones_own_name_on_a_request_that_takes_them(helper, owner, conversation):
    offer = "INSERT INTO conversations (help_request_id, created_by) VALUES (%s, %s)"
    closed = HelpRequestFactory(status="cancelled")

    with refused(owner):
        sql(offer, conversation.help_request_id, owner.pk)
    with refused(helper):
        sql(offer, closed.pk, helper.pk)
    with refused(MemberFactory()):
        sql(offer, conversation.help_request_id, helper.pk)


def test_a_reader_marks_what_others_wrote_and_brings_no_time_of_their_own(conversation, helper, owner):
    with acting_as(helper):
        assert sql("UPDATE messages SET read_at = %s", LONG_AGO) == 0
    with acting_as(MemberFactory()):
        assert sql("UPDATE messages SET read_at = %s", LONG_AGO) == 0
    with acting_as(owner):
        assert sql("UPDATE messages SET read_at = %s", LONG_AGO) == 1
        read = LegacyMessage.objects.get()
        assert sql("UPDATE messages SET read_at = NULL") == 1
        assert LegacyMessage.objects.get().read_at == read.read_at > read.created_at
        assert read.status == "read"


def test_a_conversations_clock_is_not_the_members(conversation, helper):
    with acting_as(helper):
        sql("UPDATE conversations SET last_message_at = %s", LONG_AGO)
        assert LegacyConversation.objects.get().last_message_at > conversation.created_at


def test_a_copied_conversation_takes_nothing_more_in_version_1(conversation, helper):
    with acting_as_system("mark it"):
        sql("UPDATE conversations SET migrated_to_v2 = true")

    with acting_as(helper):
        assert sql("UPDATE conversations SET status = 'closed'") == 0
    with refused(helper):
        sql(WRITE, conversation.pk, helper.pk, None, "Still there?")


def test_deleted_and_hidden_messages_are_not_there_for_members(helper, conversation):
    with acting_as_system("the old system"):
        for hidden in ({"deleted_at": LONG_AGO}, {"moderation_status": "hidden"}, {"moderation_status": "removed"}):
            LegacyMessage.objects.bulk_create(
                [
                    LegacyMessage(
                        id=uuid.uuid4(),
                        conversation=conversation,
                        sender=helper,
                        content="x",
                        status="sent",
                        message_type="text",
                        is_flagged=False,
                        flagged_reason="",
                        encryption_status="none",
                        **{"moderation_status": "approved"} | hidden,
                    )
                ]
            )

    with acting_as(helper):
        assert [message.content for message in LegacyMessage.objects.all()] == [FIRST_WORDS]


# --- The code alone -------------------------------------------------------------------------------------------------


def test_without_the_policies_the_code_still_shows_strangers_nothing(conversation, helper):
    stranger = MemberFactory()

    with walls_down():
        with acting_as_system("a test looks"):
            assert LegacyConversation.objects.count() == 1  # there is something that could leak
        assert inbox.inbox(stranger, status="all").results == []
        for act in (
            lambda: services.send_message(conversation.pk, by=stranger, text="Hello"),
            lambda: services.archive(conversation.pk, by=stranger),
            lambda: services.mark_read(conversation.pk, by=stranger, up_to=conversation.pk),
        ):
            with pytest.raises(ConversationNotFound):
                act()
        with pytest.raises(ConversationNotFound), transaction.atomic():
            thread(conversation.pk, by=stranger)
        assert [entry.id for entry in inbox.inbox(helper).results] == [conversation.pk]


# --- The catalogue --------------------------------------------------------------------------------------------------


def test_all_three_tables_are_forced_and_no_function_looks_past_the_walls():
    forced = sql(
        "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relrowsecurity AND relforcerowsecurity", list(TABLES)
    )
    definers = sql("SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")

    assert sorted(name for (name,) in forced) == sorted(TABLES)
    # The one that looks at proofs, and triggers, which nobody can call.
    assert sorted(name for (name,) in definers) == sorted(DEFINERS)


def test_the_columns_are_those_of_the_contract():
    expected = {
        "conversations": "id help_request_id created_by title status created_at updated_at last_message_at "
        "migrated_to_v2",
        "conversation_participants": "conversation_id user_id joined_at left_at role",
        "messages": "id conversation_id sender_id recipient_id help_request_id content message_type status read_at "
        "is_flagged flagged_reason moderation_status thread_id parent_message_id encryption_status created_at "
        "updated_at deleted_at",
    }
    rows = asked_by_the_owner(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_name = ANY(%s)", list(TABLES)
    )

    found = {table: {column for name, column in rows if name == table} for table in TABLES}
    assert found == {table: set(columns.split()) for table, columns in expected.items()}


def test_five_policies_on_version_2_are_the_members_and_the_added_ones_are_the_systems():
    rows = sql("SELECT cmd, roles FROM pg_policies WHERE tablename IN ('conversations_v2', 'messages_v2')")

    assert len([cmd for cmd, roles in rows if "authenticated" in roles]) == 5
    others = sorted((cmd, roles) for cmd, roles in rows if "authenticated" not in roles)
    assert others == [
        ("ALL", ["care_staff", "care_system"]),  # restrictive: they bring a proof
        ("ALL", ["care_staff", "care_system"]),
        ("DELETE", ["care_system"]),
        ("DELETE", ["care_system"]),
        ("SELECT", [settings.OWNER_DATABASE["USER"]]),  # in triggers
        ("UPDATE", ["care_system"]),
    ]


@pytest.mark.django_db(transaction=True)
def test_the_walls_can_be_taken_away_and_put_up_again():
    call_command("migrate", "legacy", "0001", verbosity=0)
    try:
        grants = asked_by_the_owner(
            "SELECT count(*) FROM information_schema.column_privileges WHERE table_name = ANY(%s)"
            " AND grantee IN ('authenticated', 'care_staff', 'care_system')",
            list(TABLES),
        )
        policies = sql("SELECT count(*) FROM pg_policies WHERE tablename = ANY(%s)", list(TABLES))
        functions = sql("SELECT count(*) FROM pg_proc WHERE proname LIKE 'legacy_%%'")
        assert [grants[0][0], policies[0][0], functions[0][0]] == [0, 0, 0]
    finally:
        call_command("migrate", verbosity=0)


def test_deleting_the_app_would_leave_no_other_model_pointing_at_it():
    pointing = [
        field
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.many_to_one and field.related_model in MODELS and model not in MODELS
    ]

    assert pointing == []


def test_no_policy_refuses_by_a_comparison_that_null_passes():
    conditions = sql("SELECT concat(qual, with_check) FROM pg_policies WHERE tablename = ANY(%s)", list(TABLES))

    assert len(conditions) == 17  # with those of proofs, and of the owner's triggers
    assert [policy for (policy,) in conditions if "<>" in policy or "IS DISTINCT" in policy or "NOT " in policy] == []
