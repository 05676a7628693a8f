"""Each promise with its fault planted: what the tests elsewhere find nothing of, they find here.

One piece is taken out of a wall, a lock, a key or a clock, in a database of its own, and the same experiment that
otherwise says "nothing" now says what came through. A test that cannot fail proves nothing.
"""

import threading
import uuid
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.core.signing import Signer
from django.db import DatabaseError, transaction
from rest_framework.test import APIClient

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import cursors, identity, identity_keys, limits, refusals
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.kept_texts import services as kept_texts
from carecollective.tests.databases import copied_database
from carecollective.tests.owner import run_as_owner
from carecollective.tests.races import at_once, hold_up
from carecollective.tests.sql import column, member_role, one, run, undone
from carecollective.tests.waiting import PATIENCE
from carecollective.web import identity_fields
from helprequests.tests.factories import HelpRequestFactory
from messaging import inbox, services, version_2
from messaging.models import ConversationQuerySet, MessageQuerySet
from messaging.tests import endings
from messaging.tests.factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module", autouse=True)
def _own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("faults"):
        yield


@contextmanager
def planted(fault, repair):
    """Committed, so that other connections meet it, and repaired whatever happens."""
    run_as_owner(fault)
    try:
        yield
    finally:
        run_as_owner(repair)


def changed_function(name, *replacements):
    """The function with some of its words replaced."""
    sound = one("SELECT pg_get_functiondef(%s::regproc)", name)
    faulty = sound
    for before, after in replacements:
        assert before in faulty, f"{before} was not found, so the fault was not planted"
        faulty = faulty.replace(before, after)
    return planted(faulty, sound)


def turn_without_a_lock():
    """The trigger still checks the status and reads the clock, but touches no row of the conversation."""
    return changed_function(
        "message_takes_its_turn",
        ("UPDATE public.conversations_v2 SET status = status", "SELECT clock_timestamp() FROM public.conversations_v2"),
        ("RETURNING updated_at INTO NEW.created_at", ""),
        ("SELECT clock_timestamp()", "SELECT clock_timestamp() INTO NEW.created_at"),
    )


# --- Locks ---------------------------------------------------------------------------------------------------------


def test_without_the_lock_of_the_help_request_an_offer_is_committed_after_its_closing():
    with endings.without_row_locks():
        assert endings.late_offers(endings.close_by_sql) == 1


def test_without_the_lock_of_the_member_an_offer_is_committed_after_their_suspension():
    def suspend(help_request, helper):
        run_as_owner("UPDATE members SET restriction = 'suspended' WHERE id = %s", helper.pk)

    with endings.without_row_locks():
        assert endings.late_offers(suspend) == 1


def archive(conversation):
    with acting_as(conversation.requester):
        run("UPDATE conversations_v2 SET status = 'archived' WHERE id = %s", conversation.pk)


def test_without_the_lock_of_the_service_the_triggers_still_keeps_late_messages_out():
    with endings.without_row_locks():
        assert endings.late_messages(archive) == 0


def test_without_either_lock_a_message_is_committed_after_archiving():
    with endings.without_row_locks(), turn_without_a_lock():
        assert endings.late_messages(archive) == 1


def test_without_the_lock_of_the_member_a_message_is_committed_after_their_suspension():
    def suspend(conversation):
        run_as_owner("UPDATE members SET restriction = 'suspended' WHERE id = %s", conversation.helper_id)

    with endings.without_row_locks():
        assert endings.late_messages(suspend) == 1


def test_without_the_lock_of_the_conversation_what_was_written_meanwhile_waits_for_nobody():
    lock = "PERFORM FROM public.conversations_v2 WHERE id = NEW.conversation_id FOR NO KEY UPDATE;"
    statement = version_2.MARK_READ.replace("FOR NO KEY UPDATE", "")
    with patch.object(version_2, "MARK_READ", statement), changed_function("what_is_read_waits_no_more", (lock, "")):
        assert endings.what_waits_after_a_late_message() == (0, 0)


def steps_untold():
    """Without the database's own look at the step that a member takes."""
    trigger = "ALTER TABLE help_requests {} TRIGGER help_requests_take_a_members_step"
    return planted(trigger.format("DISABLE"), trigger.format("ENABLE"))


