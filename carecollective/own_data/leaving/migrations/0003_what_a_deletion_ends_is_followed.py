"""What goes with a member who is deleted is followed by what stays, whatever hand deletes them.

The cascade knows foreign keys alone. An accepted request would stay "in progress" without its helper, others would be
told of conversations that are not there, and their open pages would hear nothing. So before the row goes: the request
that they helped with is open again and its owner is told; whoever helped with a request of theirs, or waited for an
answer, is told that it was closed; what others were told about the conversations that go is taken back; and open pages
look again. The same as leaving does by its verbs, but that no answer is written where no conversation is left.

In the database, since an administrator's hard delete, a queryset and a statement by hand meet nowhere else. Before the
delete and not after: by then the rows that say whom it concerns are gone. Mail follows with the next `catch_up`.
"""

from django.db import migrations

FOLLOW = """
-- The conversations of a member, with the other person; what `goes` is taken along by the cascade.
CREATE FUNCTION conversations_of(uuid)
    RETURNS TABLE (id uuid, version text, other_id uuid, help_request_id uuid, goes boolean, waits boolean)
    LANGUAGE sql STABLE SET role = 'care_system' AS $$
    SELECT c.id, c.version, c.other_id, c.help_request_id, c.goes, c.is_offer AND (
        SELECT answer FROM public.offer_answers WHERE conversation_id = c.id ORDER BY at DESC LIMIT 1) IS NULL
    FROM (
        SELECT id, 'v2', CASE helper_id WHEN $1 THEN requester_id ELSE helper_id END, help_request_id, true,
               requester_id = $1
        FROM public.conversations_v2 WHERE $1 IN (requester_id, helper_id)
        UNION ALL
        SELECT v1.id, 'v1', other.user_id, v1.help_request_id, v1.created_by = $1, v1.created_by = other.user_id
        FROM public.conversations AS v1
        JOIN public.conversation_participants AS own ON own.conversation_id = v1.id AND own.user_id = $1
        JOIN public.conversation_participants AS other ON other.conversation_id = v1.id AND other.user_id <> $1
        WHERE v1.migrated_to_v2 = false
    ) AS c (id, version, other_id, help_request_id, goes, is_offer)
$$;
REVOKE EXECUTE ON FUNCTION conversations_of(uuid) FROM PUBLIC;

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
"""

DO_NOT_FOLLOW = """
DROP TRIGGER deleted_members_are_followed ON members;
DROP FUNCTION deleted_member_is_followed();
DROP FUNCTION take_back_what_was_told_of(uuid[]);
DROP FUNCTION conversations_of(uuid);
"""

# Those whose helper was deleted before: nobody is helping, so nobody is said to.
OPEN_AGAIN = "UPDATE help_requests SET status = 'open' WHERE status = 'in_progress' AND helper_id IS NULL"


class Migration(migrations.Migration):
    dependencies = [
        ("leaving", "0002_who_has_left_stays_gone"),
        ("notifications", "0006_each_reader_has_their_own_words"),
    ]

    operations = [
        migrations.RunSQL(OPEN_AGAIN, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOW, reverse_sql=DO_NOT_FOLLOW),
    ]
