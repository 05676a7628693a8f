"""Row level security, forced: the owner of the tables sees no row either.

Staff and jobs pass through the same policies by name. `current_user` is compared because TO alone also admits every
login that inherits the role, which before PostgreSQL 16 is the application's. Everything is permitted by = and IN,
where NULL denies: a caller without identity is refused. Columns: members change nothing but a status and never bring a
time; staff read every row and no text. No offer, and no conversation opened again, between two members of whom one has
blocked the other.

A conversation's `updated_at` is its clock, and each message moves it. Moving it locks the conversation row, and the
time is read under that lock, strictly later than the last one: within a conversation `created_at` grows in the order of
commits, and a reader who pages by it misses nothing. `now()` is the start of the transaction, before any wait for the
lock: with it, readers do miss messages.

Answers to offers are said once each: no role changes one, and each side says only what is its own. A member brings a
conversation, a kind and their own name. The trigger finds the conversation, in either version, takes its turn under
that row's lock as a message does, and says the rest: whose offer it is, how it stood and how it stands, and when. So
nobody answers in a conversation that is not theirs, or in the past. That an offer is accepted must be true of the help
request at that moment. After a "no" the helper has one last message, and one more for each that the requester writes.
That is counted after the insert, so under the conversation's lock, and only what is new is counted: a message sent
twice never gets there.

A member reads how far the other of their conversation has read, unless one of the two keeps that private. The marker
itself stays its reader's to move. A choice is its own member's to make; who talks with somebody may know of it, since
the policy on the markers asks in the name of whoever looks. Counting what speaks against it permits by `=`, where NULL
denies. A model cannot say any of this.
"""

from django.db import migrations

from carecollective.migrations._groups import permit

CONVERSATIONS_V2 = """
ALTER TABLE conversations_v2 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON conversations_v2 FROM PUBLIC;
GRANT SELECT, INSERT (help_request_id, requester_id, helper_id, initial_message), UPDATE (status)
    ON conversations_v2 TO authenticated;
GRANT SELECT (id, help_request_id, requester_id, helper_id, status, created_at, updated_at)
    ON conversations_v2 TO care_staff;
-- What the system says in a thread moves its clock too, and nothing else of it.
GRANT SELECT, INSERT, UPDATE (updated_at), DELETE ON conversations_v2 TO care_system;

-- CASE and not OR: of an OR the planner believes that one row in a hundred passes, and then sorts a whole inbox
-- instead of reading twenty entries of the index. = ANY and not IN: one comparison, and not two that are planned as an
-- OR. OFFSET 0: one probe by key for each message, where it would else hash all conversations of a busy member.
CREATE POLICY "participants see their conversations" ON conversations_v2
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE (SELECT acting_member()) = ANY (ARRAY[requester_id, helper_id]) END);
CREATE POLICY "helpers offer help while it is wanted" ON conversations_v2
    FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR helper_id = (SELECT acting_member())
        AND may_talk_with(requester_id) AND EXISTS (
        SELECT FROM help_requests AS hr WHERE hr.id = help_request_id AND hr.status IN ('open', 'in_progress')
            AND (hr.expires_at IS NULL OR hr.expires_at > statement_timestamp())));
CREATE POLICY "participants archive and re-open" ON conversations_v2
    FOR UPDATE TO authenticated
    USING ((SELECT acting_member()) IN (requester_id, helper_id))
    WITH CHECK ((SELECT acting_member()) IN (requester_id, helper_id) AND (status = 'archived'
        OR may_talk_with(CASE helper_id WHEN (SELECT acting_member()) THEN requester_id ELSE helper_id END)));
CREATE POLICY "the system moves the clock" ON conversations_v2
    FOR UPDATE TO care_system USING (current_user = 'care_system');

-- Conversations that both have left, and old ones: never one in which somebody can still write.
CREATE POLICY "the system takes away what is over" ON conversations_v2 FOR DELETE TO care_system
    USING (current_user = 'care_system' AND status = 'archived');

CREATE TRIGGER conversations_v2_updated_at BEFORE UPDATE ON conversations_v2
    FOR EACH ROW EXECUTE FUNCTION keep_updated_at();
"""