def test_without_the_lock_of_the_help_request_the_database_still_knows_its_steps():
    with endings.without_row_locks():
        assert endings.two_acceptances() == ["done", "42501"]
    with endings.without_row_locks():
        assert endings.an_acceptance_after_the_end() == ["done", "42501"]


def test_without_either_two_offers_are_accepted():
    with endings.without_row_locks(), steps_untold():
        assert endings.two_acceptances() == ["done", "done"]


def test_without_either_somebody_is_taken_on_after_the_end():
    with endings.without_row_locks(), steps_untold():  # which only the check on its times still notices
        assert endings.an_acceptance_after_the_end() == ["done", "23514"]


def last_words_uncounted():
    return changed_function("declined_helper_has_one_last_message", ("more_than_the_other > 1", "false"))


def test_without_the_services_lock_the_database_still_counts_last_messages():
    with endings.without_row_locks():
        assert endings.two_last_messages() == ["done", "42501"]


def test_without_either_count_a_declined_helper_writes_twice_at_once():
    with endings.without_row_locks(), last_words_uncounted():
        assert endings.two_last_messages() == ["done", "done"]


def test_without_the_lock_of_the_conversation_an_undo_is_not_waited_for():
    with endings.without_row_locks():
        assert endings.a_message_into_an_undo() == ["done", "conversation_declined"]


def test_without_locks_an_offer_lapses_twice():
    with endings.without_row_locks():
        assert endings.lapses_twice() == ["lapsed", "lapsed"]


def test_without_locks_an_offer_lapses_while_its_requester_writes():
    with endings.without_row_locks():
        assert endings.a_word_into_a_lapse() == ["lapsed"]


def test_under_for_share_two_senders_wait_for_each_other():
    in_share = version_2.LOCK_CONVERSATION.replace("FOR NO KEY UPDATE", "FOR SHARE")
    with patch.object(version_2, "LOCK_CONVERSATION", in_share):
        assert endings.two_senders() == ["40P01", "done"]


# --- Keys, counters, clocks ----------------------------------------------------------------------------------------


def test_without_the_unique_constraint_and_the_lock_a_double_click_makes_two_conversations():
    def begin(queryset, help_request, *, helper, text, **_):
        values = [help_request.pk, help_request.user_id, helper.pk, text]
        statement = "INSERT INTO conversations_v2 (help_request_id, requester_id, helper_id, initial_message)"
        return queryset.raw(f"{statement} VALUES (%s, %s, %s, %s) RETURNING *", values)[0]

    name = "ALTER TABLE conversations_v2 {} CONSTRAINT unique_help_request_helper"
    repair = f"""
        ALTER TABLE conversations_v2 NO FORCE ROW LEVEL SECURITY;
        DELETE FROM conversations_v2 AS one USING conversations_v2 AS other
            WHERE (one.help_request_id, one.helper_id) = (other.help_request_id, other.helper_id) AND one.id > other.id;
        {name.format("ADD")} UNIQUE (help_request_id, helper_id);
        ALTER TABLE conversations_v2 FORCE ROW LEVEL SECURITY;
    """
    with (
        endings.without_row_locks(),
        patch.object(ConversationQuerySet, "begin", begin),
        planted(name.format("DROP"), repair),
    ):
        assert endings.conversations_after_a_double_click() == (2, ["done", "done"])


def test_without_the_lock_alone_the_unique_constraint_holds():
    with endings.without_row_locks():
        assert endings.conversations_after_a_double_click() == (1, ["done", "conversation_exists"])


def counted_when_two_take_at_once():
    limit, taken = limits.Limit(uuid.uuid4().hex, 10, limits.OFFERS.period), threading.Event()

    def first():
        with transaction.atomic():
            limit.take("somebody")
            taken.set()
            hold_up()

    def second():
        taken.wait(PATIENCE)
        limit.take("somebody")

    at_once(first, second)
    return one("SELECT taken FROM rate_limits WHERE key = %s", limit.key("somebody"))


def test_a_counter_that_reads_first_and_writes_then_forgets_one_of_two():
    reads_first = limits.TAKE.replace(
        "ELSE kept.taken + 1", "ELSE (SELECT taken FROM rate_limits WHERE key = %(key)s) + 1"
    )
    sound = counted_when_two_take_at_once()

    with patch.object(limits, "TAKE", reads_first):
        faulty = counted_when_two_take_at_once()

    assert (sound, faulty) == (2, 1)


