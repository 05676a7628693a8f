"""`verify_schema` and `verify_data`: silent where all is well, and with every planted fault a line and exit 1."""

import io

import pytest
from django.core.management import call_command

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import verification, walls
from carecollective.ground.identity import acting_as_system
from carecollective.ground.verification import data, schema
from carecollective.own_data.leaving import services as leaving
from carecollective.tests.owner import lay_open, run_as_owner
from carecollective.tests.sql import column, one, run
from helprequests.tests.factories import HelpRequestFactory
from messaging import services
from messaging.reports.services import report
from messaging.tests.factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db


def verified(command):
    """The exit code, the lines for what holds, and those for what is wrong."""
    output, wrong = io.StringIO(), io.StringIO()
    try:
        call_command(command, stdout=output, stderr=wrong, no_color=True)
        code = 0
    except SystemExit as ended:
        code = ended.code
    return code, output.getvalue().splitlines(), wrong.getvalue().splitlines()


def promises(checks):
    return [f"ok: {check.promise}" for check in checks]


def test_a_sound_schema_says_so_line_by_line():
    assert verified("verify_schema") == (0, promises(schema.CHECKS), [])


def test_sound_data_says_so_line_by_line():
    conversation = ConversationFactory()
    for sender in (conversation.helper, conversation.requester):
        message = MessageFactory(conversation=conversation, sender=sender)
        services.mark_read(conversation.pk, by=sender, up_to=message.pk)

    assert verified("verify_data") == (0, promises(data.CHECKS), [])


# --- The schema ----------------------------------------------------------------------------------------------------


def test_walls_that_came_out_of_a_dump_are_the_same_walls():
    """A dump has each condition as PostgreSQL writes it; what it reads there, it writes down otherwise."""
    told = "SELECT string_agg(concat(qual, with_check), ' ' ORDER BY tablename, policyname) FROM pg_policies"
    before = one(told)
    for table in walls.walls():
        for statement in column(walls.WRITTEN_AGAIN, f"public.{table}"):
            run_as_owner(statement)

    assert one(told) != before
    assert verified("verify_schema") == (0, promises(schema.CHECKS), [])