NO_CONVERSATIONS_V2 = """
DROP TRIGGER conversations_v2_updated_at ON conversations_v2;
DROP POLICY "the system takes away what is over" ON conversations_v2;
DROP POLICY "the system moves the clock" ON conversations_v2;
DROP POLICY "participants archive and re-open" ON conversations_v2;
DROP POLICY "helpers offer help while it is wanted" ON conversations_v2;
DROP POLICY "participants see their conversations" ON conversations_v2;
REVOKE ALL ON conversations_v2 FROM authenticated, care_staff, care_system;
ALTER TABLE conversations_v2 NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

MESSAGES_V2 = """
ALTER TABLE messages_v2 ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON messages_v2 FROM PUBLIC;
GRANT SELECT, INSERT (id, conversation_id, sender_id, content) ON messages_v2 TO authenticated;
GRANT SELECT (id, conversation_id, sender_id, created_at, updated_at) ON messages_v2 TO care_staff;
GRANT SELECT, INSERT ON messages_v2 TO care_system;

CREATE POLICY "participants read their messages" ON messages_v2
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE EXISTS (
               SELECT FROM conversations_v2 AS c
               WHERE c.id = conversation_id AND (SELECT acting_member()) = ANY (ARRAY[c.requester_id, c.helper_id])
               OFFSET 0) END);
CREATE POLICY "participants write while it is active" ON messages_v2
    FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR sender_id = (SELECT acting_member()) AND EXISTS (
        SELECT FROM conversations_v2 AS c
        WHERE c.id = conversation_id AND c.status = 'active'
            AND (SELECT acting_member()) = ANY (ARRAY[c.requester_id, c.helper_id]) OFFSET 0));

CREATE TRIGGER messages_v2_updated_at BEFORE UPDATE ON messages_v2
    FOR EACH ROW EXECUTE FUNCTION keep_updated_at();