def test_a_counter_without_its_limit_lets_the_eleventh_through():
    without = limits.TAKE.replace("WHERE kept.taken < %(most)s OR kept.ends_at <= clock_timestamp()", "")
    helper = MemberFactory()
    for _ in range(10):
        limits.OFFERS.take(helper.pk)

    with pytest.raises(refusals.RateLimited):
        limits.OFFERS.take(helper.pk)
    with patch.object(limits, "TAKE", without):
        limits.OFFERS.take(helper.pk)

    assert one("SELECT taken FROM rate_limits WHERE key = %s", limits.OFFERS.key(helper.pk)) == 11


def test_with_the_start_of_the_transaction_as_its_time_a_message_is_missed():
    with changed_function("message_takes_its_turn", ("NEW.updated_at := NEW.created_at", "NEW.created_at := now()")):
        assert endings.missed_by_a_reader() == 1


# --- One piece of the database's wall at a time --------------------------------------------------------------------


def outcome_of(statement, *values):
    """Rows seen or changed, or the SQLSTATE that refused."""
    try:
        with transaction.atomic():
            found = run(statement, *values)
            return found if isinstance(found, int) else len(found)
    except DatabaseError as error:
        return error.__cause__.sqlstate


def as_member(member, statement, *values):
    with transaction.atomic(), acting_as(member):
        return outcome_of(statement, *values)


def as_nobody(statement):
    with member_role(""):
        return outcome_of(statement)


OFFER = (
    "INSERT INTO conversations_v2 (help_request_id, requester_id, helper_id, initial_message) VALUES (%s, %s, %s, %s)"
)
WRITE = "INSERT INTO messages_v2 (conversation_id, sender_id, content) VALUES (%s, %s, 'Hello')"
MARK = "INSERT INTO conversation_read_markers (conversation_id, member_id, read_up_to) VALUES (%s, %s, now())"
# Who has no part in a conversation is stopped once more, by what it says to the other.
TELLS = 'ALTER POLICY "what is written waits for the other" ON unread_conversations WITH CHECK (true)'
SHOWS = (
    "CREATE OR REPLACE FUNCTION shows_what_is_read(conversation uuid, member uuid) RETURNS boolean LANGUAGE sql STABLE"
    " RETURN {}"
)
WAITS = "INSERT INTO unread_conversations (member_id, conversation_id) VALUES (%s, %s)"
WORDS = "I can help you with that"


class World:
    """A conversation between two, a stranger, and a request that nobody has offered on."""

    def __init__(self):
        self.conversation = ConversationFactory()
        self.message = MessageFactory(conversation=self.conversation)
        self.owner, self.helper = self.conversation.requester, self.conversation.helper
        self.stranger, self.wanted = MemberFactory(), HelpRequestFactory()
        self.its_id = f"'{self.conversation.pk}'"

    def offer(self, **changed):
        by = changed.get("by", self.stranger)
        names = {"request": self.wanted.pk, "requester": self.wanted.user_id, "helper": self.stranger.pk, "text": WORDS}
        names |= {name: value for name, value in changed.items() if name in names}
        return as_member(by, OFFER, *names.values())

    def offer_of_the_past(self):
        dated = OFFER.replace("initial_message)", "initial_message, created_at)").replace("(%s,", "(%s,", 1)
        dated = dated[:-1] + ", '1999-01-01')"
        return as_member(self.stranger, dated, self.wanted.pk, self.wanted.user_id, self.stranger.pk, WORDS)

    def offer_on_a_closed_one(self):
        run_as_owner("UPDATE help_requests SET status = 'closed' WHERE id = %s", self.wanted.pk)
        return self.offer()

    def marks_seen_by(self, looks):
        """One's own of the owner, with a choice of theirs to keep it private."""
        as_member(self.owner, MARK, self.conversation.pk, self.owner.pk)
        as_member(
            self.owner, "INSERT INTO messaging_preferences (member_id, shows_seen) VALUES (%s, false)", self.owner.pk
        )
        return as_member(looks, "SELECT FROM conversation_read_markers WHERE member_id = %s", self.owner.pk)

    def times_of_three_messages(self):
        for _ in range(3):
            MessageFactory(conversation=self.conversation)
        with acting_as_system("count"):
            return one(f"SELECT count(DISTINCT created_at) FROM messages_v2 WHERE conversation_id = {self.its_id}")