V2 = "conversations_v2"
DROP = f"ALTER TABLE {V2} DROP CONSTRAINT"
SCHEMA_FAULTS = [
    (f"ALTER TABLE {V2} ADD COLUMN likes int", [f"{V2} has 9 columns, not 8"]),
    (
        "CREATE FUNCTION send_message_v2() RETURNS int LANGUAGE sql RETURN 1;"
        " REVOKE EXECUTE ON FUNCTION send_message_v2() FROM PUBLIC",
        ["the function send_message_v2() is there"],
    ),
    ("DROP INDEX idx_messages_v2_thread", ["the index idx_messages_v2_thread is missing or not valid"]),
    (
        "ALTER INDEX idx_messages_v2_sender_id RENAME TO other",
        ["the index idx_messages_v2_sender_id is missing or not valid"],
    ),
    (
        "CREATE TABLE diary (words text)",
        ["the table diary is not listed as open, and row level security is not enabled"],
    ),
    (
        "CREATE TABLE diary (words text); ALTER TABLE diary ENABLE ROW LEVEL SECURITY",
        ["the table diary is not listed as open, and row level security is enabled and not forced"],
    ),
    (
        "ALTER TABLE messages_v2 NO FORCE ROW LEVEL SECURITY",
        ["the table messages_v2 is not listed as open, and row level security is enabled and not forced"],
    ),
    (
        "ALTER TABLE kept_texts DISABLE ROW LEVEL SECURITY",
        ["the table kept_texts is not listed as open, and row level security is not enabled"],
    ),
    ("ALTER TABLE help_requests DISABLE ROW LEVEL SECURITY", ["row level security is not enabled on help_requests"]),
    (
        "CREATE POLICY all_of_it ON messages_v2 FOR SELECT TO care_staff USING (true)",
        [
            'the policy "all_of_it" on messages_v2 is always true',
            'the policy "all_of_it" on messages_v2 is in no wall of a model',
        ],
    ),
    (
        "CREATE POLICY anybody ON messages_v2 FOR DELETE USING (sender_id = acting_member())",
        [
            'the policy "anybody" on messages_v2 is for every role',
            "messages_v2 DELETE: 1 policies, not 0",
            'the policy "anybody" on messages_v2 is in no wall of a model',
        ],
    ),
    (
        f'DROP POLICY "participants archive and re-open" ON {V2}',
        [
            f"{V2} UPDATE: 0 policies, not 1",
            f'the policy "participants archive and re-open" on {V2} is missing: manage.py wall {V2} prints it for a'
            " migration",
        ],
    ),
    (
        f'ALTER POLICY "participants archive and re-open" ON {V2} USING (helper_id = (SELECT acting_member()))',
        [f'the policy "participants archive and re-open" on {V2} is not what the wall of its model says'],
    ),
    (
        "CREATE POLICY extra ON kept_texts AS RESTRICTIVE FOR INSERT TO authenticated WITH CHECK (path = '/')",
        ['the policy "extra" on kept_texts is in no wall of a model'],
    ),
    ("GRANT UPDATE (path) ON kept_texts TO care_staff", ["this grant is too much: care_staff kept_texts UPDATE path"]),
    ("REVOKE DELETE ON mails FROM care_system", ["this grant is missing: care_system mails DELETE *"]),
    (
        "CREATE TABLE diary (words text); ALTER TABLE diary ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        ["no model says the wall of diary: write wall = Wall(…) in its class"],
    ),
    (
        f"{DROP} unique_help_request_helper",
        [f"{V2} has 0 constraints of type u, not 1", "the constraint unique_help_request_helper is missing"],
    ),
    (
        f"{DROP} conversation_is_with_the_owner, ADD FOREIGN KEY (help_request_id) REFERENCES help_requests (id)",
        ["the constraint conversation_is_with_the_owner is missing"],
    ),
    (
        "ALTER TABLE messages_v2 ADD CONSTRAINT later CHECK (content <> 'no') NOT VALID",
        ["messages_v2 has 2 constraints of type c, not 1", "the constraint later on messages_v2 was never checked"],
    ),
    (f"GRANT UPDATE ON {V2} TO authenticated", [f"this grant is too much: {V2} UPDATE *"]),
    ("GRANT DELETE ON messages_v2 TO PUBLIC", ["this grant is too much: messages_v2 DELETE *"]),
    (f"REVOKE UPDATE (status) ON {V2} FROM authenticated", [f"this grant is missing: {V2} UPDATE status"]),
    ("GRANT SELECT ON members TO authenticated", ["authenticated has SELECT on members"]),
    ("GRANT SELECT ON django_session TO PUBLIC", ["everybody has SELECT on django_session"]),
    (
        "GRANT DELETE ON help_requests TO authenticated",
        ["this grant is too much: help_requests DELETE *", "authenticated has DELETE on help_requests"],
    ),
    (
        "GRANT UPDATE (title) ON help_requests TO care_staff",
        [
            "this grant is too much: care_staff help_requests UPDATE title",
            "care_staff has UPDATE on help_requests.title",
        ],
    ),
    ("GRANT EXECUTE ON FUNCTION acting_member() TO PUBLIC", ["the function acting_member() can be executed by PUBLIC"]),
    ("CREATE FUNCTION anew() RETURNS int LANGUAGE sql RETURN 1", ["the function anew() can be executed by PUBLIC"]),
    ("ALTER FUNCTION acting_member() SECURITY DEFINER", ["the function acting_member() is SECURITY DEFINER"]),
    (
        "ALTER TABLE messages_v2 DISABLE TRIGGER messages_v2_take_their_turn",
        ["the trigger messages_v2_take_their_turn is missing or off"],
    ),
    (
        f"DROP TRIGGER conversations_v2_updated_at ON {V2}",
        ["the trigger conversations_v2_updated_at is missing or off"],
    ),
    (
        "ALTER TABLE procrastinate_jobs ENABLE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1",
        ["the function procrastinate_notify_queue_job_inserted_v1() says it inside its transaction"],
    ),
    (
        "CREATE FUNCTION now_at_once() RETURNS void LANGUAGE plpgsql AS $$ BEGIN NOTIFY care_events; END $$;"
        " REVOKE EXECUTE ON FUNCTION now_at_once() FROM PUBLIC",
        ["the function now_at_once() says it inside its transaction"],
    ),
    ("ALTER TABLE rate_limits SET LOGGED", ["the table rate_limits is not UNLOGGED"]),
    ("ALTER TABLE wake_outbox SET LOGGED", ["the table wake_outbox is not UNLOGGED"]),
    ("ALTER SEQUENCE wake_outbox_id_seq SET UNLOGGED", ["the sequence wake_outbox_id_seq is UNLOGGED"]),
    ("GRANT SELECT ON wake_outbox TO care_system", ["care_system has SELECT on wake_outbox"]),
]