-- Runs as the member, who may update nothing but the status: setting it to itself is enough to move the clock.
-- Names carry their schema: whoever can make a temporary table could else put one in the way.
CREATE FUNCTION message_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The id of a conversation names its first message: it is taken, and what is taken is left out, as by ON CONFLICT.
    IF EXISTS (SELECT FROM public.conversations_v2 WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    -- A message sent twice (same id) comes to ON CONFLICT after this trigger and must not move the clock.
    IF NOT EXISTS (SELECT FROM public.messages_v2 WHERE id = NEW.id) THEN
        UPDATE public.conversations_v2 SET status = status
            WHERE id = NEW.conversation_id AND status = 'active' RETURNING updated_at INTO NEW.created_at;
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'this conversation takes no message from here';
        END IF;
        NEW.updated_at := NEW.created_at;
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION message_takes_its_turn() FROM PUBLIC;
-- A job that copies messages of version 1 brings their times along.
CREATE TRIGGER messages_v2_take_their_turn BEFORE INSERT ON messages_v2
    FOR EACH ROW WHEN (current_user <> 'care_system') EXECUTE FUNCTION message_takes_its_turn();
"""

NO_MESSAGES_V2 = """
DROP TRIGGER messages_v2_take_their_turn ON messages_v2;
DROP FUNCTION message_takes_its_turn();
DROP TRIGGER messages_v2_updated_at ON messages_v2;
DROP POLICY "participants write while it is active" ON messages_v2;
DROP POLICY "participants read their messages" ON messages_v2;
REVOKE ALL ON messages_v2 FROM authenticated, care_staff, care_system;
ALTER TABLE messages_v2 NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

CONVERSATION_READ_MARKERS = """
ALTER TABLE conversation_read_markers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON conversation_read_markers FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE (read_up_to) ON conversation_read_markers TO authenticated;
GRANT SELECT, INSERT, DELETE ON conversation_read_markers TO care_system;

CREATE POLICY "the system checks places" ON conversation_read_markers
    FOR SELECT TO care_system USING (current_user = 'care_system');

-- CASE and not a second policy, which would be an OR: of that the planner believes too little, and reads all markers.
CREATE POLICY "both see how far both have read" ON conversation_read_markers
    FOR SELECT TO authenticated
    USING (CASE member_id WHEN (SELECT acting_member()) THEN true
           ELSE EXISTS (
                   SELECT FROM conversations_v2 AS c
                   WHERE c.id = conversation_id AND (SELECT acting_member()) = ANY (ARRAY[c.requester_id, c.helper_id])
                   OFFSET 0)
               AND (SELECT count(*) FROM messaging_preferences AS p
                    WHERE p.member_id IN (conversation_read_markers.member_id, (SELECT acting_member()))
                        AND p.shows_seen = false) = 0 END);
CREATE POLICY "members begin their own place" ON conversation_read_markers
    FOR INSERT TO authenticated WITH CHECK (member_id = (SELECT acting_member()) AND EXISTS (
        SELECT FROM conversations_v2 AS c WHERE c.id = conversation_id));
CREATE POLICY "members move their own place" ON conversation_read_markers
    FOR UPDATE TO authenticated USING (member_id = (SELECT acting_member()))
    WITH CHECK (member_id = (SELECT acting_member()) AND EXISTS (
        SELECT FROM conversations_v2 AS c WHERE c.id = conversation_id));
CREATE POLICY "the system forgets whoever left" ON conversation_read_markers FOR DELETE TO care_system
    USING (current_user = 'care_system');
"""

NO_CONVERSATION_READ_MARKERS = """
DROP POLICY "the system forgets whoever left" ON conversation_read_markers;
DROP POLICY "members move their own place" ON conversation_read_markers;
DROP POLICY "members begin their own place" ON conversation_read_markers;
DROP POLICY "both see how far both have read" ON conversation_read_markers;
DROP POLICY "the system checks places" ON conversation_read_markers;
REVOKE ALL ON conversation_read_markers FROM authenticated, care_system;
ALTER TABLE conversation_read_markers NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

OFFER_ANSWERS = """
ALTER TABLE offer_answers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON offer_answers FROM PUBLIC;
GRANT SELECT, INSERT (conversation_id, kind, by_id) ON offer_answers TO authenticated;
-- The answers of an offer go after its conversation, and not without it.
GRANT SELECT, INSERT (conversation_id, kind, by_id), DELETE ON offer_answers TO care_system;
GRANT SELECT ON offer_answers TO care_staff;

CREATE POLICY "both read how an offer stands" ON offer_answers
    FOR SELECT TO authenticated, care_staff, care_system
    USING (CASE WHEN current_user IN ('care_staff', 'care_system') THEN true
           ELSE (SELECT acting_member()) = ANY (ARRAY[requester_id, helper_id]) END);
CREATE POLICY "each side answers for itself" ON offer_answers
    FOR INSERT TO authenticated, care_system
    WITH CHECK (current_user = 'care_system' OR by_id = (SELECT acting_member()) AND CASE by_id
        WHEN requester_id THEN CASE kind
            WHEN 'accepted' THEN EXISTS (
                SELECT FROM help_requests AS hr
                WHERE hr.id = help_request_id AND hr.helper_id = offer_answers.helper_id AND hr.status = 'in_progress')
            ELSE kind IN ('declined', 'undone') END
        WHEN helper_id THEN kind IN ('withdrawn', 'offered', 'undone') END);

CREATE FUNCTION answer_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last public.offer_answers;
BEGIN
    IF current_user = 'care_system' THEN
        UPDATE public.conversations_v2 SET updated_at = updated_at WHERE id = NEW.conversation_id
            RETURNING help_request_id, requester_id, helper_id, updated_at
            INTO NEW.help_request_id, NEW.requester_id, NEW.helper_id, NEW.at;
    ELSE
        UPDATE public.conversations_v2 SET status = status WHERE id = NEW.conversation_id
            RETURNING help_request_id, requester_id, helper_id, updated_at
            INTO NEW.help_request_id, NEW.requester_id, NEW.helper_id, NEW.at;
    END IF;
    IF NOT FOUND THEN
        SELECT c.help_request_id, hr.user_id, c.created_by, c.last_message_at + interval '1 microsecond'
            INTO NEW.help_request_id, NEW.requester_id, NEW.helper_id, NEW.at
            FROM public.conversations AS c JOIN public.help_requests AS hr ON hr.id = c.help_request_id
            WHERE c.id = NEW.conversation_id AND c.migrated_to_v2 = false AND hr.user_id <> c.created_by
            FOR NO KEY UPDATE OF c;
        IF NOT FOUND THEN
            RAISE insufficient_privilege USING MESSAGE = 'there is no offer to answer here';
        END IF;
        NEW.at := greatest(clock_timestamp(), NEW.at);
    END IF;

    SELECT * INTO last FROM public.offer_answers WHERE conversation_id = NEW.conversation_id ORDER BY at DESC LIMIT 1;
    IF NEW.kind = 'undone' AND (
        last.by_id = NEW.by_id AND last.at > clock_timestamp() - interval '10 minutes'
        AND last.kind IN ('accepted', 'declined', 'enough_help', 'withdrawn', 'released')) IS NOT TRUE
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'there is nothing of theirs to undo here';
    END IF;
    NEW.at := greatest(NEW.at, last.at + interval '1 microsecond');
    NEW.before := last.answer;
    NEW.answer := CASE
        WHEN NEW.kind IN ('accepted', 'declined', 'withdrawn', 'released', 'lapsed') THEN NEW.kind
        WHEN NEW.kind = 'enough_help' THEN 'declined'
        WHEN NEW.kind = 'offered' THEN NULL
        WHEN NEW.kind = 'undone' THEN last.before
        ELSE last.answer
    END;
    NEW.since := CASE WHEN NEW.answer = last.answer THEN last.since ELSE NEW.at END;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION answer_takes_its_turn() FROM PUBLIC;
CREATE TRIGGER answers_take_their_turn BEFORE INSERT ON offer_answers
    FOR EACH ROW EXECUTE FUNCTION answer_takes_its_turn();

CREATE FUNCTION declined_helper_has_one_last_message() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last public.offer_answers;
    more_than_the_other bigint;
BEGIN
    SELECT * INTO last FROM public.offer_answers WHERE conversation_id = NEW.conversation_id ORDER BY at DESC LIMIT 1;
    IF last.answer = 'declined' AND last.helper_id = NEW.sender_id THEN
        EXECUTE format(
            'SELECT sum(CASE sender_id WHEN $1 THEN 1 ELSE -1 END) FROM public.%I'
            ' WHERE conversation_id = $2 AND created_at > $3', TG_TABLE_NAME)
            INTO more_than_the_other USING NEW.sender_id, NEW.conversation_id, last.since;
        IF more_than_the_other > 1 THEN
            RAISE insufficient_privilege USING MESSAGE = 'a declined helper has one last message';
        END IF;
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION declined_helper_has_one_last_message() FROM PUBLIC;
CREATE TRIGGER messages_v2_end_with_one_last_message AFTER INSERT ON messages_v2
    FOR EACH ROW WHEN (current_user <> 'care_system') EXECUTE FUNCTION declined_helper_has_one_last_message();
"""

NO_OFFER_ANSWERS = """
DROP TRIGGER messages_v2_end_with_one_last_message ON messages_v2;
DROP FUNCTION declined_helper_has_one_last_message();
DROP TRIGGER answers_take_their_turn ON offer_answers;
DROP FUNCTION answer_takes_its_turn();
DROP POLICY "each side answers for itself" ON offer_answers;
DROP POLICY "both read how an offer stands" ON offer_answers;
REVOKE ALL ON offer_answers FROM authenticated, care_staff, care_system;
ALTER TABLE offer_answers NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

MESSAGING_PREFERENCES = """
ALTER TABLE messaging_preferences ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON messaging_preferences FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE (shows_seen) ON messaging_preferences TO authenticated;
GRANT SELECT, DELETE ON messaging_preferences TO care_system;

CREATE POLICY "members choose for themselves" ON messaging_preferences
    FOR ALL TO authenticated USING (member_id = (SELECT acting_member()))
    WITH CHECK (member_id = (SELECT acting_member()));
CREATE POLICY "who talks with a member knows their choice" ON messaging_preferences
    FOR SELECT TO authenticated, care_system
    USING (CASE WHEN current_user = 'care_system' THEN true
           ELSE EXISTS (
               SELECT FROM conversations_v2 AS c WHERE c.requester_id = member_id AND c.helper_id = (SELECT acting_member())
               UNION ALL
               SELECT FROM conversations_v2 AS c WHERE c.helper_id = member_id AND c.requester_id = (SELECT acting_member())
           ) END);
CREATE POLICY "the system forgets whoever left" ON messaging_preferences FOR DELETE TO care_system
    USING (current_user = 'care_system');
"""

NO_MESSAGING_PREFERENCES = """
DROP POLICY "the system forgets whoever left" ON messaging_preferences;
DROP POLICY "who talks with a member knows their choice" ON messaging_preferences;
DROP POLICY "members choose for themselves" ON messaging_preferences;
REVOKE ALL ON messaging_preferences FROM authenticated, care_system;
ALTER TABLE messaging_preferences NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

GROUPS = {
    "coordinators": ["view_conversation"],
    "moderators": ["view_conversation", "view_message"],
    "administrators": ["view_conversation", "view_message"],
}


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0001_tables"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("carecollective", "0002_walls"),
        ("accounts", "0002_walls"),
        ("helprequests", "0001_tables"),
    ]

    operations = [
        migrations.RunSQL(CONVERSATIONS_V2, reverse_sql=NO_CONVERSATIONS_V2),
        migrations.RunSQL(MESSAGES_V2, reverse_sql=NO_MESSAGES_V2),
        migrations.RunSQL(CONVERSATION_READ_MARKERS, reverse_sql=NO_CONVERSATION_READ_MARKERS),
        migrations.RunSQL(OFFER_ANSWERS, reverse_sql=NO_OFFER_ANSWERS),
        migrations.RunSQL(MESSAGING_PREFERENCES, reverse_sql=NO_MESSAGING_PREFERENCES),
        permit("messaging", GROUPS),
    ]