@pytest.fixture(scope="module")
def world(_own_database):
    return World()


GUARD = """
ALTER TABLE help_requests DISABLE TRIGGER help_requests_say_what_their_owner_said;
ALTER POLICY "its people change it" ON help_requests USING (true);
CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF acting_member() {op} OLD.user_id AND acting_member() {op} OLD.helper_id THEN
        RAISE insufficient_privilege;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON help_requests FOR EACH ROW EXECUTE FUNCTION guard();
"""
CANCEL = "UPDATE help_requests SET title = 'Rewritten by nobody' WHERE id = '{}'"
SEES = 'ALTER POLICY "participants see their conversations" ON conversations_v2 USING (true)'

# What is taken out, what somebody then tries, what comes of it with the wall whole, and without that piece.
PIECES = {
    "FORCE on conversations: the owner of the tables reads": (
        "ALTER TABLE conversations_v2 NO FORCE ROW LEVEL SECURITY",
        lambda w: run_as_owner(f"SELECT FROM conversations_v2 WHERE id = {w.its_id}"),
        0,
        1,
    ),
    "FORCE on messages: the owner of the tables rewrites": (
        "ALTER TABLE messages_v2 NO FORCE ROW LEVEL SECURITY",
        lambda w: run_as_owner("UPDATE messages_v2 SET content = 'Rewritten' WHERE id = %s", w.message.pk),
        0,
        1,
    ),
    "row level security on conversations: a stranger reads": (
        "ALTER TABLE conversations_v2 DISABLE ROW LEVEL SECURITY",
        lambda w: as_member(w.stranger, f"SELECT FROM conversations_v2 WHERE id = {w.its_id}"),
        0,
        1,
    ),
    "who sees conversations: a stranger reads": (
        SEES,
        lambda w: as_member(w.stranger, f"SELECT FROM conversations_v2 WHERE id = {w.its_id}"),
        0,
        1,
    ),
    "who reads messages: a stranger reads": (
        'ALTER POLICY "participants read their messages" ON messages_v2 USING (true)',
        lambda w: as_member(w.stranger, "SELECT FROM messages_v2 WHERE id = %s", w.message.pk),
        0,
        1,
    ),
    "who archives: a stranger archives": (
        f'ALTER POLICY "participants archive and re-open" ON conversations_v2 USING (true) WITH CHECK (true); {SEES}',
        lambda w: as_member(w.stranger, f"UPDATE conversations_v2 SET status = 'archived' WHERE id = {w.its_id}"),
        0,
        1,
    ),
    "who writes: the helper writes in the requester's name": (
        'ALTER POLICY "participants write while it is active" ON messages_v2 WITH CHECK (true)',
        lambda w: as_member(w.helper, WRITE, w.conversation.pk, w.owner.pk),
        "42501",
        1,
    ),
    "who offers: a stranger offers in the helper's name": (
        f'ALTER POLICY "helpers offer help while it is wanted" ON conversations_v2 WITH CHECK (true); {TELLS}',
        lambda w: w.offer(helper=w.helper.pk),
        "42501",
        1,
    ),
    "when one offers: an offer on a closed request": (
        'ALTER POLICY "helpers offer help while it is wanted" ON conversations_v2'
        " WITH CHECK (helper_id = (SELECT acting_member()))",
        lambda w: w.offer_on_a_closed_one(),
        "42501",
        1,
    ),
    "whose place it is: a helper marks for the owner": (
        'ALTER POLICY "members begin their own place" ON conversation_read_markers WITH CHECK (true)',
        lambda w: as_member(w.helper, MARK, w.conversation.pk, w.owner.pk),
        "42501",
        1,
    ),
    "who sees how far one has read: a stranger does": (
        SHOWS.format("true"),
        lambda w: w.marks_seen_by(w.stranger),
        0,
        1,
    ),
    "who keeps it private: the helper sees it all the same": (
        SHOWS.format("EXISTS (SELECT FROM conversations_v2 AS c WHERE c.id = conversation)"),
        lambda w: w.marks_seen_by(w.helper),
        0,
        1,
    ),
    "whose news it is: a stranger sees what waits for the owner": (
        'ALTER POLICY "what waits is its reader\'s" ON unread_conversations USING (true)',
        lambda w: as_member(w.stranger, "SELECT FROM unread_conversations WHERE member_id = %s", w.owner.pk),
        0,
        1,
    ),
    "whose news it is: the helper sees whether the owner has read": (
        'ALTER POLICY "what waits is its reader\'s" ON unread_conversations USING (true)',
        lambda w: as_member(w.helper, "SELECT FROM unread_conversations WHERE member_id = %s", w.owner.pk),
        0,
        1,
    ),
    "whose news it is: the helper takes away what waits for the owner": (
        'ALTER POLICY "its reader has read it" ON unread_conversations USING (true);'
        'ALTER POLICY "what waits is its reader\'s" ON unread_conversations USING (true)',
        lambda w: as_member(w.helper, "DELETE FROM unread_conversations WHERE member_id = %s", w.owner.pk),
        0,
        1,
    ),
    "who counts: the helper counts for the owner": (
        'ALTER POLICY "its reader keeps count" ON unread_conversations USING (true) WITH CHECK (true);'
        'ALTER POLICY "what waits is its reader\'s" ON unread_conversations USING (true)',
        lambda w: as_member(w.helper, "UPDATE unread_conversations SET counted = 7 WHERE member_id = %s", w.owner.pk),
        0,
        1,
    ),
    "by whose hand something waits: a stranger says so": (
        TELLS,
        lambda w: as_member(w.stranger, WAITS, w.helper.pk, w.conversation.pk),
        "42501",
        1,
    ),
    "by a trigger alone: the helper finds out whether it waits still": (
        'ALTER POLICY "what is written waits for the other" ON unread_conversations WITH CHECK (EXISTS ('
        "SELECT FROM conversations_v2 AS c WHERE c.id = conversation_id AND member_id IN (requester_id, helper_id)))",
        lambda w: as_member(w.helper, WAITS, w.owner.pk, w.conversation.pk),
        "42501",
        "23505",
    ),
    "whose help request it is: a stranger asks in the owner's name": (
        'ALTER POLICY "members ask for themselves" ON help_requests WITH CHECK (true)',
        lambda w: as_member(
            w.stranger,
            "INSERT INTO help_requests (user_id, title, category) VALUES (%s, 'A ride to town', 'other')",
            w.owner.pk,
        ),
        "42501",
        1,
    ),
    "UPDATE of one column: the first message is rewritten": (
        "GRANT UPDATE ON conversations_v2 TO authenticated",
        lambda w: as_member(w.helper, "UPDATE conversations_v2 SET initial_message = 'Rewritten by me'"),
        "42501",
        1,
    ),
    "INSERT of some columns: an offer from 1999": (
        "GRANT INSERT ON conversations_v2 TO authenticated",
        lambda w: w.offer_of_the_past(),
        "42501",
        1,
    ),
    "SELECT of some columns: a member reads addresses": (
        "GRANT SELECT ON members TO authenticated",
        lambda w: as_member(w.stranger, "SELECT email FROM members WHERE id = %s", w.owner.pk),
        "42501",
        1,
    ),
    "the key over two columns: an offer 'to' somebody who did not ask": (
        "ALTER TABLE conversations_v2 DROP CONSTRAINT conversation_is_with_the_owner",
        lambda w: w.offer(requester=w.owner.pk),
        "23503",
        1,
    ),
    "different participants: an offer to oneself": (
        "ALTER TABLE conversations_v2 DROP CONSTRAINT different_participants",
        lambda w: w.offer(by=w.wanted.user, helper=w.wanted.user_id),
        "23514",
        1,
    ),
    "the rule for texts: a first message of nothing": (
        "ALTER TABLE conversations_v2 DROP CONSTRAINT first_message_is_clean_and_10_to_1000",
        lambda w: w.offer(text="\u200b" * 20),
        "23514",
        1,
    ),
    "nullif: asked without an identity, an error where no rows would do": (
        "CREATE OR REPLACE FUNCTION acting_member() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS"
        " $$ BEGIN RETURN split_part(verified_identity(), ':', 3)::uuid; END $$",
        lambda w: as_nobody("SELECT FROM conversations_v2"),
        0,
        "22P02",
    ),
    "= for !=: nobody changes a help request": (
        GUARD.format(op="!="),
        lambda w: as_nobody(CANCEL.format(w.wanted.pk)),
        0,
        1,
    ),
    "= for IS DISTINCT FROM, with no helper yet: nobody changes a help request": (
        GUARD.format(op="IS DISTINCT FROM"),
        lambda w: as_nobody(CANCEL.format(w.wanted.pk)),
        0,
        1,
    ),
    "the conversation's clock: three messages at one time": (
        "ALTER TABLE conversations_v2 DISABLE TRIGGER conversations_v2_updated_at",
        lambda w: w.times_of_three_messages(),
        4,
        1,
    ),
}


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_of_the_wall_holds_and_its_absence_shows(piece, world):
    fault, attempt, expected, expected_without = PIECES[piece]
    with undone():
        whole = attempt(world)

    with undone():
        run_as_owner(fault)
        without = attempt(world)

    assert (whole, without) == (expected, expected_without)