@pytest.mark.one_of_each(by=lambda fault, **more: fault.split()[0])
@pytest.mark.parametrize(("fault", "lines"), SCHEMA_FAULTS, ids=[fault[:60] for fault, _ in SCHEMA_FAULTS])
def test_a_fault_in_the_schema_is_named(fault, lines):
    run_as_owner(fault)

    code, held, wrong = verified("verify_schema")

    told, promised = zip(*(line.removeprefix("wrong: ").rsplit(" (", 1) for line in wrong), strict=True)
    assert list(told) == lines
    assert (code, len(held)) == (1, len(schema.CHECKS) - len(set(promised)))


def check(start):
    (found,) = [check for check in schema.CHECKS if check.promise.startswith(start)]
    return found


def test_a_role_that_could_bypass_is_named():
    superuser, login = column("SELECT rolname FROM pg_roles WHERE oid = 10"), column("SELECT session_user::text")
    rule = check("no role that members")._replace(values={"roles": [*superuser, *login, "nobody_of_this_name"]})

    ((_, faults),) = verification.carried_out([rule])

    assert faults == [
        f"the role {superuser[0]} is a superuser",
        f"the role {login[0]} can log in",
        "the role nobody_of_this_name does not exist",
    ]


def test_a_role_that_the_login_cannot_take_is_named():
    superuser = one("SELECT rolname FROM pg_roles WHERE oid = 10")
    rule = check("the login can take")._replace(values={"roles": [superuser]})

    ((_, faults),) = verification.carried_out([rule])

    assert faults == [f"the login {one('SELECT session_user::text')} may not take the role {superuser}"]


def test_a_login_that_could_bypass_is_named():
    rule = check("the login is neither")
    as_superuser = rule._replace(faults=rule.faults.replace("rolname = session_user", "oid = 10"))

    ((_, faults),) = verification.carried_out([as_superuser])

    assert faults == [f"the login {one('SELECT rolname FROM pg_roles WHERE oid = 10')} is a superuser"]


# --- The rows ------------------------------------------------------------------------------------------------------

OFFER = (
    f"INSERT INTO {V2} (help_request_id, requester_id, helper_id, initial_message) VALUES (%s, %s, %s, %s) RETURNING id"
)
WRITE = "INSERT INTO messages_v2 (conversation_id, sender_id, content) VALUES (%s, %s, %s) RETURNING id"
MARK = "INSERT INTO conversation_read_markers VALUES (%s, %s, %s)"
WORDS = "I can help you with that"


