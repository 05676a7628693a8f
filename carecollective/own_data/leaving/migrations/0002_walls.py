"""A member who is deleted, by whatever hand, is written into the ledger by a trigger, as the system.

What goes with them is followed by what stays. The cascade knows foreign keys alone. An accepted request would stay "in
progress" without its helper, others would be told of conversations that are not there, and their open pages would hear
nothing. So before the row goes: the request that they helped with is open again and its owner is told; whoever helped
with a request of theirs, or waited for an answer, is told that it was closed; what others were told about the
conversations that go is taken back; and open pages look again. The same as leaving does by its verbs, but that no
answer is written where no conversation is left.

In the database, since an administrator's hard delete, a queryset and a statement by hand meet nowhere else. Before the
delete and not after: by then the rows that say whom it concerns are gone. Mail follows with the next `catch_up`.

What an erasure and the retention take away of other tables, the walls of those tables permit. A model cannot say any of
this.
"""

from django.db import migrations

ERASURES = """
ALTER TABLE erasures ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON erasures FROM PUBLIC;
-- Only added to: no role has UPDATE or DELETE, and under FORCE the owner of the table has no row to change.
GRANT SELECT, INSERT ON erasures TO care_system;

CREATE POLICY "the system reads the ledger" ON erasures FOR SELECT TO care_system
    USING (current_user = 'care_system');
CREATE POLICY "the system writes the ledger" ON erasures FOR INSERT TO care_system
    WITH CHECK (current_user = 'care_system');
"""

NO_ERASURES = """
DROP POLICY "the system writes the ledger" ON erasures;
DROP POLICY "the system reads the ledger" ON erasures;
REVOKE ALL ON erasures FROM care_system;
ALTER TABLE erasures NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

REMOVAL_NOTICES = """
ALTER TABLE removal_notices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
REVOKE ALL ON removal_notices FROM PUBLIC;
GRANT SELECT, INSERT, DELETE ON removal_notices TO care_system;

CREATE POLICY "the system knows what was announced" ON removal_notices FOR SELECT TO care_system
    USING (current_user = 'care_system');
CREATE POLICY "the system announces" ON removal_notices FOR INSERT TO care_system
    WITH CHECK (current_user = 'care_system');
CREATE POLICY "the system forgets what it announced" ON removal_notices FOR DELETE TO care_system
    USING (current_user = 'care_system');
"""

NO_REMOVAL_NOTICES = """
DROP POLICY "the system forgets what it announced" ON removal_notices;
DROP POLICY "the system announces" ON removal_notices;
DROP POLICY "the system knows what was announced" ON removal_notices;
REVOKE ALL ON removal_notices FROM care_system;
ALTER TABLE removal_notices NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
"""

MEMBERS_WHO_ARE_DELETED = """
CREATE FUNCTION deleted_member_stays_gone() RETURNS trigger LANGUAGE plpgsql SET role = 'care_system' AS $$
BEGIN
    INSERT INTO public.erasures (member_id, how) VALUES (OLD.id, 'deleted') ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION deleted_member_stays_gone() FROM PUBLIC;
CREATE TRIGGER deleted_members_stay_gone AFTER DELETE ON members
    FOR EACH ROW EXECUTE FUNCTION deleted_member_stays_gone();

CREATE FUNCTION take_back_what_was_told_of(conversations uuid[]) RETURNS void
    LANGUAGE plpgsql SET role = 'care_system' AS $$
DECLARE
    told uuid;
BEGIN
    FOR told IN
        -- That somebody withdrew leads to the request, which is there still.
        WITH gone AS (DELETE FROM public.notifications
            WHERE conversation_id = ANY (conversations) AND what NOT IN ('withdrawn', 'stepped_back')
            RETURNING member_id)
        SELECT DISTINCT member_id FROM gone
    LOOP
        PERFORM pg_notify('care_events', json_build_object('type', 'notification',
            'members', json_build_array(told))::text);
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION take_back_what_was_told_of(uuid[]) FROM PUBLIC;

CREATE FUNCTION deleted_member_is_followed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    helped record;
    talk record;