# --- The code's side -----------------------------------------------------------------------------------------------


def test_an_identity_for_the_session_stays_behind():
    member = MemberFactory()

    def for_the_session(role, member_id, purpose, _reason):
        proof = identity_keys.proof(role, member_id, purpose) if purpose else ""
        run("SELECT set_config('role', %s, false), set_config('app.identity', %s, false)", role, proof)

    def left_behind():
        with acting_as(member):
            pass
        return column("SELECT current_user::text")

    sound = left_behind()
    try:
        with patch.object(identity, "_tell_the_database", for_the_session):
            faulty = left_behind()
    finally:
        run("RESET ROLE")
        run("RESET app.identity")

    assert (sound, faulty) == (column("SELECT session_user::text"), ["authenticated"])


def test_without_the_question_for_identity_fields_another_id_goes_through_unrecorded():
    wanted, helper, other = HelpRequestFactory(), MemberFactory(), MemberFactory()
    client = APIClient()
    client.force_login(helper)

    def offered():
        body = {"initial_message": WORDS, "helper_id": str(other.pk)}
        return client.post(
            f"/api/messaging/help-requests/{wanted.pk}/start-conversation", body, format="json"
        ).status_code

    sound = offered()
    with patch.object(identity_fields, "IDENTITY_FIELDS", ()):
        faulty = offered()

    with acting_as_system("count"):
        recorded = one("SELECT count(*) FROM impersonation_attempts WHERE caller_id = %s", helper.pk)
    assert (sound, faulty, recorded) == (403, 201, 1)