@pytest.fixture
def unguarded():
    """No wall, key, check or trigger is left but those that note what is unread and count: what is written is kept."""
    tables = (V2, "messages_v2", "conversation_read_markers", "help_requests", "offer_answers", "message_reports")
    tables += ("contact_shares", "unread_conversations")
    for table in tables:
        lay_open(table)
        run_as_owner(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for name in column(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'f', 'u')", table
        ):
            run_as_owner(f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE')
    run_as_owner(f"ALTER TABLE {V2} ENABLE TRIGGER conversations_v2_wait_for_the_other")
    for table in (V2, "message_reports"):
        for change in ("come", "go"):
            run_as_owner(f"ALTER TABLE {table} ENABLE TRIGGER {table}_that_{change}_are_counted")
    run_as_owner("ALTER TABLE messages_v2 ENABLE TRIGGER messages_v2_wait_for_the_other")
    run_as_owner("ALTER TABLE conversation_read_markers ENABLE TRIGGER read_markers_end_what_waits")


@pytest.fixture
def conversation():
    made = ConversationFactory()
    MessageFactory(conversation=made)
    return made


def is_wrong(ids, promise):
    code, held, wrong = verified("verify_data")
    assert wrong == [f"wrong: {ids} ({promise})"]
    assert (code, len(held)) == (1, len(data.CHECKS) - 1)


def test_a_second_conversation_of_one_helper_is_found(conversation, unguarded):
    second = one(OFFER, conversation.help_request_id, conversation.requester_id, conversation.helper_id, WORDS)

    is_wrong(
        ", ".join(sorted(map(str, (conversation.pk, second)))), "each helper has one conversation on a help request"
    )


def test_a_requester_who_did_not_ask_is_found(conversation, unguarded):
    forged = one(OFFER, HelpRequestFactory().pk, conversation.requester_id, conversation.helper_id, WORDS)

    is_wrong(forged, "the requester of a conversation is the owner of its help request")


def test_a_conversation_with_oneself_is_found(unguarded):
    wanted = HelpRequestFactory()
    forged = one(OFFER, wanted.pk, wanted.user_id, wanted.user_id, WORDS)

    code, _, wrong = verified("verify_data")

    promised = "nobody has a conversation with themselves", "both participants of a conversation are members"
    assert (code, wrong) == (1, [f"wrong: {forged} ({promise})" for promise in promised])


def test_a_participant_who_is_nobody_is_found(conversation, unguarded):
    wanted = HelpRequestFactory()
    forged = one(OFFER, wanted.pk, wanted.user_id, "00000000-0000-4000-8000-000000000000", WORDS)

    is_wrong(forged, "both participants of a conversation are members")


def test_a_sender_who_has_no_part_is_found(conversation, unguarded):
    forged = one(WRITE, conversation.pk, MemberFactory().pk, "Hello")
    run(f"UPDATE {V2} SET updated_at = clock_timestamp() WHERE id = %s", conversation.pk)

    is_wrong(forged, "whoever sent a message is a participant of its conversation")


@pytest.mark.one_of_each
@pytest.mark.parametrize("text", ["x" * 9, "x" * 1001, "\u200b" * 20, "ends with a blank ", "cafe\u0301 au lait"])
def test_a_first_message_that_is_not_clean_is_found(text, conversation, unguarded):
    run(f"UPDATE {V2} SET initial_message = %s", text)

    is_wrong(conversation.pk, "every first message passes the rule for texts, with 10 to 1000 characters")


@pytest.mark.one_of_each
@pytest.mark.parametrize("text", ["", "\r", "x" * 1001])
def test_a_message_that_is_not_clean_is_found(text, conversation, unguarded):
    run("UPDATE messages_v2 SET content = %s", text)

    is_wrong(one("SELECT id FROM messages_v2"), "every message passes the rule for texts, with 1 to 1000 characters")


@pytest.mark.one_of_each
@pytest.mark.parametrize("title", ["Ride", "A ride\nto town", " A ride"])
def test_a_title_that_is_not_clean_is_found(title, unguarded):
    made = HelpRequestFactory(title=title)

    is_wrong(made.pk, "every help request has a title of one clean line of 5 to 100 characters")


def test_a_message_with_the_id_of_a_conversation_is_found(conversation, unguarded):
    run("UPDATE messages_v2 SET id = conversation_id")

    is_wrong(conversation.pk, "no message has the id of a conversation, which names a first message")


@pytest.mark.parametrize("earlier", ["0", "1 microsecond"])
def test_a_message_as_early_as_the_one_before_is_found(earlier, conversation, unguarded):
    run(f"UPDATE messages_v2 SET created_at = (SELECT created_at FROM {V2}) - interval '{earlier}'")

    is_wrong(one("SELECT id FROM messages_v2"), "times grow strictly from message to message of a conversation")


def test_a_conversation_that_did_not_move_with_its_messages_is_found(conversation, unguarded):
    run(f"UPDATE {V2} SET updated_at = created_at")

    is_wrong(conversation.pk, "no conversation was last active before its last message, or before it began")


def test_a_marker_of_somebody_who_has_no_part_is_found(conversation, unguarded):
    stranger = MemberFactory()
    run(MARK, conversation.created_at, conversation.pk, stranger.pk)

    is_wrong(f"{conversation.pk} of {stranger.pk}", "a read marker belongs to a participant of its conversation")


def test_a_marker_of_the_future_is_found(conversation, unguarded):
    run(MARK, "2999-01-01", conversation.pk, conversation.helper_id)

    is_wrong(f"{conversation.pk} of {conversation.helper_id}", "nobody has read further than a conversation goes")


@pytest.fixture
def made(conversation):
    return report(conversation.pk, by=conversation.requester, reason="spam")


def test_something_that_is_left_of_a_former_member_is_found():
    left = MemberFactory()
    leaving.erase(left.pk)
    HelpRequestFactory(user=left, status="completed", description="Up the stairs")

    is_wrong(left.pk, "nothing of their own is left of whoever has left")


def test_a_row_that_is_left_of_a_former_member_is_found(db):
    left = MemberFactory()
    leaving.erase(left.pk)
    with acting_as_system("a test"):
        run("INSERT INTO kept_texts (member_id, path, fields) VALUES (%s, '/', '{}')", left.pk)

    is_wrong(left.pk, "no row that was theirs alone is left of whoever has left")


def test_evidence_that_somebody_changed_is_found(made, unguarded):
    run("UPDATE message_reports SET evidence = jsonb_set(evidence, '{0,content}', '\"Good morning\"')")

    is_wrong(made.pk, "the evidence of every report is as it was frozen")


def test_a_help_request_with_a_helper_that_cannot_be_is_found(unguarded):
    made = HelpRequestFactory(helper=MemberFactory())

    is_wrong(made.pk, "nobody helps themselves, and an open help request has no helper")


SAID = (
    "INSERT INTO offer_answers"
    " (conversation_id, help_request_id, requester_id, helper_id, kind, by_id, before, answer, at)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, coalesce(%s, now())) RETURNING id"
)


SHARED = (
    "INSERT INTO contact_shares (conversation_id, help_request_id, owner_id, reader_id, kind)"
    " VALUES (%s, %s, %s, %s, 'phone') RETURNING id"
)


def said(conversation, kind, answer, *, by=None, at=None, requester_id=None):
    people = requester_id or conversation.requester_id, conversation.helper_id
    return one(SAID, conversation.pk, conversation.help_request_id, *people, kind, by, None, answer, at)


def test_an_answer_in_somebody_elses_name_is_found(conversation, unguarded):
    forged = said(conversation, "lapsed", "lapsed", requester_id=MemberFactory().pk)

    is_wrong(forged, "every answer is in a conversation about its help request, of its two people")


def test_a_share_with_somebody_else_is_found(conversation, unguarded):
    people = conversation.requester_id, MemberFactory().pk
    forged = one(SHARED, conversation.pk, conversation.help_request_id, *people)

    is_wrong(forged, "everything shared is between the two people of a conversation about its help request")


def test_an_answer_that_does_not_follow_is_found(conversation, unguarded):
    said(conversation, "lapsed", "lapsed", at="2026-01-01")
    forged = said(conversation, "offered", None, by=conversation.helper_id)

    is_wrong(forged, "answers follow one on the other, each from where the last one left it")


def test_an_answer_that_says_something_else_is_found(conversation, unguarded):
    forged = said(conversation, "lapsed", "declined")

    is_wrong(forged, "each answer says what its kind says")


def test_an_answer_of_the_wrong_side_is_found(conversation, unguarded):
    forged = said(conversation, "declined", "declined", by=conversation.helper_id)

    is_wrong(forged, "whoever said an answer could say it: the one who asked, the helper, or time")


def test_an_acceptance_that_the_request_does_not_know_is_found(conversation, unguarded):
    forged = said(conversation, "accepted", "accepted", by=conversation.requester_id)

    is_wrong(forged, "whose offer was accepted last, and not released since, is the helper of its request")


def test_more_than_one_last_message_is_found(conversation, unguarded):
    run("UPDATE conversations_v2 SET updated_at = '2999-01-01'")
    said(conversation, "declined", "declined", by=conversation.requester_id)
    for at in ("2998-01-01", "2998-01-02"):
        run(
            "INSERT INTO messages_v2 (conversation_id, sender_id, content, created_at) VALUES (%s, %s, %s, %s)",
            conversation.pk,
            conversation.helper_id,
            WORDS,
            at,
        )

    is_wrong(conversation.pk, "after a no a helper has written at most one message more than the other")


def test_a_day_of_the_rollout_that_was_not_summed_anew_is_found():
    run_as_owner(
        "INSERT INTO rollout_days (begins_at, ends_at, version, outcome, stage, is_synthetic, attempts)"
        " VALUES (now() - interval '2 days', now() - interval '1 day', 'v2', 'created', 'enabled', false, 3)"
    )

    is_wrong(
        one("SELECT begins_at FROM rollout_days"), "each day of the rollout that was summed says what its attempts say"
    )


def test_a_conversation_that_was_not_counted_is_found(conversation):
    run_as_owner("DELETE FROM rollout_counts WHERE counted = 'conversations_v2'")

    is_wrong("conversations_v2", "what the rollout counts as it comes and goes says how many there are")


@pytest.mark.parametrize(
    ("fault", "whose"),
    [
        ("DELETE FROM unread_conversations WHERE member_id = %s", "requester_id"),
        (
            "INSERT INTO unread_conversations (member_id, conversation_id) SELECT %s, id FROM conversations_v2",
            "helper_id",
        ),
    ],
    ids=["unread and not kept", "kept and not unread"],
)
def test_what_waits_for_nobody_and_nothing_that_waits_are_found(fault, whose, conversation, unguarded):
    run(fault, getattr(conversation, whose))

    is_wrong(
        f"{conversation.pk} of {getattr(conversation, whose)}",
        "what waits to be read is kept as such, and nothing else",
    )


def test_a_wrong_count_is_found(conversation, unguarded):
    run("UPDATE unread_conversations SET counted = 2, counted_up_to = clock_timestamp()")

    is_wrong(f"{conversation.pk} of {conversation.requester_id}", "so many are unread as were counted")
