"""A share is one act in one conversation, for its other person, and the database decides how long it shows anything.

A member brings a conversation, a kind and their own name; a trigger finds the conversation, in either version, behind
the member's own walls, and says who the other is. Whoever was given it reads that one row of `contact_details` while
the share has no end, is younger than 30 days, and the help is under way: this help request in progress between these
two, their conversation open, no block. All of that is asked of the rows as they are, at each look: nothing has to be
propagated for a number to disappear.

That it also never comes back by itself, when the same two begin once more, takes an end that is written down. Triggers
write it with whatever ends the help: an answer of any kind but "accepted", an archived conversation, a detail taken
away. They run in the scope of whoever does it, so either of the two may end a share, and nobody begins one again: a row
that has its end is out of everybody's reach, and its time is the database's.

A model cannot say any of this.
"""

from django.db import migrations

CONTACT_SHARES = """
ALTER TABLE contact_shares ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON contact_shares FROM PUBLIC;
GRANT SELECT, INSERT (conversation_id, owner_id, kind), UPDATE (ended_by) ON contact_shares TO authenticated;
GRANT SELECT, UPDATE (ended_by), DELETE ON contact_shares TO care_system;

-- Says yes or nothing, of the caller's own conversations alone.
CREATE FUNCTION help_is_under_way_in(uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN EXISTS (
        SELECT FROM threads AS t JOIN help_requests AS hr ON hr.id = t.help_request_id
        WHERE t.id = $1 AND t.is_open AND hr.status = 'in_progress' AND hr.helper_id = t.helper_id
            AND acting_member() IN (t.requester_id, t.helper_id) AND may_talk_with(t.other_id)
    );
REVOKE EXECUTE ON FUNCTION help_is_under_way_in(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION help_is_under_way_in(uuid) TO authenticated;

CREATE POLICY "both know what is shared between them" ON contact_shares
    FOR SELECT TO authenticated, care_system
    USING (CASE WHEN current_user = 'care_system' THEN true
           ELSE (SELECT acting_member()) = ANY (ARRAY[owner_id, reader_id]) END);
CREATE POLICY "members share their own while help is under way" ON contact_shares
    FOR INSERT TO authenticated
    WITH CHECK (owner_id = (SELECT acting_member()) AND help_is_under_way_in(conversation_id));
CREATE POLICY "either ends it, once" ON contact_shares
    FOR UPDATE TO authenticated, care_system
    USING (ended_by IS NULL AND (current_user = 'care_system' OR (SELECT acting_member()) IN (owner_id, reader_id)))
    WITH CHECK (CASE ended_by WHEN 'stopped' THEN current_user = 'care_system' OR owner_id = (SELECT acting_member())
                ELSE ended_by IN ('help_ended', 'archived', 'time') END);
CREATE POLICY "the system forgets with the conversation" ON contact_shares
    FOR DELETE TO care_system USING (current_user = 'care_system');

CREATE FUNCTION share_is_with_the_other() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT help_request_id, CASE helper_id WHEN NEW.owner_id THEN requester_id ELSE helper_id END
        INTO NEW.help_request_id, NEW.reader_id
        FROM public.threads
        WHERE id = NEW.conversation_id AND help_request_id IS NOT NULL AND NEW.owner_id IN (requester_id, helper_id);
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = 'there is nobody to share this with';
    END IF;
    NEW.shared_at := clock_timestamp();
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION share_is_with_the_other() FROM PUBLIC;
CREATE TRIGGER contact_shares_are_with_the_other BEFORE INSERT ON contact_shares
    FOR EACH ROW EXECUTE FUNCTION share_is_with_the_other();

CREATE FUNCTION share_ends_now() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ended_at := clock_timestamp();
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION share_ends_now() FROM PUBLIC;
CREATE TRIGGER contact_shares_end_now BEFORE UPDATE ON contact_shares
    FOR EACH ROW EXECUTE FUNCTION share_ends_now();
"""