BEGIN
    PERFORM public.take_back_what_was_told_of(
        ARRAY(SELECT id FROM public.conversations_of(OLD.id) WHERE goes));
    FOR helped IN
        UPDATE public.help_requests SET status = 'open', helper_id = NULL
        WHERE helper_id = OLD.id AND status = 'in_progress' RETURNING id, user_id
    LOOP
        PERFORM public.tell_member(helped.user_id, 'withdrawn', helped.id || ':' || OLD.id, NULL, helped.id,
            'helper_gone', 'requester', NULL);
    END LOOP;
    FOR talk IN
        SELECT c.*, coalesce(hr.status IN ('open', 'in_progress') AND hr.user_id = OLD.id
            AND (c.waits OR hr.helper_id = c.other_id), false) AS is_concerned,
            coalesce(hr.helper_id = c.other_id, false) AS is_helping
        FROM public.conversations_of(OLD.id) AS c LEFT JOIN public.help_requests AS hr ON hr.id = c.help_request_id
    LOOP
        IF talk.is_concerned THEN
            PERFORM public.tell_member(talk.other_id, 'cancelled', talk.help_request_id::text, NULL, NULL,
                'request_gone', CASE WHEN talk.is_helping THEN 'helper' ELSE 'offerer' END, NULL);
        END IF;
        PERFORM pg_notify('care_events', json_build_object('type', 'conversation', 'id', talk.id,
            'version', talk.version, 'members', json_build_array(talk.other_id))::text);
    END LOOP;
    RETURN OLD;
END $$;
REVOKE EXECUTE ON FUNCTION deleted_member_is_followed() FROM PUBLIC;
CREATE TRIGGER deleted_members_are_followed BEFORE DELETE ON members
    FOR EACH ROW EXECUTE FUNCTION deleted_member_is_followed();

-- The conversations of a member, with the other person; what `goes` is taken along by the cascade.
CREATE FUNCTION conversations_of(uuid)
    RETURNS TABLE (id uuid, version text, other_id uuid, help_request_id uuid, goes boolean, waits boolean)
    LANGUAGE sql STABLE SET role = 'care_system' AS $$
    -- Of version 1 only its beginner takes it along.
    SELECT t.id, t.version, other.member_id, t.help_request_id, t.version <> 'v1' OR t.helper_id = $1,
           t.helper_id = other.member_id AND (
               SELECT answer FROM public.offer_answers WHERE conversation_id = t.id ORDER BY at DESC LIMIT 1) IS NULL
    FROM public.thread_people AS own
    CROSS JOIN LATERAL (SELECT * FROM public.threads WHERE threads.id = own.id OFFSET 0) AS t
    CROSS JOIN LATERAL (
        SELECT member_id FROM public.thread_people AS p WHERE p.id = own.id AND p.member_id <> $1 OFFSET 0) AS other
    WHERE own.member_id = $1
$$;
REVOKE EXECUTE ON FUNCTION conversations_of(uuid) FROM PUBLIC;
"""

NO_MEMBERS_WHO_ARE_DELETED = """
DROP FUNCTION conversations_of(uuid);
DROP TRIGGER deleted_members_are_followed ON members;
DROP FUNCTION deleted_member_is_followed();
DROP FUNCTION take_back_what_was_told_of(uuid[]);
DROP TRIGGER deleted_members_stay_gone ON members;
DROP FUNCTION deleted_member_stays_gone();
"""

OFFER_ANSWERS = """
CREATE POLICY "the system takes away what is over" ON offer_answers FOR DELETE TO care_system
    USING (current_user = 'care_system' AND (SELECT count(*) FROM threads AS t WHERE t.id = conversation_id) = 0);
"""

NO_OFFER_ANSWERS = """
DROP POLICY "the system takes away what is over" ON offer_answers;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("leaving", "0001_tables"),
        ("carecollective", "0002_walls"),
        ("accounts", "0001_tables"),
        ("notifications", "0002_walls"),
        ("helprequests", "0001_tables"),
        ("messaging", "0001_tables"),
        ("messaging", "0003_a_conversation_is_one_noun"),
        ("legacy", "0001_tables"),
    ]

    operations = [
        migrations.RunSQL(ERASURES, reverse_sql=NO_ERASURES),
        migrations.RunSQL(REMOVAL_NOTICES, reverse_sql=NO_REMOVAL_NOTICES),
        migrations.RunSQL(MEMBERS_WHO_ARE_DELETED, reverse_sql=NO_MEMBERS_WHO_ARE_DELETED),
        migrations.RunSQL(OFFER_ANSWERS, reverse_sql=NO_OFFER_ANSWERS),
    ]
