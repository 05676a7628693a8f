"""Who shares with whom, and whether help is under way, is asked of the view `threads` and of no version's tables.

As before it is asked in the name of whoever calls, behind their own walls. A model cannot say any of this.
"""

from importlib import import_module

from django.db import migrations

before = import_module("messaging.sharing.migrations.0002_one_person_reads_what_is_shared_while_help_is_under_way")

UNDER_WAY = """
CREATE OR REPLACE FUNCTION help_is_under_way_in(uuid) RETURNS boolean LANGUAGE sql STABLE
    RETURN EXISTS (
        SELECT FROM threads AS t JOIN help_requests AS hr ON hr.id = t.help_request_id
        WHERE t.id = $1 AND t.is_open AND hr.status = 'in_progress' AND hr.helper_id = t.helper_id
            AND acting_member() IN (t.requester_id, t.helper_id) AND may_talk_with(t.other_id)
    );
"""
WITH_THE_OTHER = """
CREATE OR REPLACE FUNCTION share_is_with_the_other() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


def _as_before(statements: str, name: str) -> str:
    begin = statements.index(f"CREATE FUNCTION {name}")
    end = statements.index(f"REVOKE EXECUTE ON FUNCTION {name}")
    return statements[begin:end].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0002_one_person_reads_what_is_shared_while_help_is_under_way"),
        ("messaging", "0009_a_conversation_is_one_noun"),
    ]

    operations = [
        migrations.RunSQL(UNDER_WAY, reverse_sql=_as_before(before.UNDER_WAY, "help_is_under_way_in")),
        migrations.RunSQL(WITH_THE_OTHER, reverse_sql=_as_before(before.TURNS, "share_is_with_the_other")),
    ]