def test_a_cursor_that_names_no_list_opens_anothers():
    wanted = HelpRequestFactory()
    ConversationFactory.create_batch(2, help_request=wanted)
    stranger = MemberFactory()

    def opened():
        marker = inbox.inbox(wanted.user, limit=1).next
        try:
            return len(inbox.inbox(stranger, cursor=marker).results)
        except refusals.InvalidCursor:
            return "refused"

    sound = opened()
    with patch.object(cursors, "Signer", lambda salt: Signer(salt="any list")):
        faulty = opened()

    assert (sound, faulty) == ("refused", 0)


def test_a_message_that_forgets_its_id_is_written_twice():
    conversation, write = ConversationFactory(), MessageQuerySet.write

    def send_twice():
        key = uuid.uuid4()
        for _ in range(2):
            services.send_message(conversation.pk, by=conversation.helper, text="On my way", id=key)
        return endings.messages_in(conversation)

    sound = send_twice()
    with patch.object(MessageQuerySet, "write", lambda *args, id, **kwargs: write(*args, id=None, **kwargs)):
        faulty = send_twice()

    assert (sound, faulty) == (1, 3)


def test_a_text_kept_for_a_member_is_read_by_another_once_its_policy_is_gone():
    writer, other = MemberFactory(), MemberFactory()
    kept_texts.hand_over(writer, "/here/", {"content": "half a thought"})
    read = "SELECT FROM kept_texts WHERE path = '/here/'"

    sound = as_member(other, read)
    with undone():
        run_as_owner('ALTER POLICY "its writer reads it" ON kept_texts USING (true)')
        faulty = as_member(other, read)

    assert (sound, faulty) == (0, 1)