NO_CONTACT_SHARES = """
DROP TRIGGER contact_shares_end_now ON contact_shares;
DROP FUNCTION share_ends_now();
DROP TRIGGER contact_shares_are_with_the_other ON contact_shares;
DROP FUNCTION share_is_with_the_other();
DROP POLICY "the system forgets with the conversation" ON contact_shares;
DROP POLICY "either ends it, once" ON contact_shares;
DROP POLICY "members share their own while help is under way" ON contact_shares;
DROP POLICY "both know what is shared between them" ON contact_shares;
DROP FUNCTION help_is_under_way_in(uuid);
REVOKE ALL ON contact_shares FROM authenticated, care_system;
ALTER TABLE contact_shares NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

CONTACT_DETAILS = """
CREATE POLICY "whom it is shared with reads it" ON contact_details
    FOR SELECT TO authenticated USING (EXISTS (
        SELECT FROM contact_shares AS s
        WHERE s.owner_id = contact_details.member_id AND s.kind = contact_details.kind
            AND s.reader_id = (SELECT acting_member()) AND s.ended_by IS NULL
            AND s.shared_at > statement_timestamp() - interval '30 days'
            AND help_is_under_way_in(s.conversation_id)));
"""

NO_CONTACT_DETAILS = """
DROP POLICY "whom it is shared with reads it" ON contact_details;
"""

WHAT_ENDS_A_SHARE = """
-- Which column names what has ended, and why, each trigger says itself.
CREATE FUNCTION end_shares() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('UPDATE public.contact_shares SET ended_by = %L WHERE conversation_id = ($1).%I AND ended_by IS NULL',
                   TG_ARGV[0], TG_ARGV[1]) USING NEW;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION end_shares() FROM PUBLIC;
CREATE TRIGGER answers_end_shares AFTER INSERT ON offer_answers
    FOR EACH ROW WHEN (NEW.kind <> 'accepted') EXECUTE FUNCTION end_shares('help_ended', 'conversation_id');
CREATE TRIGGER conversations_v2_end_shares AFTER UPDATE OF status ON conversations_v2
    FOR EACH ROW WHEN (NEW.status <> 'active') EXECUTE FUNCTION end_shares('archived', 'id');
CREATE TRIGGER conversations_end_shares AFTER UPDATE OF status ON conversations
    FOR EACH ROW WHEN (NEW.status <> 'active') EXECUTE FUNCTION end_shares('archived', 'id');

CREATE FUNCTION end_shares_of_a_detail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.contact_shares SET ended_by = 'stopped'
        WHERE owner_id = OLD.member_id AND kind = OLD.kind AND ended_by IS NULL;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION end_shares_of_a_detail() FROM PUBLIC;
CREATE TRIGGER contact_details_end_shares AFTER DELETE ON contact_details
    FOR EACH ROW WHEN (current_user IN ('authenticated', 'care_system')) EXECUTE FUNCTION end_shares_of_a_detail();
"""

NO_WHAT_ENDS_A_SHARE = """
DROP TRIGGER contact_details_end_shares ON contact_details;
DROP FUNCTION end_shares_of_a_detail();
DROP TRIGGER conversations_end_shares ON conversations;
DROP TRIGGER conversations_v2_end_shares ON conversations_v2;
DROP TRIGGER answers_end_shares ON offer_answers;
DROP FUNCTION end_shares();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0001_tables"),
        ("carecollective", "0002_walls"),
        ("accounts", "0002_walls"),
        ("contacts", "0001_tables"),
        ("helprequests", "0001_tables"),
        ("messaging", "0001_tables"),
        ("messaging", "0003_a_conversation_is_one_noun"),
        ("legacy", "0001_tables"),
    ]

    operations = [
        migrations.RunSQL(CONTACT_SHARES, reverse_sql=NO_CONTACT_SHARES),
        migrations.RunSQL(CONTACT_DETAILS, reverse_sql=NO_CONTACT_DETAILS),
        migrations.RunSQL(WHAT_ENDS_A_SHARE, reverse_sql=NO_WHAT_ENDS_A_SHARE),
    ]
