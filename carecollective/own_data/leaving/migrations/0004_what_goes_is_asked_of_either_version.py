"""Which conversations go with a member, and which answers with a conversation, is asked of the views and of no version's
tables.
"""

from importlib import import_module

from django.db import migrations

before = import_module("carecollective.own_data.leaving.migrations.0003_what_a_deletion_ends_is_followed")

THREAD = """
ALTER POLICY "the system takes away what is over" ON offer_answers
    USING (current_user = 'care_system' AND (SELECT count(*) FROM threads AS t WHERE t.id = conversation_id) = 0);
"""
TABLES = """
ALTER POLICY "the system takes away what is over" ON offer_answers
    USING (current_user = 'care_system'
        AND (SELECT count(*) FROM conversations_v2 AS c WHERE c.id = conversation_id) = 0
        AND (SELECT count(*) FROM conversations AS c WHERE c.id = conversation_id) = 0);
"""
# Not CREATE OR REPLACE: PostgreSQL looks at the new text as the role that it sets, which may not call it.
CONVERSATIONS_OF = """
DROP FUNCTION conversations_of(uuid);
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
BEFORE = before.FOLLOW[before.FOLLOW.index("CREATE FUNCTION conversations_of") :]
BEFORE = f"DROP FUNCTION conversations_of(uuid);\n{BEFORE[: BEFORE.index('CREATE FUNCTION take_back')]}"


class Migration(migrations.Migration):
    dependencies = [
        ("leaving", "0003_what_a_deletion_ends_is_followed"),
        ("messaging", "0009_a_conversation_is_one_noun"),
    ]

    operations = [
        migrations.RunSQL(THREAD, reverse_sql=TABLES),
        migrations.RunSQL(CONVERSATIONS_OF, reverse_sql=BEFORE),
    ]
